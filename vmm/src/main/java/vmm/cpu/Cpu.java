package vmm.cpu;

import vmm.cpu.fpu.SoftFloat;
import vmm.cpu.isa.CpuLevel;
import vmm.cpu.mmu.Mmu;
import vmm.engine.Platform;

/**
 * The state of one emulated processor. Plain fields: the semantic methods in {@code vmm.cpu.exec}
 * work on them directly.
 *
 * <p>While an instruction executes, {@link #rip} is the address of the <em>next</em> instruction. A
 * semantic method changes architectural state only when nothing in it can fault any more, and
 * changes {@link #rip} last; when it throws {@link GuestFault} the run loop puts {@link #rip} back
 * to the faulting instruction.
 */
public final class Cpu {
    public static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;

    /** Index in {@link #gpr} that always reads as zero: no base or no index register. */
    public static final int NO_REGISTER = 16;

    public static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5, LDTR = 6, TR = 7;

    /** Vectors of the exceptions, SDM volume 3 table 6-1. */
    public static final int DE = 0,
            DB = 1,
            NMI = 2,
            BP = 3,
            OF = 4,
            BR = 5,
            UD = 6,
            NM = 7,
            DF = 8,
            TS = 10,
            NP = 11,
            SS_FAULT = 12;

    public static final int GP = 13, PF = 14, MF = 16, AC = 17, MC = 18, XM = 19;

    /** Bits of RFLAGS, SDM volume 1 section 3.4.3. */
    public static final int FLAG_CF = 1,
            FLAG_PF = 1 << 2,
            FLAG_AF = 1 << 4,
            FLAG_ZF = 1 << 6,
            FLAG_SF = 1 << 7,
            FLAG_TF = 1 << 8;

    public static final int FLAG_IF = 1 << 9,
            FLAG_DF = 1 << 10,
            FLAG_OF = 1 << 11,
            FLAG_IOPL = 3 << 12,
            FLAG_NT = 1 << 14;
    public static final int FLAG_RF = 1 << 16,
            FLAG_VM = 1 << 17,
            FLAG_AC = 1 << 18,
            FLAG_VIF = 1 << 19,
            FLAG_VIP = 1 << 20,
            FLAG_ID = 1 << 21;
    public static final int ARITHMETIC_FLAGS =
            FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;

    public static final long CR0_PE = 1,
            CR0_MP = 2,
            CR0_EM = 4,
            CR0_TS = 8,
            CR0_ET = 16,
            CR0_NE = 32,
            CR0_WP = 1 << 16,
            CR0_AM = 1 << 18;
    public static final long CR0_NW = 1 << 29, CR0_CD = 1 << 30, CR0_PG = 1L << 31;
    public static final long CR4_VME = 1,
            CR4_PVI = 2,
            CR4_TSD = 4,
            CR4_DE = 8,
            CR4_PSE = 16,
            CR4_PAE = 32,
            CR4_MCE = 64,
            CR4_PGE = 128;
    public static final long CR4_PCE = 256,
            CR4_OSFXSR = 512,
            CR4_OSXMMEXCPT = 1024,
            CR4_UMIP = 2048,
            CR4_LA57 = 4096,
            CR4_FSGSBASE = 1 << 16;
    public static final long CR4_PCIDE = 1 << 17,
            CR4_OSXSAVE = 1 << 18,
            CR4_SMEP = 1 << 20,
            CR4_SMAP = 1 << 21,
            CR4_PKE = 1 << 22;
    public static final long EFER_SCE = 1,
            EFER_LME = 1 << 8,
            EFER_LMA = 1 << 10,
            EFER_NXE = 1 << 11;

    /** Family, model and stepping, as CPUID leaf 1 and the reset value of EDX have them. */
    public static final int SIGNATURE = 0x0001_06ca;

    private static final long AUX_EAGER = -1;

    /**
     * RAX..R15, then a register that is always zero. 32-bit results are stored zero-extended, as
     * the architecture says.
     */
    public final long[] gpr = new long[17];

    /** Address of the next instruction (an offset in CS); see the class comment. */
    public long rip;

    /** Instructions executed since creation, those that faulted included. */
    public long instructions;

    /**
     * RFLAGS without the six arithmetic flags, unless {@link #flagAux} says that those are here
     * too. Bit 1 is always set.
     */
    public long rflags = 2;

    // Lazy arithmetic flags, valid while flagAux >= 0.

    /** Result, sign-extended from the operand size: ZF, SF and PF come from it. */
    public long flagResult;

    /**
     * Bit 63 is the carry out of the operand's top bit (CF), bit 62 the carry into it (OF is their
     * difference).
     */
    public long flagCarry;

