package vmm.dev;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a running machine: the host's monotonic clock without the time that the machine was
 * paused, and one thread that runs the actions of expired timers under the machine's device lock.
 *
 * <p>{@link #nowNs} and {@link #wallClockNs} may be called from any thread. Timers are armed and
 * cancelled under the device lock, which makes a cancel final: the action of a cancelled timer does
 * not run afterwards. Lock order: device lock, then the lock of the list.
 *
 * <p>An action that throws ends the clock's thread through the uncaught exception handler; a
 * machine without timers is of no use, so the process should end there.
 */
public final class MachineClock implements Clock, AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;

    /** Running: {@code valueNs} is what the host's clock showed at zero. Paused: the time. */
    private record Epoch(boolean running, long valueNs) {}

    private final Lock deviceLock;
    private final ReentrantLock listLock = new ReentrantLock();
    private final Condition changed = listLock.newCondition();

    /** A machine has about ten timers; a scan of a list is cheaper than keeping a heap in order. */
    private final List<Alarm> alarms = new ArrayList<>();

    private volatile Epoch epoch;
    private long wakeNs = NEVER;
    private boolean closed;

    /** A paused clock that shows {@code startNs}. Actions run with {@code deviceLock} held. */
    public MachineClock(Lock deviceLock, long startNs) {
        this.deviceLock = deviceLock;
        this.epoch = new Epoch(false, startNs);
        Thread.ofPlatform().name("clock").daemon().start(this::expireForever);
    }

    @Override
    public long nowNs() {
        Epoch e = epoch;
        return e.running ? System.nanoTime() - e.valueNs : e.valueNs;
    }

    @Override
    public long wallClockNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** Lets time pass. */
    public void resume() {
        listLock.lock();
        try {
            if (!epoch.running) {
                epoch = new Epoch(true, System.nanoTime() - epoch.valueNs);
                changed.signal();
            }
        } finally {
            listLock.unlock();
        }
    }

    /** Makes time stand still; no timer expires until {@link #resume}. */
    public void pause() {
        listLock.lock();
        try {
            if (epoch.running) {
                epoch = new Epoch(false, nowNs());
            }
        } finally {
            listLock.unlock();
        }
    }

    @Override
    public Timer timer(Runnable action) {
        Alarm alarm = new Alarm(action);
        listLock.lock();
        try {
            alarms.add(alarm);
        } finally {
            listLock.unlock();
        }
        return alarm;
    }

    /** Ends the thread. No action runs after the one that may be running now. */
    @Override
    public void close() {
        listLock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            listLock.unlock();
        }
    }

    private void expireForever() {
        while (awaitDeadline()) {
            deviceLock.lock();
            try {
                for (Alarm due = takeDue(); due != null; due = takeDue()) {
                    due.action.run();
                }
            } finally {
                deviceLock.unlock();
            }
        }
    }

    /** Sleeps until a timer is due; false when the clock is closed. */
    private boolean awaitDeadline() {
        listLock.lock();
        try {
            while (!closed) {
                wakeNs = earliestNs();
                long waitNs = epoch.running && wakeNs != NEVER ? wakeNs - nowNs() : NEVER;
                if (waitNs <= 0) {
                    return true;
                }
                changed.awaitNanos(waitNs);
            }
            return false;
        } catch (InterruptedException e) {
            return false;
        } finally {
            listLock.unlock();
        }
    }

    private long earliestNs() {
        long earliest = NEVER;
        for (Alarm alarm : alarms) {
            earliest = Math.min(earliest, alarm.deadlineNs);
        }
        return earliest;
    }

    /** Disarms and returns the timer that has been due for longest, or null. */
    private @Nullable Alarm takeDue() {
        listLock.lock();
        try {
            Alarm first = null;
            long firstNs = epoch.running && !closed ? nowNs() + 1 : Long.MIN_VALUE;
            for (Alarm alarm : alarms) {
                if (alarm.deadlineNs < firstNs) {
                    first = alarm;
                    firstNs = alarm.deadlineNs;
                }
            }
            if (first != null) {
                first.deadlineNs = NEVER;
            }
            return first;
        } finally {
            listLock.unlock();
        }
    }

    private void arm(Alarm alarm, long deadlineNs) {
        listLock.lock();
        try {
            alarm.deadlineNs = deadlineNs;
            if (deadlineNs < wakeNs) {
                changed.signal();
            }
        } finally {
            listLock.unlock();
        }
    }

    private final class Alarm implements Timer {
        private final Runnable action;
        private long deadlineNs = NEVER;

        Alarm(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadlineNs) {
            MachineClock.this.arm(this, Math.min(deadlineNs, NEVER - 1));
        }

        @Override
        public void cancel() {
            MachineClock.this.arm(this, NEVER);
        }
    }
}
