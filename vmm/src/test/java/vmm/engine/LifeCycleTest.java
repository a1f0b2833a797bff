package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
        awaitNoVcpu();
        long descriptors = entries("/proc/self/fd");
        for (int k = 0; k < CYCLES; k++) {
            live(engine);
        }
        awaitNoVcpu();
        assertEquals(descriptors, entries("/proc/self/fd"));
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

    /** The kernel's thread ends a little after {@link Thread#join} of Java's. */
    private static void awaitNoVcpu() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (vcpuThreads() > 0) {
            assertTrue(System.nanoTime() < deadline, "a thread of a vCPU is left");
            Thread.sleep(1);
        }
    }

    private static long vcpuThreads() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(LifeCycleTest::isVcpu).count();
        }
    }

    private static boolean isVcpu(Path task) {
        try {
            return Files.readString(task.resolve("comm")).startsWith("vcpu");
        } catch (IOException e) {
            return false; // it has just ended
        }
    }
}