    /** 0x10 or 0: AF. Negative: the six flags are in {@link #rflags}. */
    public long flagAux = AUX_EAGER;

    // Segments, indexed by ES..TR; changed through segment(), segmentBase() and modeChanged() only.
    // In 64-bit mode segmentBase of ES, CS, SS and DS is 0 whatever the descriptor said.
    public final int[] segmentSelector = new int[8];
    public final long[] segmentBase = new long[8];

    /** Bases as in the descriptors, also where 64-bit mode ignores them. */
    public final long[] descriptorBase = new long[8];

    /** Limits in bytes, unsigned, granularity applied. */
    public final int[] segmentLimit = new int[8];

    /** Access rights, layout as in {@link vmm.engine.SegmentState#access}. */
    public final int[] segmentAccess = new int[8];

    /** Bits of {@link #segmentAccess}. */
    public static final int ACCESS_LONG = 1 << 13, ACCESS_BIG = 1 << 14, ACCESS_UNUSABLE = 1 << 16;

    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    public long cr0 = CR0_ET;
    public long cr2;
    public long cr3;
    public long cr4;
    public long cr8;
    public long efer;
    public long xcr0 = 1;

    /** Rights of the protection keys; changed through {@link #pkru(int)}. */
    public int pkru;

    private static final long[] DEBUG_RESET = {0, 0, 0, 0, 0, 0, 0xffff_0ff0L, 0x400};
    public final long[] dr = DEBUG_RESET.clone();

    // Model-specific registers that have a meaning here; the others are in vmm.cpu.exec.Msrs.
    public long star;
    public long lstar;
    public long cstar;
    public long sfmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat = 0x0007_0406_0007_0406L;
    public long tscAux;

    /** Address and enable bit of the paravirtual clock, as its guest wrote them. */
    public long pvClock;

    /** What is added to the machine's clock to get the time-stamp counter. */
    public long tscOffset;

    /** Current privilege level: 0..3; changed through {@link #privilege}. */
    public int cpl;

    /**
     * Default code size of the running mode: 2, 4 or 8 (64-bit mode). Recomputed by the system
     * instructions whenever CS, CR0 or EFER change.
     */
    public int codeSize = 2;

    /** Whether the code segment ends before 4 GiB, and this counts. */
    boolean codeLimited;

    /**
     * What decoded code depends on: code size, privilege, protected and virtual-8086 mode, and
     * {@link #codeLimited}.
     */
    int mode;

    /** 64 less the width of linear addresses. */
    private int canonicalShift = 64 - 48;

    private static final int WIDEST_SHIFT = 64 - 57;

    /** Width of the stack pointer as a mask: 0xffff, 0xffffffff or all ones. */
    public long stackMask = 0xffff;

    /** Interrupts are held off until the instruction after this one (STI, MOV SS, POP SS). */
    public boolean interruptShadow;

    /** Debug exceptions are held off as well (MOV SS, POP SS), SDM volume 3 section 6.8.3. */
    public boolean debugShadow;

    public boolean halted;

    /** A non-maskable interrupt is being handled: others wait for IRET. */
    public boolean nmiBlocked;

    /** Task switches under way whose new task has faulted at once. */
    public int nestedTasks;

    /** A triple fault has stopped the processor; only a reset helps. */
    public boolean shutdown;

    /**
     * XMM and YMM registers, 4 longs each, least significant first: register r is at 4*r .. 4*r+3.
     * Behind them is room for one operand from memory and for a result in the making.
     */
    public final long[] vector = new long[18 * 4];

    public int mxcsr = 0x1f80;

    public final Breakpoints breakpoints = new Breakpoints(this);
    public final X87 x87 = new X87();
    public final SoftFloat soft = new SoftFloat();

    /** What it announces, knows and takes. */
    public final CpuLevel level;

    public final Platform platform;
    public final Mmu mmu;

    private final GuestFault fault = new GuestFault();

    public Cpu(Platform platform, vmm.mem.GuestMemory memory) {
        this(platform, memory, CpuLevel.V3);
    }

    /** A processor that has what {@code level} has. */
    public Cpu(Platform platform, vmm.mem.GuestMemory memory, CpuLevel level) {
        this.platform = platform;
        this.level = level;
        this.mmu = new Mmu(this, memory);
        reset();
    }

    /**
     * The fault to throw: {@code throw cpu.fault(Cpu.GP, 0)}. {@code errorCode} is -1 for vectors
     * that push none.
     */
    public GuestFault fault(int vector, int errorCode) {
        return fault.with(vector, errorCode);
    }

    /** {@code #UD}. */
    public GuestFault undefined() {
        return fault.with(UD, -1);
    }

    /** {@code #GP(0)}. */
    public GuestFault protection() {
        return fault.with(GP, 0);
    }

