/** The whole suite as its users see it: the programs of dist/, real guests, real descriptors. */
@NullMarked
package suite;

import org.jspecify.annotations.NullMarked;
