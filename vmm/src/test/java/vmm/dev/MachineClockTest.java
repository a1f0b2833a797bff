package vmm.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MachineClockTest {
    private static final long MS = 1_000_000;
    private final ReentrantLock lock = new ReentrantLock();
    private final MachineClock clock = new MachineClock(lock, 5_000);
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clock.close();
    }

    private Clock.Timer timer(String name) {
        return clock.timer(
                () -> events.add(lock.isHeldByCurrentThread() ? name : name + " without lock"));
    }

    private void arm(Clock.Timer timer, long deadlineNs) {
        lock.lock();
        try {
            timer.arm(deadlineNs);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable String next() throws InterruptedException {
        return events.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void timeStandsStillUntilResumed() {
        assertEquals(5_000, clock.nowNs());
        assertEquals(5_000, clock.nowNs());

        clock.resume();
        clock.pause();
        long paused = clock.nowNs();

        assertTrue(paused > 5_000);
        assertEquals(paused, clock.nowNs());
    }

    @Test
    void timersExpireInOrderUnderTheLock() throws InterruptedException {
        Clock.Timer late = timer("late");
        Clock.Timer early = timer("early");
        clock.resume();
        long now = clock.nowNs();
        arm(late, now + 30 * MS);
        arm(early, now + 2 * MS);

        assertEquals("early", next());
        assertEquals("late", next());
        assertTrue(clock.nowNs() >= now + 30 * MS);
        assertTrue(events.isEmpty());
    }

    @Test
    void pastDeadlineExpiresAtOnceAndOnlyOnce() throws InterruptedException {
        Clock.Timer timer = timer("past");
        Clock.Timer mark = timer("mark");
        clock.resume();
        arm(timer, 0);
        assertEquals("past", next());

        arm(mark, 0);
        assertEquals("mark", next());
        assertTrue(events.isEmpty());
    }

    @Test
    void cancelUnderTheLockIsFinal() throws InterruptedException {
        Clock.Timer cancelled = timer("cancelled");
        Clock.Timer mark = timer("mark");
        clock.resume();
        lock.lock();
        try {
            cancelled.arm(0);
            mark.arm(clock.nowNs() + MS);
            cancelled.cancel();
        } finally {
            lock.unlock();
        }

        assertEquals("mark", next());
        assertTrue(events.isEmpty());
    }

    @Test
    void noTimerExpiresWhilePaused() throws InterruptedException {
        Clock.Timer timer = timer("expired");
        arm(timer, 0);
        // The thread has nothing to wait for but this: it would have expired before the resume.
        assertTrue(events.isEmpty());

        clock.resume();
        assertEquals("expired", next());
    }
}
