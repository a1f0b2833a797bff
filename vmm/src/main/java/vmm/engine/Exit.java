package vmm.engine;

/** Why {@link Vcpu#run} returned. */
public enum Exit {
    /** {@link Vcpu#kick} was called. */
    KICKED,
    /** A triple fault: the processor is in shutdown; a PC answers with a reset. */
    TRIPLE_FAULT,
    /**
     * HLT with interrupts disabled: nothing but a reset or an NMI can continue. The processor may
     * be run again after a reset.
     */
    HALTED_FOREVER,
    /**
     * The engine cannot continue, as when the host's processor or kernel gives up; {@link
     * Vcpu#failure} has the reason.
     */
    FAILED
}
