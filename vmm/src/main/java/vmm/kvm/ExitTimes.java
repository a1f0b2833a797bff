package vmm.kvm;

import java.util.Arrays;

/**
 * The times that a processor spends between a return of KVM_RUN and the next call; for
 * measurements. One thread uses it.
 */
public final class ExitTimes {
    private final long[] outsideNs;
    private int count;
    private long returnedNs;
    private boolean returned;

    /** Notes the first {@code capacity} times and ignores the others. */
    public ExitTimes(int capacity) {
        outsideNs = new long[capacity];
    }

    /** KVM_RUN is about to be called. */
    void enters() {
        if (returned && count < outsideNs.length) {
            outsideNs[count++] = System.nanoTime() - returnedNs;
        }
    }

    /** KVM_RUN has returned. */
    void returned() {
        returned = true;
        returnedNs = System.nanoTime();
    }

    /** Nanoseconds per exit on average; 0 if nothing was measured. */
    public long meanNs() {
        long sum = 0;
        for (int k = 0; k < count; k++) {
            sum += outsideNs[k];
        }
        return count == 0 ? 0 : sum / count;
    }

    /** Nanoseconds that half of the exits did not need more than; 0 if nothing was measured. */
    public long medianNs() {
        long[] sorted = Arrays.copyOf(outsideNs, count);
        Arrays.sort(sorted);
        return count == 0 ? 0 : sorted[count / 2];
    }
}
