package vmm.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;
import vmm.kvm.KvmVerdict.Feature;
import vmm.mem.GuestMemory;

/**
 * A guest of the self-test: a few instructions that leave a value in EAX and write it to {@link
 * ProbePlatform#REPORT_PORT}.
 *
 * @param code machine code at {@link #CODE}
 * @param start the processor's state at its first instruction
 * @param interrupts whether the interrupt pin is asserted meanwhile
 */
record ProbeGuest(Feature feature, byte[] code, CpuState start, boolean interrupts, int expected) {
    static final long MEMORY_BYTES = 1 << 20;

    private static final int PML4 = 0x1000, PDPT = 0x2000, PD = 0x3000, PD_32 = 0x4000;
    private static final int GDT = 0x5000, GDT_POINTER = 0x5100, IDT = 0x6000;
    private static final int STACK = 0x7ff0, CODE = 0x8000, HANDLER = 0x9000, DATA = 0xa000;

    /** Not RAM, but in the first 2 MiB, which are mapped. */
    private static final int DEVICE = 0x10_0000;

    private static final int SELECTOR_32 = 0x08, SELECTOR_DATA = 0x10, SELECTOR_64 = 0x18;
    private static final long CODE_32 = 0x00cf_9b00_0000_ffffL;
    private static final long DATA_32 = 0x00cf_9300_0000_ffffL;
    private static final long CODE_64 = 0x00af_9b00_0000_ffffL;
    private static final int GDT_BYTES = 32;
    private static final long PRESENT_WRITABLE = 3, LARGE = 1 << 7;

    private static final int BREAKPOINT = 3;
    private static final int HANDLER_MARK = 0x600d;

    private static final long CR0_REAL = 0x10, CR0_LONG = 0x8000_0033L;
    private static final long CR4_LONG = 0x620; // PAE, OSFXSR, OSXMMEXCPT
    private static final long EFER_LONG = 0x500; // LME, LMA
    private static final long PAT_RESET = 0x0007_0406_0007_0406L;
    private static final int MXCSR_RESET = 0x1f80;
    private static final int MXCSR_AT = 24;
    private static final int FXSAVE_BYTES = 512;

    // 16-bit code that enters protected mode, and 32-bit code that enters 64-bit mode.
    private static final String TO_PROTECTED =
            "0f 01 16 00 51" // lgdt [GDT_POINTER]
                    + "0f 20 c0 0c 01 0f 22 c0" // cr0.PE = 1
                    + "ea 12 80 08 00"; // jmp SELECTOR_32:CODE + 18
    private static final String TO_PAGING =
            "66 b8 10 00 8e d8" // ds = SELECTOR_DATA
                    + "0f 20 e0 83 c8 10 0f 22 e0" // cr4.PSE = 1
                    + "b8 00 40 00 00 0f 22 d8" // cr3 = PD_32
                    + "0f 20 c0 0d 00 00 00 80 0f 22 c0" // cr0.PG = 1
                    + "eb 00";
    private static final String TO_LONG =
            "0f 20 e0 0d 20 06 00 00 0f 22 e0" // cr4.PAE = 1 and SSE on
                    + "b8 00 10 00 00 0f 22 d8" // cr3 = PML4
                    + "b9 80 00 00 c0 0f 32 0d 00 01 00 00 0f 30" // efer.LME = 1
                    + "0f 20 c0 0d 00 00 00 80 0f 22 c0" // cr0.PG = 1
                    + "ea 45 80 00 00 18 00"; // jmp SELECTOR_64:CODE + 69
    private static final String REPORT = "e7 e0 f4"; // out REPORT_PORT, eax; hlt
    private static final String REPORT_16 = "66 e7 e0 f4";

