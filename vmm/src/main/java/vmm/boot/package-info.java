/** Loading of kernels: Linux bzImage, ELF and PVH. */
@NullMarked
package vmm.boot;

import org.jspecify.annotations.NullMarked;
