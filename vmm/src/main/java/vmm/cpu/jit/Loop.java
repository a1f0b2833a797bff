package vmm.cpu.jit;

import vmm.cpu.Cpu;

/**
 * A loop of guest code as one method of the JVM: a block whose last instruction jumps back to its
 * first one. The subclasses are made by {@link LoopTranslator}.
 */
public abstract class Loop {
    /** To be set when the code is written to: the loop is left after the current instruction. */
    public boolean dropped;

    /** Whether it may be run only while {@link vmm.cpu.mmu.Mmu#flat} holds. */
    public boolean flat;

    protected Loop() {}

    /**
     * Executes the loop, whose first instruction is at {@code start}, at most {@code most} times.
     * Afterwards the processor is in the state in which the interpreter would have left it, RIP at
     * {@code start} if the loop has not come to its end. A {@link vmm.cpu.GuestFault} leaves RIP
     * behind the instruction that faulted; {@link Cpu#instructions} counts whole iterations then.
     */
    public abstract void run(long start, int most);
}
