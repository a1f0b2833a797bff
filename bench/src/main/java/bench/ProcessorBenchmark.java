package bench;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import vmm.boot.BootException;
import vmm.boot.BootSource;
import vmm.boot.KernelBoot;
import vmm.cpu.SoftEngine;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/**
 * The software processor in each loop of {@link LoopGuest}, without a machine around it. The column
 * {@code instructions} is what counts: guest instructions a microsecond, that is millions a second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProcessorBenchmark {
    private static final long ITERATIONS = 100_000;
    private static final long MEMORY_BYTES = 64 << 20;

    /** A loop of {@link LoopGuest}. */
    @Param({"ALU", "MEMORY", "CALL", "BRANCH", "STRING", "PAGES", "X87", "SSE", "AVX"})
    public String loop = "";

    private GuestMemory memory;
    private Vcpu vcpu;
    private CpuState start;

    /** Counts what a run executes. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Executed {
        /** Guest instructions. */
        public long instructions;
    }

    public ProcessorBenchmark() {
        memory = GuestMemory.allocate(MEMORY_BYTES);
        vcpu = new SoftEngine().createVcpu(0, memory, new Nothing());
        start = vcpu.state();
    }

    @Setup
    public void load() {
        byte[] elf = LoopGuest.elf(LoopGuest.Loop.valueOf(loop), ITERATIONS);
        start = new KernelBoot(new Bytes(elf), null, "", 0).load(memory);
    }

    @TearDown
    public void close() {
        vcpu.close();
        memory.close();
    }

    /** A loop from start to end. */
    @Benchmark
    public Exit run(Executed executed) {
        vcpu.state(start);
        long before = vcpu.instructions();
        Exit exit = vcpu.run();
        if (exit != Exit.HALTED_FOREVER) {
            throw new IllegalStateException(exit + ": " + vcpu.state());
        }
        executed.instructions += vcpu.instructions() - before;
        return exit;
    }

    private record Bytes(byte[] bytes) implements BootSource {
        @Override
        public long sizeBytes() {
            return bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) {
            if (offset < 0 || offset + into.byteSize() > bytes.length) {
                throw new BootException("kernel: truncated");
            }
            into.copyFrom(MemorySegment.ofArray(bytes).asSlice(offset, into.byteSize()));
        }
    }

    /** No devices. */
    private static final class Nothing implements Platform {
        @Override
        public int portRead(int port, int size) {
            return -1;
        }

        @Override
        public void portWrite(int port, int size, int value) {}

        @Override
        public long mmioRead(long gpa, int size) {
            return -1;
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {}

        @Override
        public int acknowledgeInterrupt() {
            return 0xff;
        }

        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public long wallClockNs() {
            return 0;
        }
    }
}