    /** The guests in the order of {@link Feature}. */
    static List<ProbeGuest> all() {
        int value = 0x1234_5678;
        String load = "b8 78 56 34 12"; // mov eax, value
        List<ProbeGuest> guests = new ArrayList<>();
        guests.add(real(Feature.REAL_MODE, "66" + load + REPORT_16, value));
        guests.add(real(Feature.PROTECTED_MODE, TO_PROTECTED + load + REPORT, value));
        guests.add(real(Feature.PAGING, TO_PROTECTED + TO_PAGING + load + REPORT, value));
        guests.add(
                real(
                        Feature.LONG_MODE,
                        TO_PROTECTED + TO_LONG + "48" + load + "00 00 00 00 48 83 c0 01" + REPORT,
                        value + 1)); // REX proves the mode
        guests.add(flat(Feature.PORT, "e5 e4" + REPORT, 0, ProbePlatform.INPUT));
        guests.add(
                flat(
                        Feature.MMIO,
                        "8b 03 ff c0 89 03 31 c0 8b 03" + REPORT, // [rbx]++; eax = [rbx]
                        DEVICE,
                        ProbePlatform.INPUT + 1));
        // sti; hlt; the handler sets eax and returns
        guests.add(
                new ProbeGuest(
                        Feature.INTERRUPT,
                        bytes("fb f4" + REPORT),
                        flat(DATA),
                        true,
                        HANDLER_MARK));
        guests.add(flat(Feature.BREAKPOINT, "cc" + REPORT, 0, HANDLER_MARK));
        guests.add(
                flat(
                        Feature.CPUID,
                        "b8 00 00 00 40 0f a2 89 d8" + REPORT, // cpuid 0x40000000; eax = ebx
                        0,
                        0x6e65_704f)); // "Open"
        guests.add(
                flat(
                        Feature.HIDING,
                        "b8 01 00 00 00 0f a2 89 d0 25 80 52 00 00" // MCE, APIC, MTRR, MCA
                                + REPORT,
                        0,
                        0));
        guests.add(
                flat(
                        Feature.RDMSR,
                        "b9 77 02 00 00 0f 32" + REPORT, // PAT
                        0,
                        (int) PAT_RESET));
        guests.add(
                flat(
                        Feature.SSE,
                        "f3 0f 6f 03 f3 0f 7f 43 10" // movdqu xmm0, [rbx]; movdqu [rbx+16], xmm0
                                + "0f 28 4b 10 0f 29 4b 20" // movaps xmm1, ...; movaps [rbx+32]
                                + "8b 43 2c" // eax = [rbx+44]
                                + REPORT,
                        DATA,
                        value));
        guests.add(
                flat(
                        Feature.FXSAVE,
                        "0f ae 03 0f ae 0b 8b 43 18" + REPORT, // fxsave, fxrstor [rbx]
                        DATA,
                        MXCSR_RESET));
        guests.add(
                flat(
                        Feature.XSAVE,
                        "b8 01 00 00 00 0f a2 bb 00 a0 00 00" // cpuid 1; ebx = DATA
                                + "b8 80 1f 00 00 0f ba e1 1a 73 1f" // no XSAVE: as if it worked
                                + "0f 20 e2 0f ba ea 12 0f 22 e2" // cr4.OSXSAVE = 1
                                + "31 c9 31 d2 b8 03 00 00 00 0f 01 d1" // xcr0 = x87, SSE
                                + "0f ae 23 0f ae 2b 8b 43 18" // xsave, xrstor [rbx]; eax = MXCSR
                                + REPORT,
                        DATA,
                        MXCSR_RESET));
        guests.add(
                flat(
                        Feature.CMPXCHG16B,
                        "48 89 df 31 c0 31 d2 48 83 c7 40" // rdi = rbx + 64; rdx:rax = 0
                                + "bb 78 56 34 12 31 c9" // rcx:rbx = value
                                + "f0 48 0f c7 0f 8b 07" // lock cmpxchg16b [rdi]; eax = [rdi]
                                + REPORT,
                        DATA,
                        value));
        return guests;
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static ProbeGuest real(Feature feature, String code, int expected) {
        SegmentState data = new SegmentState(0, 0, 0xffff, 0x93);
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, data);
        segments[1] = new SegmentState(0, 0, 0xffff, 0x9b);
        CpuState start = state(segments, new long[] {CR0_REAL, 0, 0, 0, 0, 1}, 0, 0);
        return new ProbeGuest(feature, bytes(code), start, false, expected);
    }

    private static ProbeGuest flat(Feature feature, String code, int rbx, int expected) {
        return new ProbeGuest(feature, bytes(code), flat(rbx), false, expected);
    }

    /** 64-bit mode with everything mapped one to one. */
    private static CpuState flat(int rbx) {
        SegmentState[] segments = new SegmentState[8];
        Arrays.fill(segments, new SegmentState(SELECTOR_DATA, 0, -1, 0xc093));
        segments[1] = new SegmentState(SELECTOR_64, 0, -1, 0xa09b);
        long[] control = {CR0_LONG, 0, PML4, CR4_LONG, 0, 1};
        return state(segments, control, EFER_LONG, rbx);
    }

    private static CpuState state(SegmentState[] segments, long[] control, long efer, int rbx) {
        segments[6] = new SegmentState(0, 0, 0xffff, 0x82);
        segments[7] = new SegmentState(0, 0, 0xffff, 0x8b);
        long[] gpr = new long[16];
        gpr[3] = rbx;
        gpr[4] = STACK;
        byte[] fxsave = new byte[FXSAVE_BYTES];
        fxsave[0] = 0x7f; // FCW 0x37f
        fxsave[1] = 3;
        fxsave[MXCSR_AT] = (byte) MXCSR_RESET;
        fxsave[MXCSR_AT + 1] = (byte) (MXCSR_RESET >> 8);
        long[] msrs = new long[11];
        msrs[0] = efer;
        msrs[9] = PAT_RESET;
        return new CpuState(
                gpr,
                CODE,
                2,
                segments,
                GDT,
                GDT_BYTES - 1,
                IDT,
                0xfff,
                control,
                new long[] {0, 0, 0, 0, 0xffff_0ff0L, 0x400},
                msrs,
                fxsave,
                false);
    }

    /** Puts tables, data and code into a guest's memory. */
    void load(GuestMemory memory) {
        memory.write64(PML4, PDPT | PRESENT_WRITABLE);
        memory.write64(PDPT, PD | PRESENT_WRITABLE);
        memory.write64(PD, LARGE | PRESENT_WRITABLE);
        memory.write32(PD_32, (int) (LARGE | PRESENT_WRITABLE));
        memory.write64(GDT + SELECTOR_32, CODE_32);
        memory.write64(GDT + SELECTOR_DATA, DATA_32);
        memory.write64(GDT + SELECTOR_64, CODE_64);
        memory.write16(GDT_POINTER, GDT_BYTES - 1);
        memory.write32(GDT_POINTER + 2, GDT);
        gate(memory, BREAKPOINT);
        gate(memory, ProbePlatform.VECTOR);
        byte[] handler = bytes("b8 0d 60 00 00 48 cf"); // mov eax, HANDLER_MARK; iretq
        memory.copyIn(HANDLER, handler, 0, handler.length);
        memory.fill(DATA, GuestMemory.PAGE_SIZE, (byte) 0);
        memory.write32(DATA + 12, 0x1234_5678);
        memory.copyIn(CODE, code, 0, code.length);
    }

    private static void gate(GuestMemory memory, int vector) {
        long interruptGate = 0x8e00L << 32 | (long) SELECTOR_64 << 16 | HANDLER;
        memory.write64(IDT + 16L * vector, interruptGate);
        memory.write64(IDT + 16L * vector + 8, 0);
    }
}
