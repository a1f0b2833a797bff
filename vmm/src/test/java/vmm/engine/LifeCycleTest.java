package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;

/** Nothing is left of a machine. {@code -Dengine.cycles=200} for a long test. */
class LifeCycleTest {
    private static final int CYCLES = Integer.getInteger("engine.cycles", 30);

    @ParameterizedTest
    @EnumSource
    void nothingIsLeft(EngineUnderTest engine) throws IOException, InterruptedException {
        engine.demand(Feature.REAL_MODE);
        live(engine);
        long descriptors = entries("/proc/self/fd");
        long threads = vcpuThreads();
        for (int k = 0; k < CYCLES; k++) {
            live(engine);
        }
        assertEquals(descriptors, entries("/proc/self/fd"));
        assertEquals(threads, vcpuThreads());
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            assertEquals(0, mappings.filter(line -> line.contains("kvm-vcpu")).count());
        }
        System.out.printf("%d lives on %s, nothing left%n", CYCLES, engine);
    }

    private static void live(EngineUnderTest engine) throws InterruptedException {
        try (TestMachine m = new TestMachine(engine)) {
            Thread vcpu =
                    Thread.ofPlatform()
                            .name("vcpu")
                            .start(() -> m.complete(m.real(), "e660 e6f4")); // out; done
            vcpu.join();
            assertEquals(1, m.accesses.size());
        }
    }

    private static long entries(String folder) throws IOException {
        try (Stream<Path> list = Files.list(Path.of(folder))) {
            return list.count();
        }
    }

    private static long vcpuThreads() throws IOException {
        long count = 0;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                Path name = task.resolve("comm");
                if (Files.exists(name) && Files.readString(name).startsWith("vcpu")) {
                    count++;
                }
            }
        }
        assertTrue(count <= 1);
        return count;
    }
}
