package vmm.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmm.dev.Clock;

final class GuestLogTest {

    private static final class SetClock implements Clock {
        long nowNs;

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public long wallClockNs() {
            return nowNs;
        }

        @Override
        public Timer timer(Runnable action) {
            throw new UnsupportedOperationException();
        }
    }

    private final SetClock clock = new SetClock();
    private final List<String> lines = new ArrayList<>();
    private final GuestLog log = new GuestLog(lines::add, clock);

    @Test
    void floodIsCutAndCounted() {
        for (int k = 0; k < 1000; k++) {
            log.accept("line " + k);
        }
        assertEquals(GuestLog.BURST, lines.size());
        clock.nowNs += GuestLog.REFILL_NS;
        log.accept("later");
        log.accept("too early");
        assertEquals(
                List.of("990 messages about the guest were left out", "later"),
                lines.subList(GuestLog.BURST, lines.size()));
    }

    @Test
    void quietTimeFillsUpToTheBurst() {
        clock.nowNs = 1000 * GuestLog.REFILL_NS;
        for (int k = 0; k < 1000; k++) {
            log.accept("line");
        }
        assertEquals(GuestLog.BURST, lines.size());
    }
}
