package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import vmd.posix.Devices;
import vmd.posix.Fd;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;

/** Between the registers of a processor in the kernel and the form that all engines share. */
final class KvmState {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    /** Where {@link CpuState#gpr} lies in struct kvm_regs. */
    private static final int[] GPR = {
        Abi.REGS_RAX,
        Abi.REGS_RCX,
        Abi.REGS_RDX,
        Abi.REGS_RBX,
        Abi.REGS_RSP,
        Abi.REGS_RBP,
        Abi.REGS_RSI,
        Abi.REGS_RDI,
        Abi.REGS_R8,
        Abi.REGS_R8 + 8,
        Abi.REGS_R8 + 16,
        Abi.REGS_R8 + 24,
        Abi.REGS_R8 + 32,
        Abi.REGS_R8 + 40,
        Abi.REGS_R8 + 48,
        Abi.REGS_R8 + 56
    };

    /** Where {@link CpuState#segments} lies in struct kvm_sregs. */
    private static final int[] SEGMENTS = {
        Abi.SREGS_ES,
        Abi.SREGS_CS,
        Abi.SREGS_SS,
        Abi.SREGS_DS,
        Abi.SREGS_FS,
        Abi.SREGS_GS,
        Abi.SREGS_LDT,
        Abi.SREGS_TR
    };

    /**
     * The registers of {@link CpuState#msrs}: EFER, which travels in struct kvm_sregs, then STAR
     * LSTAR CSTAR SFMASK KERNEL_GS_BASE SYSENTER_CS SYSENTER_ESP SYSENTER_EIP PAT TSC.
     */
    private static final int[] MSRS = {
        0xc000_0080,
        0xc000_0081,
        0xc000_0082,
        0xc000_0083,
        0xc000_0084,
        0xc000_0102,
        0x174,
        0x175,
        0x176,
        0x277,
        0x10
    };

    // The standard form of XSAVE with AVX state, SDM volume 1 section 13.4.
    private static final int XSTATE_BV = 512, YMM_HIGH = 576, XSAVE_BYTES = 832;
    private static final long X87_SSE = 3, AVX = 4;

    /** The address after a reset, SDM volume 3 section 12.4.4; boot processor, not enabled. */
    private static final long APIC_BASE_RESET = 0xfee0_0100L;

    private static final int UNUSABLE = 1 << 16;

    private KvmState() {}

