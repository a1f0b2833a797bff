package vmm.machine;

import java.util.function.Consumer;
import vmm.dev.Clock;

/**
 * The way to the log for messages that a guest can provoke: a few at once, then one in a while, and
 * a count of those that were left out, so that a guest cannot fill the host's log.
 */
final class GuestLog implements Consumer<String> {
    static final int BURST = 10;
    static final long REFILL_NS = 10_000_000_000L;

    private final Consumer<String> log;
    private final Clock clock;
    private final int burst;
    private int allowed;
    private long refilledNs;
    private long suppressed;

    GuestLog(Consumer<String> log, Clock clock) {
        this(log, clock, BURST);
    }

    /** As the other, with {@code burst} lines at once. */
    GuestLog(Consumer<String> log, Clock clock, int burst) {
        this.log = log;
        this.clock = clock;
        this.burst = burst;
        allowed = burst;
        refilledNs = clock.nowNs();
    }

    /** Passes {@code line} on if there is room. Called under the device lock. */
    @Override
    public void accept(String line) {
        long periods = (clock.nowNs() - refilledNs) / REFILL_NS;
        refilledNs += periods * REFILL_NS;
        allowed = (int) Math.min(burst, allowed + periods);
        if (allowed == 0) {
            suppressed++;
            return;
        }
        allowed--;
        if (suppressed > 0) {
            log.accept(suppressed + " messages about the guest were left out");
            suppressed = 0;
        }
        log.accept(line);
    }
}
