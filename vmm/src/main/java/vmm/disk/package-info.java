/** Disk images over an open descriptor. */
@NullMarked
package vmm.disk;

import org.jspecify.annotations.NullMarked;
