package bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmm.dev.PortBus;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.SegmentState;
import vmm.engine.Vcpu;
import vmm.kvm.ExitTimes;
import vmm.kvm.KvmEngine;
import vmm.mem.GuestMemory;

/**
 * What an exit costs on KVM: a loop of port writes, here and in QEMU, the same firmware image in
 * both. A time is that of a long loop minus that of a short one, so the start of either does not
 * count. The two take turns, and each one's best runs are compared, since what else the host does
 * only ever adds; on a busy host the processor time, of our processor's thread and of all of QEMU,
 * says more. Then our own share of an exit, from the return of KVM_RUN to the next call: of the
 * first exits in a new Java virtual machine, and of those after the comparison.
 */
public final class ExitCost {
    private static final int IMAGE_BYTES = 0x1_0000;
    private static final int IMAGE_GPA = 0xf_0000;
    private static final int RESET_VECTOR = 0xfff0;
    private static final int LOOP_PORT = 0x80, END_PORT = 0xf4;
    private static final int ROUNDS = 9;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** mov ecx, COUNT; l: out 0x80, al; dec ecx; jnz l; out 0xf4, al; hlt */
    private static final String LOOP = "66b9 00000000 e680 6649 75fa e6f4 f4";

    private static final int COUNT_AT = 2;
    private static final String JUMP = "ea 0000 00f0"; // jmp 0xf000:0

    private final Fd kvm;
    private final int count;
    private final @Nullable String qemu;
    private final Path image = Files.createTempFile("exits", ".bin");

    private ExitCost(Fd kvm, int count, @Nullable String qemu) throws IOException {
        this.kvm = kvm;
        this.count = count;
        this.qemu = qemu;
    }

    /** Arguments: the number of port writes, and the path of QEMU if there is one. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int count = Integer.parseInt(args[0]);
        String qemu = args.length > 1 && !args[1].isEmpty() ? args[1] : null;
        try (Fd kvm = FileIo.open("/dev/kvm", FileIo.O_RDWR)) {
            ExitCost bench = new ExitCost(kvm, count, qemu);
            try {
                bench.ownShare("the first ones");
                bench.compare();
                bench.ownShare("later");
            } finally {
                Files.delete(bench.image);
            }
        }
    }

    /** Sums up runs of one machine: elapsed time of the best, processor time of all. */
    private static final class Tally {
        private long bestNs = Long.MAX_VALUE;
        private long cpuNs;

        void add(long elapsedNs, long runCpuNs) {
            bestNs = Math.min(bestNs, elapsedNs);
            cpuNs += runCpuNs;
        }
    }

    private void compare() throws IOException, InterruptedException {
        int few = Math.max(1, count / 10);
        Tally ours = new Tally(), oursFew = new Tally();
        Tally theirs = new Tally(), theirsFew = new Tally();
        for (int k = 0; k < ROUNDS; k++) {
            timeHere(oursFew, few);
            timeHere(ours, count + few);
            if (qemu != null) {
                timeThere(qemu, theirsFew, few);
                timeThere(qemu, theirs, count + few);
            }
        }
        System.out.printf("%d port writes on KVM, ns each, %d runs:%n", count, ROUNDS);
        System.out.printf("          elapsed (best)  processor (mean)%n");
        System.out.printf("  vmd     %14.0f  %16.0f%n", elapsed(ours, oursFew), cpu(ours, oursFew));
        if (qemu != null) {
            double elapsed = elapsed(theirs, theirsFew);
            double cpu = cpu(theirs, theirsFew);
            System.out.printf("  QEMU    %14.0f  %16.0f%n", elapsed, cpu);
            System.out.printf(
                    "  ratio   %14.3f  %16.3f%n",
                    elapsed(ours, oursFew) / elapsed, cpu(ours, oursFew) / cpu);
        }
    }

    private double elapsed(Tally many, Tally few) {
        return (double) (many.bestNs - few.bestNs) / count;
    }

    private double cpu(Tally many, Tally few) {
        return (double) (many.cpuNs - few.cpuNs) / count / ROUNDS;
    }

    private void timeHere(Tally tally, int loops) {
        long cpuNs = THREADS.getCurrentThreadCpuTime();
        long elapsedNs = runHere(loops, null);
        tally.add(elapsedNs, THREADS.getCurrentThreadCpuTime() - cpuNs);
    }

