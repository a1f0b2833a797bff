package vmd.imsg;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread on which a process decides: messages, ends of children and timers arrive here one
 * after the other, so its state needs no lock. What other threads post is bounded: they wait when
 * the loop is behind, and through them the peers do.
 */
public final class EventLoop implements Executor {
    private static final int POSTED_MAX = 256;

    private record Timer(long deadlineNs, long order, Runnable action)
            implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            // Differences, since nanoTime may wrap.
            long byDeadline = deadlineNs - other.deadlineNs;
            return Long.signum(byDeadline != 0 ? byDeadline : order - other.order);
        }
    }

    private final BlockingQueue<Runnable> posted = new ArrayBlockingQueue<>(POSTED_MAX);
    private final ArrayDeque<Runnable> own = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private volatile @Nullable Thread thread;
    private final LongSupplier nanoTime;
    private volatile boolean stopped;
    private long timerOrder;

    public EventLoop() {
        this(System::nanoTime);
    }

    EventLoop(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Runs {@code event} on the loop's thread, after what was posted before. */
    @Override
    public void execute(Runnable event) {
        if (Thread.currentThread() == thread) {
            own.add(event);
            return;
        }
        boolean interrupted = false;
        boolean done = false;
        while (!done && !stopped) {
            try {
                done = posted.offer(event, 1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs {@code action} on the loop's thread after {@code delayMs}. Called on that thread. */
    public void after(long delayMs, Runnable action) {
        long deadlineNs = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(delayMs);
        timers.add(new Timer(deadlineNs, timerOrder++, action));
    }

    /** Handles events until {@link #stop}; an exception of an event ends it. */
    public void run() {
        thread = Thread.currentThread();
        try {
            while (!stopped) {
                Runnable event = next();
                if (event != null) {
                    event.run();
                }
            }
        } finally {
            stopped = true;
        }
    }

    /** Ends {@link #run} after the event that is being handled. */
    public void stop() {
        stopped = true;
        // Wakes the thread if it waits; a full queue means it does not.
        posted.offer(() -> {});
    }

    private @Nullable Runnable next() {
        Timer timer = timers.peek();
        long waitNs = timer == null ? Long.MAX_VALUE : timer.deadlineNs - nanoTime.getAsLong();
        if (timer != null && waitNs <= 0) {
            timers.remove();
            return timer.action;
        }
        Runnable event = own.poll();
        if (event != null) {
            return event;
        }
        try {
            return posted.poll(waitNs, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread on purpose; it looks again.
            return null;
        }
    }
}
