/** Code that the matrix test puts into the processes of a daemon of its own. */
@NullMarked
package intruder;

import org.jspecify.annotations.NullMarked;