    private void timeThere(String program, Tally tally, int loops)
            throws IOException, InterruptedException {
        long cpuNs = childrenCpuNs();
        long elapsedNs = runThere(program, loops);
        tally.add(elapsedNs, childrenCpuNs() - cpuNs);
    }

    /** Processor time of ended children: fields 16 and 17 of proc(5)'s stat, in ticks of 10 ms. */
    private static long childrenCpuNs() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(behindName[13]) + Long.parseLong(behindName[14])) * 10_000_000;
    }

    private void ownShare(String when) {
        ExitTimes times = new ExitTimes(count);
        runHere(count, times);
        System.out.printf(
                "own share of an exit, %s: median %d ns, mean %d ns%n",
                when, times.medianNs(), times.meanNs());
    }

    private static byte[] image(int loops) {
        byte[] image = new byte[IMAGE_BYTES];
        place(image, 0, LOOP);
        ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(COUNT_AT, loops);
        place(image, RESET_VECTOR, JUMP);
        return image;
    }

    private static void place(byte[] image, int at, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        System.arraycopy(bytes, 0, image, at, bytes.length);
    }

    private long runThere(String program, int loops) throws IOException, InterruptedException {
        Files.write(image, image(loops));
        long startNs = System.nanoTime();
        Process process =
                new ProcessBuilder(
                                program,
                                "-accel",
                                "kvm",
                                "-m",
                                "16",
                                "-nodefaults",
                                "-display",
                                "none",
                                "-no-reboot",
                                "-bios",
                                image.toString(),
                                "-device",
                                "isa-debug-exit,iobase=0xf4,iosize=1")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        int status = process.waitFor();
        if ((status & 1) == 0) {
            throw new IOException("QEMU ended with " + status + " instead of the guest's odd code");
        }
        return System.nanoTime() - startNs;
    }

    private long runHere(int loops, @Nullable ExitTimes times) {
        long startNs = System.nanoTime();
        Ports platform = new Ports();
        try (GuestMemory memory = GuestMemory.allocate(1 << 20);
                KvmEngine engine = new KvmEngine(kvm, times);
                Vcpu vcpu = engine.createVcpu(0, memory, platform)) {
            platform.vcpu = vcpu;
            memory.copyIn(IMAGE_GPA, image(loops), 0, IMAGE_BYTES);
            vcpu.state(start());
            Exit exit = vcpu.run();
            if (exit != Exit.KICKED) {
                throw new IllegalStateException(exit + ": " + vcpu.failure());
            }
        }
        return System.nanoTime() - startNs;
    }

    private static CpuState start() {
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, new SegmentState(0, 0, 0xffff, 0x93));
        segments[1] = new SegmentState(0xf000, IMAGE_GPA, 0xffff, 0x9b);
        segments[6] = new SegmentState(0, 0, 0xffff, 0x82);
        segments[7] = new SegmentState(0, 0, 0xffff, 0x8b);
        long[] msrs = new long[11];
        msrs[9] = 0x0007_0406_0007_0406L;
        return new CpuState(
                new long[16],
                0,
                2,
                segments,
                0,
                0xffff,
                0,
                0xffff,
                new long[] {0x10, 0, 0, 0, 0, 1},
                new long[] {0, 0, 0, 0, 0xffff_0ff0L, 0x400},
                msrs,
                new byte[512],
                false);
    }

    /** Ports as a machine has them: a bus behind a lock. */
    private static final class Ports implements Platform {
        private final ReentrantLock lock = new ReentrantLock();
        private final PortBus bus = new PortBus();
        private @Nullable Vcpu vcpu;

        @Override
        public int portRead(int port, int size) {
            return -1;
        }

        @Override
        public void portWrite(int port, int size, int value) {
            lock.lock();
            try {
                if (port == END_PORT && vcpu != null) {
                    vcpu.kick();
                } else {
                    bus.write(port, size, value);
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long mmioRead(long gpa, int size) {
            return -1;
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {
            throw new IllegalStateException("a loop over port " + LOOP_PORT + " writes no memory");
        }

        @Override
        public int acknowledgeInterrupt() {
            return 0;
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
