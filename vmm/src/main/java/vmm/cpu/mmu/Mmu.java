package vmm.cpu.mmu;

import vmm.cpu.Cpu;
import vmm.mem.GuestMemory;

/**
 * Memory access of the processor: segmentation, paging, soft TLB. Every access names its segment
 * and the offset in it; faults are thrown as {@link vmm.cpu.GuestFault} before anything is changed.
 * Values are zero-extended.
 */
public final class Mmu {
    private final Cpu cpu;
    private final GuestMemory memory;

    public Mmu(Cpu cpu, GuestMemory memory) {
        this.cpu = cpu;
        this.memory = memory;
    }

    /** The processor that this unit belongs to. */
    public Cpu cpu() {
        return cpu;
    }

    /** The guest memory below. */
    public GuestMemory memory() {
        return memory;
    }
}
