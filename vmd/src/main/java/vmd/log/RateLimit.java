package vmd.log;

import java.util.function.LongSupplier;

/** Permits a burst of events and then one per interval; counts those that it refused. */
public final class RateLimit {
    private final int burst;
    private final long intervalNs;
    private final LongSupplier nanoTime;
    private int tokens;
    private long lastRefillNs;
    private long suppressed;

    public RateLimit(int burst, long intervalNs) {
        this(burst, intervalNs, System::nanoTime);
    }

    RateLimit(int burst, long intervalNs, LongSupplier nanoTime) {
        this.burst = burst;
        this.intervalNs = intervalNs;
        this.nanoTime = nanoTime;
        this.tokens = burst;
        this.lastRefillNs = nanoTime.getAsLong();
    }

    public synchronized boolean permit() {
        long earned = (nanoTime.getAsLong() - lastRefillNs) / intervalNs;
        if (earned > 0) {
            tokens = (int) Math.min(burst, tokens + earned);
            lastRefillNs += earned * intervalNs;
        }
        if (tokens == 0) {
            suppressed++;
            return false;
        }
        tokens--;
        return true;
    }

    /** How many were refused since the last call. */
    public synchronized long takeSuppressed() {
        long n = suppressed;
        suppressed = 0;
        return n;
    }
}
