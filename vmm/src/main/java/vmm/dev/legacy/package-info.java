/** The chips of the PC, by part number. */
@NullMarked
package vmm.dev.legacy;

import org.jspecify.annotations.NullMarked;
