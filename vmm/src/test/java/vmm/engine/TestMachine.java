package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import vmm.mem.GuestMemory;

/**
 * A processor with 1 MiB of memory, and around it a machine that writes down every access. Port
 * {@link #DONE} ends a run, other ports answer with their number, device memory with its address;
 * device memory follows the RAM, so that page tables for 2 MiB cover both.
 */
final class TestMachine implements Platform, AutoCloseable {
    static final int CODE = 0x8000, HANDLER = 0x9000, DATA = 0xa000, STACK = 0x7ff0;
    static final int DEVICE = 0x10_0000;
    static final int DONE = 0xf4;
    static final int VECTOR = 0x30;

    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RSI = 6, RDI = 7;

    /** The page at this address is the one of {@link #DATA}. */
    static final long ALIAS = 0x4000_1000L;

    private static final int PML4 = 0x1000, PDPT = 0x2000, PD = 0x3000, PD_ALIAS = 0x4000;
    private static final int PT_ALIAS = 0x5000, PD_32 = 0x6000, GDT = 0x6800;
    static final int IDT = 0xd000;
    private static final int SELECTOR_32 = 0x08, SELECTOR_DATA = 0x10, SELECTOR_64 = 0x18;
    private static final long PRESENT_WRITABLE = 3, LARGE = 1 << 7;
    private static final long CR0_PE = 0x11, CR0_NE = 0x20, CR0_PG = 0x8000_0000L;
    private static final long CR4_LONG = 0x620, CR4_PSE = 0x10;
    private static final long EFER_LONG = 0x500;
    private static final long PAT_RESET = 0x0007_0406_0007_0406L;

    /** A test that hangs ends as a failure. */
    private static final ScheduledExecutorService WATCHDOG =
            Executors.newSingleThreadScheduledExecutor(
                    task -> Thread.ofPlatform().daemon().name("watchdog").unstarted(task));

    private static final int WATCHDOG_S = 60;

    final GuestMemory memory = GuestMemory.allocate(DEVICE);
    final Vcpu vcpu;
    final List<String> accesses = Collections.synchronizedList(new ArrayList<>());
    private final Engine engine;
    private volatile boolean done;
    private int kickAt = -1;
    private volatile boolean frozen;
    private volatile long frozenNs;
    private volatile long lostNs;
    private volatile boolean overdue;
    private final AtomicInteger acknowledged = new AtomicInteger();

    TestMachine(EngineUnderTest kind) {
        engine = kind.open();
        vcpu = engine.createVcpu(0, memory, this);
        refresh();
    }

    /** Writes all tables anew. */
    void refresh() {
        memory.write64(PML4, PDPT | PRESENT_WRITABLE);
        memory.write64(PDPT, PD | PRESENT_WRITABLE);
        memory.write64(PDPT + 8, PD_ALIAS | PRESENT_WRITABLE);
        memory.write64(PD, LARGE | PRESENT_WRITABLE);
        memory.write64(PD_ALIAS, PT_ALIAS | PRESENT_WRITABLE);
        memory.write64(PT_ALIAS + 8, DATA | PRESENT_WRITABLE);
        memory.write32(PD_32, (int) (LARGE | PRESENT_WRITABLE));
        memory.write32(PD_32 + 4, (int) (LARGE | PRESENT_WRITABLE));
        memory.write64(GDT + SELECTOR_32, 0x00cf_9b00_0000_ffffL);
        memory.write64(GDT + SELECTOR_DATA, 0x00cf_9300_0000_ffffL);
        memory.write64(GDT + SELECTOR_64, 0x00af_9b00_0000_ffffL);
        memory.write64(IDT + 16 * VECTOR, 0x8e00L << 32 | (long) SELECTOR_64 << 16 | HANDLER);
    }

    void put(int gpa, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        memory.copyIn(gpa, bytes, 0, bytes.length);
    }

    // States to start in

