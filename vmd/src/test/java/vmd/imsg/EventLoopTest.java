package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLoopTest {
    private static final long TICK_NS = 100_000;

    private long nowNs;

    /** Each look at the clock takes a tenth of a millisecond. */
    private final EventLoop loop = new EventLoop(() -> nowNs += TICK_NS);

    private final List<String> seen = new ArrayList<>();

    @Test
    void eventsRunInTheOrderPosted() {
        for (int k = 0; k < 5; k++) {
            String name = "e" + k;
            loop.execute(() -> seen.add(name));
        }
        loop.execute(loop::stop);
        loop.run();
        assertEquals(List.of("e0", "e1", "e2", "e3", "e4"), seen);
    }

    @Test
    void timersRunInTheOrderOfTheirDeadlines() {
        loop.execute(() -> {
            loop.after(2, loop::stop);
            loop.after(1, () -> seen.add("late"));
            loop.after(0, () -> seen.add("soon"));
        });
        loop.run();
        assertEquals(List.of("soon", "late"), seen);
    }

    @Test
    void loopMayPostToItselfWithoutBound() {
        loop.execute(() -> {
            for (int k = 0; k < 10_000; k++) {
                loop.execute(() -> seen.add(""));
            }
            loop.execute(loop::stop);
        });
        loop.run();
        assertEquals(10_000, seen.size());
    }

    @Test
    void exceptionOfAnEventEndsTheLoop() {
        loop.execute(() -> {
            throw new IllegalStateException("broken");
        });
        assertThrows(IllegalStateException.class, loop::run);
    }
}
