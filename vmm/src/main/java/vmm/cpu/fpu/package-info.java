/** Arithmetic of the x87 and SSE units where Java's own does not do. */
@NullMarked
package vmm.cpu.fpu;

import org.jspecify.annotations.NullMarked;
