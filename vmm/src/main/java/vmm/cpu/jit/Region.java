package vmm.cpu.jit;

import vmm.cpu.Cpu;

/**
 * Blocks of guest code in one page that jump to one another, as one method of the JVM. The
 * subclasses are made by {@link RegionTranslator}.
 */
public abstract class Region {
    /** To be set when the code is written to: it is left after the current instruction. */
    public boolean dropped;

    /** Whether it may be run only while {@link vmm.cpu.mmu.Mmu#flat} holds. */
    boolean flat;

    /** Whether it has more than one block, and so relies on a code segment with base 0. */
    boolean several;

    /** By number of an instruction: its distance from the start; how many of its block precede. */
    int[] offsets = {}, preceding = {};

    protected Region() {}

    /** Whether it may be run as {@code cpu} is now. */
    public final boolean fits(Cpu cpu) {
        return (!flat || cpu.mmu.flat()) && (!several || cpu.segmentBase[Cpu.CS] == 0);
    }

    /**
     * Executes the region, whose first instruction is at {@code start}, until it is left or has
     * jumped back {@code most} times. Afterwards the processor is in the state in which the
     * interpreter would have left it. A {@link vmm.cpu.GuestFault} leaves RIP at the instruction
     * that faulted, which is counted.
     */
    public abstract void run(long start, int most);

    /** Sets RIP to instruction {@code number}, which faulted, and counts it. */
    protected final void faulted(Cpu cpu, long start, int number, int done) {
        cpu.rip = start + offsets[number];
        cpu.instructions += done + preceding[number] + 1;
    }
}
