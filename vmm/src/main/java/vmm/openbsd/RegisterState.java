package vmm.openbsd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;
import vmm.mem.GuestMemory;

/**
 * Between struct vcpu_reg_state and the form that all engines share. vmm(4) has no way to the
 * floating point unit, SYSENTER, PAT and the time-stamp counter of a guest: they come out as after
 * a reset, and what goes in is dropped.
 */
final class RegisterState {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    /** EFER STAR LSTAR CSTAR SFMASK KERNEL_GS_BASE, in this order here and there. */
    private static final int SHARED_MSRS = 6;

    /** MISC_ENABLE: fast string operations. */
    private static final long FAST_STRINGS = 1;

    private static final int GPR_COUNT = 16;
    private static final int SHARED_CONTROL = 6;
    private static final int PAGE_DIRECTORY_POINTERS = 4;
    private static final long CR0_PG = 1L << 31, CR4_PAE = 1 << 5, EFER_LMA = 1 << 10;
    private static final long PAT_DEFAULT = 0x0007_0406_0007_0406L;
    private static final int PAT = 9, MSR_COUNT = 11;

    private RegisterState() {}

    static CpuState read(MemorySegment s, boolean halted) {
        SegmentState[] segments = new SegmentState[Abi.SEGMENTS];
        for (int k = 0; k < segments.length; k++) {
            segments[k] = segment(s, Abi.STATE_SEGMENTS + k * Abi.SEGMENT_SIZE);
        }
        SegmentState gdtr = segment(s, Abi.STATE_GDTR);
        SegmentState idtr = segment(s, Abi.STATE_IDTR);
        long[] msrs = new long[MSR_COUNT];
        System.arraycopy(longs(s, Abi.STATE_MSRS, SHARED_MSRS), 0, msrs, 0, SHARED_MSRS);
        msrs[PAT] = PAT_DEFAULT;
        return new CpuState(
                longs(s, Abi.STATE_GPRS, GPR_COUNT),
                s.get(U64, Abi.STATE_GPRS + 8 * Abi.GPR_RIP),
                s.get(U64, Abi.STATE_GPRS + 8 * Abi.GPR_RFLAGS),
                segments,
                gdtr.base(),
                gdtr.limit() & 0xffff,
                idtr.base(),
                idtr.limit() & 0xffff,
                longs(s, Abi.STATE_CONTROL, SHARED_CONTROL),
                longs(s, Abi.STATE_DEBUG, Abi.DEBUGS),
                msrs,
                fxsave(),
                halted);
    }

    static void write(MemorySegment s, CpuState state, GuestMemory memory) {
        s.fill((byte) 0);
        put(s, Abi.STATE_GPRS, state.gpr(), GPR_COUNT);
        s.set(U64, Abi.STATE_GPRS + 8 * Abi.GPR_RIP, state.rip());
        s.set(U64, Abi.STATE_GPRS + 8 * Abi.GPR_RFLAGS, state.rflags());
        put(s, Abi.STATE_CONTROL, state.control(), SHARED_CONTROL);
        pointers(s, state, memory);
        put(s, Abi.STATE_MSRS, state.msrs(), SHARED_MSRS);
        s.set(U64, Abi.STATE_MSRS + 8 * Abi.MSR_MISC_ENABLE, FAST_STRINGS);
        put(s, Abi.STATE_DEBUG, state.debug(), Abi.DEBUGS);
        for (int k = 0; k < Abi.SEGMENTS; k++) {
            SegmentState segment = state.segments()[k];
            int at = Abi.STATE_SEGMENTS + k * Abi.SEGMENT_SIZE;
            s.set(U16, at + Abi.SEGMENT_SELECTOR, (short) segment.selector());
            s.set(U32, at + Abi.SEGMENT_ACCESS, segment.access());
            table(s, at, segment.base(), segment.limit());
        }
        table(s, Abi.STATE_GDTR, state.gdtBase(), state.gdtLimit());
        table(s, Abi.STATE_IDTR, state.idtBase(), state.idtLimit());
    }

    /** In PAE paging the processor holds four pointers of its own, which VT-x wants to be told. */
    private static void pointers(MemorySegment s, CpuState state, GuestMemory memory) {
        long[] control = state.control();
        boolean pae =
                (control[Abi.CR0] & CR0_PG) != 0
                        && (control[Abi.CR4] & CR4_PAE) != 0
                        && (state.msrs()[0] & EFER_LMA) == 0;
        long table = control[Abi.CR3] & 0xffff_ffe0L;
        if (pae && memory.contains(table, 8L * PAGE_DIRECTORY_POINTERS)) {
            for (int k = 0; k < PAGE_DIRECTORY_POINTERS; k++) {
                long at = Abi.STATE_CONTROL + 8L * (Abi.PDPTE0 + k);
                s.set(U64, at, memory.read64(table + 8L * k));
            }
        }
    }

    private static SegmentState segment(MemorySegment s, int at) {
        return new SegmentState(
                s.get(U16, at + Abi.SEGMENT_SELECTOR) & 0xffff,
                s.get(U64, at + Abi.SEGMENT_BASE),
                s.get(U32, at + Abi.SEGMENT_LIMIT),
                s.get(U32, at + Abi.SEGMENT_ACCESS));
    }

    private static void table(MemorySegment s, int at, long base, int limit) {
        s.set(U32, at + Abi.SEGMENT_LIMIT, limit);
        s.set(U64, at + Abi.SEGMENT_BASE, base);
    }

    private static long[] longs(MemorySegment s, int at, int count) {
        long[] values = new long[count];
        for (int k = 0; k < count; k++) {
            values[k] = s.get(U64, at + 8L * k);
        }
        return values;
    }

    private static void put(MemorySegment s, int at, long[] values, int count) {
        for (int k = 0; k < count; k++) {
            s.set(U64, at + 8L * k, values[k]);
        }
    }

    /** A unit after FNINIT with MXCSR at its default, SDM volume 1 10.5.1. */
    private static byte[] fxsave() {
        ByteBuffer image = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        return image.putShort(0, (short) 0x37f).putInt(24, 0x1f80).array();
    }
}
