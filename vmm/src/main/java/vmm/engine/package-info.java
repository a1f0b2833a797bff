/** The seam between a machine and whatever runs its processors. */
@NullMarked
package vmm.engine;

import org.jspecify.annotations.NullMarked;
