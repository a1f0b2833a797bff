package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmd.conf.Position;
import vmd.conf.Staggered;
import vmd.conf.VmOptions;
import vmd.proto.EngineChoice;
import vmd.proto.VmState;

class BatchesTest {
    private record Timed(long delayMs, Runnable action) {}

    private final ArrayDeque<Timed> timers = new ArrayDeque<>();
    private final List<String> started = new ArrayList<>();
    private final Registry registry = new Registry();
    private final Batches batches =
            new Batches(
                    (delayMs, action) -> timers.add(new Timed(delayMs, action)),
                    () -> new Staggered(2, 30),
                    this::start);

    private void start(Vm vm) {
        started.add(vm.name());
        vm.state = VmState.RUNNING;
    }

    private List<Vm> machines(String... names) {
        List<Vm> machines = new ArrayList<>();
        for (String name : names) {
            VmOptions options = new VmOptions(name, Position.REQUEST);
            machines.add(registry.add(Definition.of(options.toConfig(EngineChoice.AUTO), 0), true));
        }
        return machines;
    }

    private void timePasses() {
        Timed timer = timers.remove();
        assertEquals(30_000, timer.delayMs);
        timer.action.run();
    }

    @Test
    void soManyStartAtOnceAndTheOthersWait() {
        List<Vm> machines = machines("a", "b", "c", "d", "e");
        batches.add(machines);
        assertEquals(List.of("a", "b"), started);
        assertEquals(VmState.WAITING, machines.get(2).state);
        timePasses();
        assertEquals(List.of("a", "b", "c", "d"), started);
        timePasses();
        assertEquals(List.of("a", "b", "c", "d", "e"), started);
        assertEquals(0, timers.size());
    }

    @Test
    void whoIsStartedOrStoppedByHandWaitsNoLonger() {
        List<Vm> machines = machines("a", "b", "c", "d", "e", "f");
        batches.add(machines);
        machines.get(2).state = VmState.STOPPED;
        machines.get(3).state = VmState.RUNNING;
        timePasses();
        assertEquals(List.of("a", "b", "e", "f"), started);
        assertEquals(0, timers.size());
    }

    @Test
    void laterOnesQueueUpBehind() {
        batches.add(machines("a", "b", "c"));
        batches.add(machines("x"));
        assertEquals(List.of("a", "b"), started);
        timePasses();
        assertEquals(List.of("a", "b", "c", "x"), started);
        batches.add(machines("y"));
        assertEquals("y", started.getLast());
    }
}
