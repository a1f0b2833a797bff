package vmm.dev;

import java.util.ArrayList;
import java.util.List;

/** A clock that stands still until a test moves it; expired timers run in order on the way. */
public final class FakeClock implements Clock {
    private final List<Alarm> alarms = new ArrayList<>();
    private long nowNs;
    private long wallNs;

    @Override
    public long nowNs() {
        return nowNs;
    }

    @Override
    public long wallClockNs() {
        return wallNs;
    }

    /** Sets the wall clock without running a timer. */
    public void wall(long wallNs) {
        this.wallNs = wallNs;
    }

    @Override
    public Timer timer(Runnable action) {
        Alarm alarm = new Alarm(action);
        alarms.add(alarm);
        return alarm;
    }

    /** Moves both clocks by {@code ns}. */
    public void advance(long ns) {
        long endNs = nowNs + ns;
        for (Alarm due = first(endNs); due != null; due = first(endNs)) {
            step(Math.max(due.deadlineNs, nowNs));
            due.deadlineNs = Long.MAX_VALUE;
            due.action.run();
        }
        step(endNs);
    }

    /** Moves both clocks by {@code ns} as if the host slept: timers run only afterwards. */
    public void oversleep(long ns) {
        step(nowNs + ns);
        advance(0);
    }

    /** The earliest deadline, or {@link Long#MAX_VALUE}. */
    public long nextDeadlineNs() {
        return alarms.stream().mapToLong(a -> a.deadlineNs).min().orElse(Long.MAX_VALUE);
    }

    private void step(long toNs) {
        wallNs += toNs - nowNs;
        nowNs = toNs;
    }

    private @org.jspecify.annotations.Nullable Alarm first(long endNs) {
        Alarm first = null;
        for (Alarm alarm : alarms) {
            if (alarm.deadlineNs <= endNs
                    && (first == null || alarm.deadlineNs < first.deadlineNs)) {
                first = alarm;
            }
        }
        return first;
    }

    private static final class Alarm implements Timer {
        private final Runnable action;
        private long deadlineNs = Long.MAX_VALUE;

        Alarm(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadlineNs) {
            this.deadlineNs = deadlineNs;
        }

        @Override
        public void cancel() {
            deadlineNs = Long.MAX_VALUE;
        }
    }
}
