package vmd.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShutdownTest {
    private long nowMs;
    private final List<Long> endedMs = new ArrayList<>();

    /** A guest that takes the request at a time. */
    private void shutDown(long takenMs) {
        new Shutdown(() -> nowMs >= takenMs, () -> endedMs.add(nowMs)).run(ms -> nowMs += ms);
    }

    @Test
    void guestThatTakesNothingHasThreeSeconds() {
        shutDown(Long.MAX_VALUE);
        assertEquals(List.of(3_000L), endedMs);
    }

    @Test
    void guestThatTakesTheRequestHasTwoMinutesFromThen() {
        shutDown(1_000);
        assertEquals(List.of(121_000L), endedMs);
    }

    @Test
    void theLastMomentIsInTime() {
        shutDown(3_000);
        assertEquals(List.of(123_000L), endedMs);
    }

    @Test
    void machineOfAnInterruptedThreadEndsAtOnce() {
        new Shutdown(() -> false, () -> endedMs.add(nowMs))
                .run(ms -> {
                    throw new InterruptedException();
                });
        assertEquals(List.of(0L), endedMs);
        assertEquals(true, Thread.interrupted());
    }
}
