package vmm.engine;

/**
 * One virtual processor. {@link #run} is called by the thread that owns the processor; {@link
 * #interruptLine} and {@link #kick} may be called from any thread; everything else only while the
 * processor is not running.
 */
public interface Vcpu extends AutoCloseable {

    /**
     * Runs guest code until something needs attention. A halted processor sleeps here until an
     * interrupt or a kick.
     */
    Exit run();

    /**
     * Level of the INTR pin, driven by the interrupt controller. Wakes a halted processor when it
     * rises.
     */
    void interruptLine(boolean asserted);

    /**
     * Makes {@link #run} return {@link Exit#KICKED} soon; remembered if the processor is not
     * running.
     */
    void kick();

    /** A copy of the whole architectural state. */
    CpuState state();

    /** Replaces the whole architectural state. */
    void state(CpuState state);

    /** Instructions executed since creation, or 0 where the engine cannot tell. */
    long instructions();

    /** Ends the processor; no other call may follow. */
    @Override
    void close();
}
