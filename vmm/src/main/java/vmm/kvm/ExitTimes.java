package vmm.kvm;

/**
 * Adds up the time that a processor spends outside the kernel; for measurements. One thread uses
 * it.
 */
public final class ExitTimes {
    private long returnedNs;
    private long returns;
    private long outsideNs;

    /** KVM_RUN is about to be called. */
    void enters() {
        if (returns > 0) {
            outsideNs += System.nanoTime() - returnedNs;
        }
    }

    /** KVM_RUN has returned. */
    void returned() {
        returns++;
        returnedNs = System.nanoTime();
    }

    /** Forgets what was measured. */
    public void clear() {
        returns = 0;
        outsideNs = 0;
    }

    /** How often KVM_RUN has returned. */
    public long exits() {
        return returns;
    }

    /** Nanoseconds between a return of KVM_RUN and the next call, all together. */
    public long outsideNs() {
        return outsideNs;
    }
}
