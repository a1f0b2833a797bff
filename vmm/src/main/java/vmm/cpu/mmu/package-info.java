/** Page walks, the soft TLB, memory access of the processor. */
@NullMarked
package vmm.cpu.mmu;

import org.jspecify.annotations.NullMarked;
