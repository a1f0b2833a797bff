package vmd.parent;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import vmd.conf.Staggered;
import vmd.proto.VmState;

/**
 * Machines that wait for their turn to start, so many at a time. One that is started, stopped or
 * forgotten meanwhile no longer waits.
 */
final class Batches {
    private static final long MS_PER_S = 1000;

    /** Runs something later, on the same thread. */
    interface Timer {
        void after(long delayMs, Runnable action);
    }

    private final Timer timer;
    private final Supplier<Staggered> staggered;
    private final Consumer<Vm> start;
    private final ArrayDeque<Vm> queue = new ArrayDeque<>();
    private boolean timed;

    Batches(Timer timer, Supplier<Staggered> staggered, Consumer<Vm> start) {
        this.timer = timer;
        this.staggered = staggered;
        this.start = start;
    }

    /** Has machines wait; the first ones start at once unless others are before them. */
    void add(List<Vm> machines) {
        for (Vm vm : machines) {
            vm.state = VmState.WAITING;
            queue.add(vm);
        }
        if (!timed) {
            next();
        }
    }

    private void next() {
        timed = false;
        int left = staggered.get().parallel();
        while (left > 0 && !queue.isEmpty()) {
            Vm vm = queue.remove();
            if (vm.state == VmState.WAITING) {
                vm.state = VmState.STOPPED;
                start.accept(vm);
                left--;
            }
        }
        queue.removeIf(vm -> vm.state != VmState.WAITING);
        if (!queue.isEmpty()) {
            timed = true;
            timer.after(staggered.get().delaySeconds() * MS_PER_S, this::next);
        }
    }
}