    // Flags

    /**
     * Flags of a logical operation (CF = OF = AF = 0). {@code result} is sign-extended from the
     * operand size.
     */
    public void flagsLogic(long result) {
        flagResult = result;
        flagCarry = 0;
        flagAux = 0;
    }

    /**
     * Flags of {@code r = a + b (+ carry)}. All three may carry rubbish above the operand size;
     * {@code shift} is 64 minus the operand size in bits.
     */
    public void flagsAdd(long a, long b, long r, int shift) {
        flagResult = r << shift >> shift;
        flagCarry = ((a & b) | ((a | b) & ~r)) << shift;
        flagAux = (a ^ b ^ r) & 0x10;
    }

    /** Flags of {@code r = a - b (- borrow)}; conventions as in {@link #flagsAdd}. */
    public void flagsSub(long a, long b, long r, int shift) {
        flagResult = r << shift >> shift;
        flagCarry = ((~a & b) | ((~a | b) & r)) << shift;
        flagAux = (a ^ b ^ r) & 0x10;
    }

    public boolean cf() {
        return flagAux >= 0 ? flagCarry < 0 : (rflags & FLAG_CF) != 0;
    }

    public boolean zf() {
        return flagAux >= 0 ? flagResult == 0 : (rflags & FLAG_ZF) != 0;
    }

    public boolean sf() {
        return flagAux >= 0 ? flagResult < 0 : (rflags & FLAG_SF) != 0;
    }

    public boolean of() {
        return flagAux >= 0 ? (flagCarry ^ (flagCarry << 1)) < 0 : (rflags & FLAG_OF) != 0;
    }

    public boolean pf() {
        return flagAux >= 0
                ? (Integer.bitCount((int) flagResult & 0xff) & 1) == 0
                : (rflags & FLAG_PF) != 0;
    }

    public boolean af() {
        return flagAux >= 0 ? flagAux != 0 : (rflags & FLAG_AF) != 0;
    }

    /** The whole RFLAGS, arithmetic flags included. */
    public long flags() {
        if (flagAux >= 0) {
            flags(rflags & ~ARITHMETIC_FLAGS | arithmeticFlags());
        }
        return rflags;
    }

    private long arithmeticFlags() {
        return (cf() ? FLAG_CF : 0)
                | (pf() ? FLAG_PF : 0)
                | (af() ? FLAG_AF : 0)
                | (zf() ? FLAG_ZF : 0)
                | (sf() ? FLAG_SF : 0)
                | (of() ? FLAG_OF : 0);
    }

    /** Replaces the whole RFLAGS; bit 1 is set whatever {@code value} says. */
    public void flags(long value) {
        boolean modeChanged = ((rflags ^ value) & (FLAG_AC | FLAG_VM)) != 0;
        rflags = value | 2;
        flagAux = AUX_EAGER;
        if (modeChanged) {
            decodingChanged();
            mmu.privilegeChanged();
        }
    }

    /**
     * Replaces the six arithmetic flags by those in {@code value}; other bits of {@code value} are
     * ignored.
     */
    public void arithmeticFlags(long value) {
        flags(rflags & ~ARITHMETIC_FLAGS | value & ARITHMETIC_FLAGS);
    }

    // Segments and mode

    /** Loads a segment register with its hidden part, as {@link vmm.engine.SegmentState} has it. */
    public void segment(int segment, int selector, long base, int limit, int access) {
        segmentSelector[segment] = selector & 0xffff;
        descriptorBase[segment] = base;
        segmentLimit[segment] = limit;
        segmentAccess[segment] = access;
        if (segment == CS) {
            if (codeSizeFor(access) != codeSize) {
                modeChanged();
                return;
            }
            limitChanged();
        }
        segmentBase[segment] = codeSize == 8 && segment <= DS ? 0 : base;
        if (segment == SS) {
            stackChanged();
        }
        if (segment <= GS) {
            mmu.segmentChanged(segment);
        }
    }

    /** Changes the base of FS or GS alone. */
    public void segmentBase(int segment, long base) {
        descriptorBase[segment] = base;
        segmentBase[segment] = base;
    }

    /** Recomputes what follows from CR0, CR4, EFER, CS, SS and CPL. */
    public void modeChanged() {
        canonicalShift = (cr4 & CR4_LA57) != 0 ? 64 - 57 : 64 - 48;
        codeSize = codeSizeFor(segmentAccess[CS]);
        for (int segment = ES; segment <= TR; segment++) {
            segmentBase[segment] = codeSize == 8 && segment <= DS ? 0 : descriptorBase[segment];
        }
        stackChanged();
        limitChanged();
        decodingChanged();
        mmu.modeChanged();
    }