    /** Reads all registers; {@code halted} and the rest of the arguments are not in the kernel. */
    static CpuState read(Fd vcpu, boolean halted) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment regs = arena.allocate(Abi.REGS_SIZE, Long.BYTES);
            Kvm.call("KVM_GET_REGS", vcpu, Abi.GET_REGS, regs);
            MemorySegment sregs = arena.allocate(Abi.SREGS_SIZE, Long.BYTES);
            Kvm.call("KVM_GET_SREGS", vcpu, Abi.GET_SREGS, sregs);
            MemorySegment events = arena.allocate(Abi.EVENTS_SIZE, Long.BYTES);
            Kvm.call("KVM_GET_VCPU_EVENTS", vcpu, Abi.GET_VCPU_EVENTS, events);
            long[] gpr = new long[GPR.length];
            for (int k = 0; k < gpr.length; k++) {
                gpr[k] = regs.get(U64, GPR[k]);
            }
            SegmentState[] segments = new SegmentState[SEGMENTS.length];
            for (int k = 0; k < segments.length; k++) {
                segments[k] = segment(sregs.asSlice(SEGMENTS[k]));
            }
            long[] control = {
                sregs.get(U64, Abi.SREGS_CR0),
                sregs.get(U64, Abi.SREGS_CR2),
                sregs.get(U64, Abi.SREGS_CR3),
                sregs.get(U64, Abi.SREGS_CR4),
                sregs.get(U64, Abi.SREGS_CR8),
                extendedControl(arena, vcpu)
            };
            return new CpuState(
                    gpr,
                    regs.get(U64, Abi.REGS_RIP),
                    regs.get(U64, Abi.REGS_RFLAGS),
                    segments,
                    sregs.get(U64, Abi.SREGS_GDT + Abi.DTABLE_BASE),
                    sregs.get(U16, Abi.SREGS_GDT + Abi.DTABLE_LIMIT) & 0xffff,
                    sregs.get(U64, Abi.SREGS_IDT + Abi.DTABLE_BASE),
                    sregs.get(U16, Abi.SREGS_IDT + Abi.DTABLE_LIMIT) & 0xffff,
                    control,
                    debug(arena, vcpu),
                    msrs(arena, vcpu, sregs.get(U64, Abi.SREGS_EFER)),
                    fxsave(arena, vcpu),
                    halted,
                    events.get(U8, Abi.EVENTS_INTERRUPT_SHADOW) != 0,
                    events.get(U8, Abi.EVENTS_INTERRUPT_INJECTED) != 0
                                    && events.get(U8, Abi.EVENTS_INTERRUPT_SOFT) == 0
                            ? events.get(U8, Abi.EVENTS_INTERRUPT_VECTOR) & 0xff
                            : -1);
        }
    }

    private static SegmentState segment(MemorySegment s) {
        int access =
                s.get(U8, Abi.SEGMENT_TYPE) & 15
                        | s.get(U8, Abi.SEGMENT_S) << 4
                        | s.get(U8, Abi.SEGMENT_DPL) << 5
                        | s.get(U8, Abi.SEGMENT_PRESENT) << 7
                        | s.get(U8, Abi.SEGMENT_AVL) << 12
                        | s.get(U8, Abi.SEGMENT_L) << 13
                        | s.get(U8, Abi.SEGMENT_DB) << 14
                        | s.get(U8, Abi.SEGMENT_G) << 15;
        return new SegmentState(
                s.get(U16, Abi.SEGMENT_SELECTOR) & 0xffff,
                s.get(U64, Abi.SEGMENT_BASE),
                s.get(U32, Abi.SEGMENT_LIMIT),
                s.get(U8, Abi.SEGMENT_UNUSABLE) != 0 ? access | UNUSABLE : access);
    }

    private static long extendedControl(Arena arena, Fd vcpu) {
        MemorySegment xcrs = arena.allocate(Abi.XCRS_SIZE, Long.BYTES);
        if (Devices.ioctl(vcpu, Abi.GET_XCRS, xcrs) < 0
                || xcrs.get(U32, Abi.XCRS_COUNT) == 0
                || xcrs.get(U32, Abi.XCRS_NUMBER) != 0) {
            return 1; // a processor without XSAVE
        }
        return xcrs.get(U64, Abi.XCRS_VALUE);
    }

    private static long[] debug(Arena arena, Fd vcpu) {
        MemorySegment debug = arena.allocate(Abi.DEBUGREGS_SIZE, Long.BYTES);
        Kvm.call("KVM_GET_DEBUGREGS", vcpu, Abi.GET_DEBUGREGS, debug);
        return new long[] {
            debug.get(U64, Abi.DEBUGREGS_DB),
            debug.get(U64, Abi.DEBUGREGS_DB + 8),
            debug.get(U64, Abi.DEBUGREGS_DB + 16),
            debug.get(U64, Abi.DEBUGREGS_DB + 24),
            debug.get(U64, Abi.DEBUGREGS_DR6),
            debug.get(U64, Abi.DEBUGREGS_DR7)
        };
    }

    private static MemorySegment msrList(Arena arena) {
        long bytes = Abi.MSRS_ENTRIES + (long) MSRS.length * Abi.MSR_ENTRY_SIZE;
        MemorySegment list = arena.allocate(bytes, Long.BYTES);
        list.set(U32, Abi.MSRS_COUNT, MSRS.length - 1);
        for (int k = 1; k < MSRS.length; k++) {
            list.set(U32, msrAt(k) + Abi.MSR_INDEX, MSRS[k]);
        }
        return list;
    }

    private static long msrAt(int index) {
        return Abi.MSRS_ENTRIES + (index - 1L) * Abi.MSR_ENTRY_SIZE;
    }

    private static long[] msrs(Arena arena, Fd vcpu, long efer) {
        MemorySegment list = msrList(arena);
        int got = Kvm.call("KVM_GET_MSRS", vcpu, Abi.GET_MSRS, list);
        if (got != MSRS.length - 1) {
            throw new KvmException("KVM cannot read MSR 0x" + Integer.toHexString(MSRS[got + 1]));
        }
        long[] msrs = new long[MSRS.length];
        msrs[0] = efer;
        for (int k = 1; k < msrs.length; k++) {
            msrs[k] = list.get(U64, msrAt(k) + Abi.MSR_DATA);
        }
        return msrs;
    }

    private static byte[] fxsave(Arena arena, Fd vcpu) {
        MemorySegment xsave = arena.allocate(Abi.XSAVE_SIZE, Long.BYTES);
        Kvm.call("KVM_GET_XSAVE", vcpu, Abi.GET_XSAVE, xsave);
        // The kernel fills in what is in its initial state, but marks it as absent.
        xsave.set(U64, XSTATE_BV, X87_SSE | AVX);
        return xsave.asSlice(0, XSAVE_BYTES).toArray(U8);
    }

    private static void writeFxsave(Arena arena, Fd vcpu, byte[] fxsave) {
        MemorySegment xsave = arena.allocate(Abi.XSAVE_SIZE, Long.BYTES);
        MemorySegment.copy(fxsave, 0, xsave, U8, 0, XSTATE_BV);
        boolean avx = false;
        for (int k = YMM_HIGH; k < fxsave.length; k++) {
            xsave.set(U8, k, fxsave[k]);
            avx |= fxsave[k] != 0;
        }
        // A processor without AVX refuses its bit; zeros are the initial state anyway.
        xsave.set(U64, XSTATE_BV, avx ? X87_SSE | AVX : X87_SSE);
        Kvm.call("KVM_SET_XSAVE", vcpu, Abi.SET_XSAVE, xsave);
    }

    /**
     * Replaces all registers. Fails with {@link KvmException} or {@link vmd.posix.PosixException}
     * if KVM refuses some; the processor is of no use then.
     */
    static void write(Fd vcpu, CpuState state) {
        try (Arena arena = Arena.ofConfined()) {
            writeSregs(arena, vcpu, state);
            writeExtendedControl(arena, vcpu, state.control()[5]);
            writeFxsave(arena, vcpu, state.fxsave());
            writeMsrs(arena, vcpu, state.msrs());
            writeDebug(arena, vcpu, state.debug());
            writeEvents(arena, vcpu, state);
            MemorySegment regs = arena.allocate(Abi.REGS_SIZE, Long.BYTES);
            for (int k = 0; k < GPR.length; k++) {
                regs.set(U64, GPR[k], state.gpr()[k]);
            }
            regs.set(U64, Abi.REGS_RIP, state.rip());
            regs.set(U64, Abi.REGS_RFLAGS, state.rflags() | 2);
            Kvm.call("KVM_SET_REGS", vcpu, Abi.SET_REGS, regs);
        }
    }

    private static void writeSregs(Arena arena, Fd vcpu, CpuState state) {
        MemorySegment sregs = arena.allocate(Abi.SREGS_SIZE, Long.BYTES);
        // CPUID's bit for the local APIC follows this register's: there is none.
        sregs.set(U64, Abi.SREGS_APIC_BASE, APIC_BASE_RESET);
        for (int k = 0; k < SEGMENTS.length; k++) {
            writeSegment(sregs.asSlice(SEGMENTS[k]), state.segments()[k]);
        }
        sregs.set(U64, Abi.SREGS_GDT + Abi.DTABLE_BASE, state.gdtBase());
        sregs.set(U16, Abi.SREGS_GDT + Abi.DTABLE_LIMIT, (short) state.gdtLimit());
        sregs.set(U64, Abi.SREGS_IDT + Abi.DTABLE_BASE, state.idtBase());
        sregs.set(U16, Abi.SREGS_IDT + Abi.DTABLE_LIMIT, (short) state.idtLimit());
        long[] control = state.control();
        if (control.length > 6 && control[6] != 0) {
            throw new KvmException("guests on KVM have no protection keys");
        }
        sregs.set(U64, Abi.SREGS_CR0, control[0]);
        sregs.set(U64, Abi.SREGS_CR2, control[1]);
        sregs.set(U64, Abi.SREGS_CR3, control[2]);
        sregs.set(U64, Abi.SREGS_CR4, control[3]);
        sregs.set(U64, Abi.SREGS_CR8, control[4]);
        sregs.set(U64, Abi.SREGS_EFER, state.msrs()[0]);
        Kvm.call("KVM_SET_SREGS", vcpu, Abi.SET_SREGS, sregs);
    }

    private static void writeSegment(MemorySegment s, SegmentState segment) {
        int access = segment.access();
        int limit = segment.limit();
        // A limit that is not a number of pages, or none above 1 MiB, decides the granularity: the
        // checks of SDM volume 3 section 27.3.1.2.
        boolean pages = (limit & 0xfff) == 0xfff && (access >>> 15 & 1) != 0 || limit >>> 20 != 0;
        s.set(U64, Abi.SEGMENT_BASE, segment.base());
        s.set(U32, Abi.SEGMENT_LIMIT, limit);
        s.set(U16, Abi.SEGMENT_SELECTOR, (short) segment.selector());
        s.set(U8, Abi.SEGMENT_TYPE, (byte) (access & 15));
        s.set(U8, Abi.SEGMENT_S, bit(access, 4));
        s.set(U8, Abi.SEGMENT_DPL, (byte) (access >>> 5 & 3));
        s.set(U8, Abi.SEGMENT_PRESENT, bit(access, 7));
        s.set(U8, Abi.SEGMENT_AVL, bit(access, 12));
        s.set(U8, Abi.SEGMENT_L, bit(access, 13));
        s.set(U8, Abi.SEGMENT_DB, bit(access, 14));
        s.set(U8, Abi.SEGMENT_G, (byte) (pages ? 1 : 0));
        s.set(U8, Abi.SEGMENT_UNUSABLE, bit(access, 16));
    }

    private static byte bit(int value, int number) {
        return (byte) (value >>> number & 1);
    }

    private static void writeExtendedControl(Arena arena, Fd vcpu, long xcr0) {
        MemorySegment xcrs = arena.allocate(Abi.XCRS_SIZE, Long.BYTES);
        xcrs.set(U32, Abi.XCRS_COUNT, 1);
        xcrs.set(U64, Abi.XCRS_VALUE, xcr0);
        int result = Devices.ioctl(vcpu, Abi.SET_XCRS, xcrs);
        if (xcr0 != 1) { // else the processor may be one without XSAVE
            Kvm.check("KVM_SET_XCRS", result);
        }
    }

    private static void writeMsrs(Arena arena, Fd vcpu, long[] msrs) {
        MemorySegment list = msrList(arena);
        for (int k = 1; k < MSRS.length; k++) {
            list.set(U64, msrAt(k) + Abi.MSR_DATA, msrs[k]);
        }
        int set = Kvm.call("KVM_SET_MSRS", vcpu, Abi.SET_MSRS, list);
        if (set != MSRS.length - 1) {
            throw new KvmException("KVM refuses MSR 0x" + Integer.toHexString(MSRS[set + 1]));
        }
    }

    private static void writeDebug(Arena arena, Fd vcpu, long[] debug) {
        MemorySegment registers = arena.allocate(Abi.DEBUGREGS_SIZE, Long.BYTES);
        MemorySegment.copy(debug, 0, registers, U64, Abi.DEBUGREGS_DB, 4);
        registers.set(U64, Abi.DEBUGREGS_DR6, debug[4]);
        registers.set(U64, Abi.DEBUGREGS_DR7, debug[5]);
        Kvm.call("KVM_SET_DEBUGREGS", vcpu, Abi.SET_DEBUGREGS, registers);
    }

    /** Also forgets exceptions and interrupts that were on their way. */
    private static void writeEvents(Arena arena, Fd vcpu, CpuState state) {
        MemorySegment events = arena.allocate(Abi.EVENTS_SIZE, Long.BYTES);
        if (state.pendingVector() >= 0) {
            events.set(U8, Abi.EVENTS_INTERRUPT_INJECTED, (byte) 1);
            events.set(U8, Abi.EVENTS_INTERRUPT_VECTOR, (byte) state.pendingVector());
        }
        // Either bit would do: KVM keeps MOV SS and STI apart, the result is the same.
        events.set(U8, Abi.EVENTS_INTERRUPT_SHADOW, (byte) (state.interruptShadow() ? 2 : 0));
        events.set(U32, Abi.EVENTS_FLAGS, Abi.EVENTS_VALID_SHADOW);
        Kvm.call("KVM_SET_VCPU_EVENTS", vcpu, Abi.SET_VCPU_EVENTS, events);
    }
}