    CpuState real() {
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, new SegmentState(0, 0, 0xffff, 0x93));
        segments[1] = new SegmentState(0, 0, 0xffff, 0x9b);
        return state(segments, new long[] {0x10, 0, 0, 0, 0, 1}, 0);
    }

    CpuState protectedMode() {
        SegmentState[] segments = segments32();
        segments[4] = new SegmentState(SELECTOR_DATA, 0x2_0000, -1, 0xc093);
        return state(segments, new long[] {CR0_PE | CR0_NE, 0, 0, 0, 0, 1}, 0);
    }

    CpuState paging() {
        long[] control = {CR0_PE | CR0_NE | CR0_PG, 0, PD_32, CR4_PSE, 0, 1};
        return state(segments32(), control, 0);
    }

    private static SegmentState[] segments32() {
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, new SegmentState(SELECTOR_DATA, 0, -1, 0xc093));
        segments[1] = new SegmentState(SELECTOR_32, 0, -1, 0xc09b);
        return segments;
    }

    CpuState longMode() {
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, new SegmentState(SELECTOR_DATA, 0, -1, 0xc093));
        segments[1] = new SegmentState(SELECTOR_64, 0, -1, 0xa09b);
        long[] control = {CR0_PE | CR0_NE | CR0_PG, 0, PML4, CR4_LONG, 0, 1};
        return state(segments, control, EFER_LONG);
    }

    private static CpuState state(SegmentState[] segments, long[] control, long efer) {
        segments[6] = new SegmentState(0, 0, 0xffff, 0x82);
        segments[7] = new SegmentState(0, 0, 0xffff, 0x8b);
        long[] gpr = new long[16];
        gpr[RSP] = STACK;
        byte[] fxsave = new byte[512];
        fxsave[0] = 0x7f; // FCW 0x37f
        fxsave[1] = 3;
        fxsave[24] = (byte) 0x80; // MXCSR 0x1f80
        fxsave[25] = 0x1f;
        long[] msrs = new long[11];
        msrs[0] = efer;
        msrs[9] = PAT_RESET;
        long[] debug = {0, 0, 0, 0, 0xffff_0ff0L, 0x400};
        return new CpuState(
                gpr, CODE, 2, segments, GDT, 0x1f, IDT, 0xfff, control, debug, msrs, fxsave, false);
    }

    /** Runs {@code code} from {@code start} until it writes to {@link #DONE}. */
    CpuState complete(CpuState start, String code) {
        put(CODE, code);
        vcpu.state(start);
        assertEquals(Exit.KICKED, runDone(), vcpu::failure);
        return vcpu.state();
    }

    /** Goes on until the guest writes to {@link #DONE}, or until another exit. */
    Exit runDone() {
        done = false;
        Exit exit = Exit.KICKED;
        while (exit == Exit.KICKED && !done) {
            exit = run();
        }
        return exit;
    }

    Exit run() {
        ScheduledFuture<?> alarm = WATCHDOG.schedule(this::alarm, WATCHDOG_S, TimeUnit.SECONDS);
        try {
            Exit exit = vcpu.run();
            if (overdue) {
                throw new AssertionError("the guest hangs; so far " + accesses);
            }
            return exit;
        } finally {
            alarm.cancel(true);
        }
    }

    private void alarm() {
        overdue = true;
        vcpu.kick();
    }

    /** Kicks the processor during its access number {@code count}. */
    void kickAt(int count) {
        kickAt = count;
    }

    /** Stops or continues the machine's clock. */
    void freeze(boolean freeze) {
        if (freeze) {
            frozenNs = nowNs();
        } else {
            lostNs = System.nanoTime() - frozenNs;
        }
        frozen = freeze;
    }

    int acknowledged() {
        return acknowledged.get();
    }

    // Platform

    @Override
    public int portRead(int port, int size) {
        accesses.add("in%d %x".formatted(8 * size, port));
        return 0xc0de_0000 + port & (int) (-1L >>> 64 - 8 * size);
    }

    @Override
    public void portWrite(int port, int size, int value) {
        if (port == DONE) {
            done = true;
            vcpu.kick();
        } else {
            int written = value & (int) (-1L >>> 64 - 8 * size);
            accesses.add("out%d %x %x".formatted(8 * size, port, written));
            if (accesses.size() == kickAt) {
                vcpu.kick();
            }
        }
    }

    @Override
    public long mmioRead(long gpa, int size) {
        accesses.add("read%d %x".formatted(8 * size, gpa));
        return 0x8070_6050_4030_2010L + gpa & -1L >>> 64 - 8 * size;
    }

    @Override
    public void mmioWrite(long gpa, int size, long value) {
        long written = value & -1L >>> 64 - 8 * size;
        accesses.add("write%d %x %x".formatted(8 * size, gpa, written));
    }

    @Override
    public int acknowledgeInterrupt() {
        acknowledged.incrementAndGet();
        vcpu.interruptLine(false);
        return VECTOR;
    }

    @Override
    public long nowNs() {
        return frozen ? frozenNs : System.nanoTime() - lostNs;
    }

    @Override
    public long wallClockNs() {
        return 0;
    }

    @Override
    public void close() {
        vcpu.close();
        engine.close();
        memory.close();
    }
}