    private void decodingChanged() {
        // Virtual-8086 mode has no VEX prefixes, else it is as 16-bit protected mode.
        mode =
                (virtual8086() ? 1 << 7 : 0)
                        | codeSize << 3
                        | (codeLimited ? 1 << 3 : 0) // a code size of 1 there is not
                        | cpl << 1
                        | (int) (cr0 & CR0_PE);
    }

    private void limitChanged() {
        boolean limited = codeSize != 8 && segmentLimit[CS] != -1;
        if (limited != codeLimited) {
            codeLimited = limited;
            decodingChanged();
        }
    }

    /** Changes the current privilege level. */
    public void privilege(int level) {
        cpl = level;
        decodingChanged();
        mmu.privilegeChanged();
    }

    /** Changes the rights of the protection keys. */
    public void pkru(int rights) {
        if (rights != pkru) {
            pkru = rights;
            mmu.keysChanged();
        }
    }

    private int codeSizeFor(int access) {
        if ((efer & EFER_LMA) != 0 && (access & ACCESS_LONG) != 0) {
            return 8;
        }
        return (access & ACCESS_BIG) != 0 ? 4 : 2;
    }

    private void stackChanged() {
        if (codeSize == 8) {
            stackMask = -1;
        } else {
            stackMask = (segmentAccess[SS] & ACCESS_BIG) != 0 ? 0xffff_ffffL : 0xffff;
        }
    }

    /** Whether {@code linear} is canonical under the paging mode that is set. */
    public boolean canonical(long linear) {
        return linear << canonicalShift >> canonicalShift == linear;
    }

    /**
     * Whether a base or target may be loaded into a register of the system: there the width that
     * the processor has counts, not the paging mode (SDM volume 1 section 3.3.7.1).
     */
    public boolean canonicalBase(long linear) {
        int shift = level.has(CpuLevel.V3) ? WIDEST_SHIFT : 64 - 48;
        return linear << shift >> shift == linear;
    }

    /** Whether protected mode is on and the processor is not in virtual-8086 mode. */
    public boolean protectedMode() {
        return (cr0 & CR0_PE) != 0 && (rflags & FLAG_VM) == 0;
    }

    /** Whether the processor is in virtual-8086 mode. */
    public boolean virtual8086() {
        return (rflags & FLAG_VM) != 0;
    }

    /** The state after power-up, SDM volume 3 table 9-1; the time-stamp counter starts at 0. */
    public void reset() {
        java.util.Arrays.fill(gpr, 0);
        gpr[RDX] = SIGNATURE;
        cr0 = CR0_ET | CR0_NW | CR0_CD;
        cr2 = 0;
        cr3 = 0;
        cr4 = 0;
        cr8 = 0;
        efer = 0;
        xcr0 = 1;
        pkru = 0;
        rip = 0xfff0;
        rflags = 2;
        flagAux = AUX_EAGER;
        for (int segment = ES; segment <= GS; segment++) {
            segment(segment, 0, 0, 0xffff, 0x93);
        }
        segment(CS, 0xf000, 0xffff_0000L, 0xffff, 0x93);
        segment(LDTR, 0, 0, 0xffff, 0x82);
        segment(TR, 0, 0, 0xffff, 0x8b);
        gdtBase = 0;
        gdtLimit = 0xffff;
        idtBase = 0;
        idtLimit = 0xffff;
        System.arraycopy(DEBUG_RESET, 0, dr, 0, dr.length);
        breakpoints.changed();
        resetMsrs();
        cpl = 0;
        interruptShadow = false;
        debugShadow = false;
        breakpoints.pending = 0;
        halted = false;
        shutdown = false;
        nmiBlocked = false;
        nestedTasks = 0;
        java.util.Arrays.fill(vector, 0);
        mxcsr = 0x1f80;
        x87.reset();
        mmu.flush();
        modeChanged();
    }

    private void resetMsrs() {
        star = 0;
        lstar = 0;
        cstar = 0;
        sfmask = 0;
        kernelGsBase = 0;
        sysenterCs = 0;
        sysenterEsp = 0;
        sysenterEip = 0;
        pat = 0x0007_0406_0007_0406L;
        tscAux = 0;
        pvClock = 0;
        tscOffset = -platform.nowNs();
    }

    // Operands

    /** Effective address (offset in the segment) of the memory operand of {@code i}. */
    public long effectiveAddress(Insn i) {
        long address = gpr[i.base] + (gpr[i.index] << i.scale) + i.displacement;
        if (i.ripRelative) {
            address += rip;
        }
        return address & i.addressMask;
    }

    /** Whether the processor runs 64-bit code. */
    public boolean longMode() {
        return codeSize == 8;
    }
}
