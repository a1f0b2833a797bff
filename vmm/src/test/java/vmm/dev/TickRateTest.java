package vmm.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

final class TickRateTest {
    private static final long YEAR_NS = 365L * 86_400 * 1_000_000_000;
    private final TickRate pit = new TickRate(1_193_182);

    @Test
    void ticksAreExactAfterAYear() {
        long ns = YEAR_NS + 123_456_789;

        long exact =
                BigInteger.valueOf(ns)
                        .multiply(BigInteger.valueOf(1_193_182))
                        .divide(BigInteger.valueOf(1_000_000_000))
                        .longValueExact();
        assertEquals(exact, pit.ticks(ns));
    }

    @Test
    void firstNanosecondOfATickIsItsFirst() {
        for (long tick = 37_628_000_000_000L; tick < 37_628_000_000_100L; tick++) {
            assertEquals(tick, pit.ticks(pit.firstNs(tick)));
            assertEquals(tick - 1, pit.ticks(pit.firstNs(tick) - 1));
        }
    }
}
