package vmm.cpu;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import vmm.cpu.isa.CpuLevel;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.mem.GuestMemory;

/**
 * An attack on the software processor: programs of {@link HostileGuest}, one for each seed, run
 * through the same seam as a machine's. What a program may do is run, fault, halt and shut down;
 * that it returns from {@link SoftVcpu#run} when kicked and leaves a state that a processor can
 * have is checked here, and that the process does not grow.
 *
 * <p>{@code main SECONDS [SEED]} attacks for longer, or repeats one program.
 */
final class Attack implements AutoCloseable {
    /** A program that runs longer than this is stopped: most such are loops. */
    private static final long SLICE_NS = 1_500_000;

    /** A program that repeats a finding is given more time to come to it. */
    private static final long REPEAT_NS = 500_000_000;

    /** Without an answer to a kick for so long the processor hangs, however busy the host is. */
    private static final long HANG_NS = 60_000_000_000L;

    /** Half of the programs are translated when they come to a block for that time. */
    private static final int SOON = 3;

    private static final long GROWTH_LIMIT = 64 << 20;
    private static final long FLAGS_ALWAYS_CLEAR = ~0x3f_7fd7L;

    private final GuestMemory memory = GuestMemory.allocate(HostileGuest.MEMORY_BYTES);
    private final Devices devices = new Devices();
    private final SoftVcpu vcpu = new SoftVcpu(memory, devices, CpuLevel.V3);
    private final HostileGuest guest = new HostileGuest(memory);
    private final Thread watchdog = new Thread(this::watch, "watchdog");
    private final Thread attacker;
    private volatile long startedNs;
    private volatile long sliceNs = SLICE_NS;
    private volatile boolean closed;
    private volatile boolean hung;

    /** What became of the programs, by {@link Exit}. */
    final long[] exits = new long[Exit.values().length];

    long programs;

    Attack() {
        attacker = Thread.currentThread();
        watchdog.setDaemon(true);
        watchdog.start();
    }

    /** Ports and device memory that answer with numbers from the program's seed. */
    private final class Devices implements Platform {
        Random random = new Random(0);
        private long nowNs;

        private int event() {
            int value = random.nextInt();
            if ((value & 7) == 0) {
                vcpu.interruptLine((value & 8) != 0);
            }
            return value;
        }

        @Override
        public int portRead(int port, int size) {
            return event() & (int) (0xffff_ffffL >>> 32 - 8 * size);
        }

        @Override
        public void portWrite(int port, int size, int value) {
            event();
        }

        @Override
        public long mmioRead(long gpa, int size) {
            return event() & -1L >>> 64 - 8 * size;
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {
            event();
        }

        @Override
        public int acknowledgeInterrupt() {
            vcpu.interruptLine(random.nextInt(4) == 0);
            return random.nextInt(256);
        }

        @Override
        public long nowNs() {
            return nowNs += 100;
        }

        @Override
        public long wallClockNs() {
            return nowNs;
        }
    }

    /** Kicks what runs for too long, and notes where it is if that does not help. */
    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(sliceNs / 2);
            long started = startedNs;
            long ran = started == 0 ? 0 : System.nanoTime() - started;
            if (ran > HANG_NS && !hung) {
                hung = true;
                System.err.println("hang\n" + String.join("\n", lines(attacker.getStackTrace())));
            }
            if (ran > sliceNs) {
                vcpu.kick();
            }
        }
    }

    private static String[] lines(StackTraceElement[] trace) {
        return Arrays.stream(trace).map(StackTraceElement::toString).toArray(String[]::new);
    }

    /** Runs the program of {@code seed}; an error says how to repeat it. */
    void run(long seed) {
        try {
            attack(seed);
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            throw new AssertionError("repeat with -Dattack.seed=" + seed, e);
        }
        programs++;
    }

    private void attack(long seed) {
        devices.random = new Random(~seed);
        CpuState state = guest.program(seed);
        try {
            vcpu.state(state);
        } catch (IllegalArgumentException e) {
            return; // page directory pointers that no processor can have loaded
        }
        vcpu.interruptLine((seed & 3) == 0);
        vcpu.interpreter.regions.threshold = (seed & 4) == 0 ? SOON : Integer.MAX_VALUE;
        startedNs = System.nanoTime();
        Exit exit = vcpu.run();
        startedNs = 0;
        exits[exit.ordinal()]++;
        if (exit == Exit.FAILED) {
            throw new AssertionError(vcpu.failure());
        }
        check(vcpu.state());
    }

    /** What holds for every state, SDM volume 1 section 3.4.3, volume 3 section 2.5. */
    private void check(CpuState state) {
        long cr0 = state.control()[0];
        long cr4 = state.control()[3];
        long efer = state.msrs()[0];
        boolean paging = (cr0 & Cpu.CR0_PG) != 0;
        boolean active = (efer & Cpu.EFER_LMA) != 0;
        expect((state.rflags() & FLAGS_ALWAYS_CLEAR) == 0, "reserved flags");
        expect((state.rflags() & 2) != 0, "flag 1");
        expect(!paging || (cr0 & Cpu.CR0_PE) != 0, "paging without protection");
        expect(active == (paging && (efer & Cpu.EFER_LME) != 0), "LMA");
        expect(!active || (cr4 & Cpu.CR4_PAE) != 0, "long mode without PAE");
        boolean virtual = (state.rflags() & Cpu.FLAG_VM) != 0;
        expect(!virtual || !active && (cr0 & Cpu.CR0_PE) != 0, "virtual-8086 mode");
        expect((state.control()[5] & 1) != 0, "XCR0 without x87");
    }

    private static void expect(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("impossible state: " + what);
        }
    }

    /** Attacks for {@code seconds} with the seeds from {@code first}. */
    void run(long first, double seconds) {
        long endNs = System.nanoTime() + (long) (seconds * 1e9);
        long baseline = -1;
        long seed = first;
        long reportNs = System.nanoTime() + 600_000_000_000L;
        while (System.nanoTime() < endNs) {
            run(seed++);
            if (hung) {
                throw new AssertionError("hang; repeat with -Dattack.seed=" + (seed - 1));
            }
            if (baseline < 0 && endNs - System.nanoTime() < (long) (seconds * 8e8)) {
                baseline = heap();
            }
            if (System.nanoTime() > reportNs) {
                reportNs += 600_000_000_000L;
                System.err.println(report(first) + ", heap " + (heap() >> 20) + " MiB");
            }
        }
        long grown = heap() - baseline;
        if (grown > GROWTH_LIMIT) {
            throw new AssertionError("the heap grew by " + grown + " bytes");
        }
    }

    /** Repeats one program with more time than it had. */
    void repeat(long seed) {
        sliceNs = REPEAT_NS;
        run(seed);
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    String report(long first) {
        StringBuilder text = new StringBuilder();
        text.append(programs).append(" programs from seed ").append(first);
        for (Exit exit : Exit.values()) {
            text.append(", ").append(exit).append(' ').append(exits[exit.ordinal()]);
        }
        return text.append(", ").append(vcpu.instructions()).append(" instructions").toString();
    }

    @Override
    public void close() {
        closed = true;
        vcpu.close();
        memory.close();
    }

    public static void main(String[] args) {
        try (Attack attack = new Attack()) {
            long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
            if (args.length > 1) {
                attack.repeat(seed);
            } else {
                attack.run(seed, Double.parseDouble(args[0]));
            }
            System.out.println(attack.report(seed));
        }
    }
}
