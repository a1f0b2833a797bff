package vmm.dev;

/**
 * A fixed frequency of at most 1 GHz. Converts between nanoseconds and ticks, both counted from the
 * same zero, in integers only, so that a clock made from it never drifts.
 */
public record TickRate(long hz) {
    private static final long NS_PER_SECOND = 1_000_000_000L;

    /** Ticks that are complete at {@code ns}. */
    public long ticks(long ns) {
        return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
    }

    /** The first nanosecond at which {@code tick} ticks are complete. */
    public long firstNs(long tick) {
        long rest = tick % hz * NS_PER_SECOND;
        return tick / hz * NS_PER_SECOND + (rest + hz - 1) / hz;
    }
}
