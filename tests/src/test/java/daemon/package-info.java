/** The daemon's processes, started for real. */
@NullMarked
package daemon;

import org.jspecify.annotations.NullMarked;
