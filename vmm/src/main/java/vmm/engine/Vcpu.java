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

    /**
     * Begins a new interval of the memory's dirty log: what this processor has written so far is
     * forgotten, what it writes from now on will be known to {@link #updateDirtyLog}. Who clears
     * the memory's log calls this after it.
     */
    void restartDirtyLog();

    /**
     * Sees to it that every page that this processor has written since {@link #restartDirtyLog} is
     * marked in the memory's dirty log. More pages than that may be marked, all of them before the
     * first restart.
     */
    void updateDirtyLog();

    /** After {@link Exit#FAILED}: what went wrong and the registers, in lines for an operator. */
    String failure();

    /** Instructions executed since creation, or 0 where the engine cannot tell. */
    long instructions();

    /** Ends the processor; no other call may follow. */
    @Override
    void close();
}
