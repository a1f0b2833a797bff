package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;
import vmm.cpu.isa.SystemRows;

/**
 * The XSAVE feature set, SDM volume 1 chapter 13: state components, the area they are saved in, and
 * XCR0. No component is the supervisor's, so that IA32_XSS is always zero.
 */
final class ExtendedState {
    /** State components, as bits of XCR0. */
    static final long X87_STATE = 1, SSE = 2, AVX = 4, PKRU = 1 << 9;

    /** What XCR0 may have. */
    static final long SUPPORTED = X87_STATE | SSE | AVX | PKRU;

    /** Sizes of the components behind the header, and their places in the standard format. */
    static final int AVX_SIZE = 256, AVX_OFFSET = 576, PKRU_SIZE = 8, PKRU_OFFSET = 2688;

    private static final int LEGACY_SIZE = 512, HEADER_SIZE = 64;
    private static final int MXCSR = 24, MXCSR_MASK = 0xffff, MXCSR_INITIAL = 0x1f80;
    private static final int STATE_BV = 512, COMPACTED_BV = 520;
    private static final long COMPACTED = 1L << 63;
    private static final int ALIGNMENT = 64;

    private ExtendedState() {}

    static void execute(Cpu cpu, Insn i) {
        if ((cpu.cr4 & Cpu.CR4_OSXSAVE) == 0) {
            throw cpu.undefined();
        }
        switch (i.op) {
            case SystemRows.XGETBV -> xgetbv(cpu);
            case SystemRows.XSETBV -> xsetbv(cpu);
            default -> area(cpu, i);
        }
    }

    // XCR0

    private static void xgetbv(Cpu cpu) {
        int number = (int) cpu.gpr[Cpu.RCX];
        if (number != 0 && number != 1) {
            throw cpu.protection();
        }
        long value = number == 0 ? cpu.xcr0 : cpu.xcr0 & inUseWithMxcsr(cpu);
        cpu.gpr[Cpu.RAX] = value & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = value >>> 32;
    }

    private static void xsetbv(Cpu cpu) {
        SystemControl.checkSupervisor(cpu);
        long value = requested(cpu);
        boolean valid =
                (int) cpu.gpr[Cpu.RCX] == 0
                        && (value & ~SUPPORTED) == 0
                        && (value & X87_STATE) != 0
                        && ((value & AVX) == 0 || (value & SSE) != 0);
        if (!valid) {
            throw cpu.protection();
        }
        cpu.xcr0 = value;
    }

    private static long requested(Cpu cpu) {
        return cpu.gpr[Cpu.RDX] << 32 | cpu.gpr[Cpu.RAX] & 0xffff_ffffL;
    }

    // The initial configuration of the components, SDM volume 1 section 13.6

    private static long inUse(Cpu cpu) {
        return (cpu.x87.initial() ? 0 : X87_STATE)
                | (zero(cpu, 0) ? 0 : SSE)
                | (zero(cpu, 2) ? 0 : AVX)
                | (cpu.pkru == 0 ? 0 : PKRU);
    }

    /** For all but XSAVE and XSAVEOPT, MXCSR counts as SSE state. */
    private static long inUseWithMxcsr(Cpu cpu) {
        return inUse(cpu) | (cpu.mxcsr == MXCSR_INITIAL ? 0 : SSE);
    }

    /** Whether half of every vector register that the mode has is zero. */
    private static boolean zero(Cpu cpu, int half) {
        long any = 0;
        for (int r = 0; r < FxArea.xmmCount(cpu); r++) {
            any |= cpu.vector[4 * r + half] | cpu.vector[4 * r + half + 1];
        }
        return any == 0;
    }

    private static void clear(Cpu cpu, int half) {
        for (int r = 0; r < FxArea.xmmCount(cpu); r++) {
            cpu.vector[4 * r + half] = 0;
            cpu.vector[4 * r + half + 1] = 0;
        }
    }

    // The area

    private static void area(Cpu cpu, Insn i) {
        boolean supervisor = i.op == SystemRows.XSAVES || i.op == SystemRows.XRSTORS;
        if ((cpu.cr0 & Cpu.CR0_TS) != 0) {
            throw cpu.fault(Cpu.NM, -1);
        }
        if (supervisor) {
            SystemControl.checkSupervisor(cpu);
        }
        long at = cpu.effectiveAddress(i);
        if ((cpu.segmentBase[i.segment] + at & ALIGNMENT - 1) != 0) {
            throw cpu.protection();
        }
        long mask = requested(cpu) & cpu.xcr0;
        switch (i.op) {
            case SystemRows.XSAVE -> save(cpu, i, at, mask, mask);
            case SystemRows.XSAVEOPT -> save(cpu, i, at, mask, mask & inUse(cpu));
            case SystemRows.XSAVEC, SystemRows.XSAVES -> saveCompacted(cpu, i, at, mask);
            default -> restore(cpu, i, at, mask);
        }
    }

    /** Place of PKRU in an area whose format is {@code compacted}: XCOMP_BV, or 0 for standard. */
    private static int pkruOffset(long compacted) {
        if (compacted == 0) {
            return PKRU_OFFSET;
        }
        return AVX_OFFSET + ((compacted & AVX) != 0 ? AVX_SIZE : 0);
    }

    private static void probe(
            Cpu cpu, int segment, long at, long components, long format, boolean write) {
        int first = (components & (X87_STATE | SSE | AVX)) != 0 ? 0 : LEGACY_SIZE;
        cpu.mmu.probe(segment, at + first, LEGACY_SIZE + HEADER_SIZE - first, write);
        if ((components & AVX) != 0) {
            cpu.mmu.probe(segment, at + AVX_OFFSET, AVX_SIZE, write);
        }
        if ((components & PKRU) != 0) {
            cpu.mmu.probe(segment, at + pkruOffset(format), PKRU_SIZE, write);
        }
    }

    /** Standard format: {@code mask} are the components asked for, {@code stored} those written. */
    private static void save(Cpu cpu, Insn i, long at, long mask, long stored) {
        long touched = stored | mask & (SSE | AVX);
        probe(cpu, i.segment, at, touched, 0, true);
        cpu.mmu.probe(i.segment, at + STATE_BV, 8, true);
        long old = cpu.mmu.load64(i.segment, at + STATE_BV);
        store(cpu, i, at, stored, 0);
        if ((mask & (SSE | AVX)) != 0) {
            storeMxcsr(cpu, i.segment, at);
        }
        cpu.mmu.store64(i.segment, at + STATE_BV, old & ~mask | inUse(cpu) & mask);
    }

    private static void saveCompacted(Cpu cpu, Insn i, long at, long mask) {
        long format = mask | COMPACTED;
        long stored = mask & inUseWithMxcsr(cpu);
        probe(cpu, i.segment, at, stored, format, true);
        store(cpu, i, at, stored, format);
        if ((stored & SSE) != 0) {
            storeMxcsr(cpu, i.segment, at);
        }
        cpu.mmu.store64(i.segment, at + STATE_BV, stored);
        cpu.mmu.store64(i.segment, at + COMPACTED_BV, format);
    }

    private static void storeMxcsr(Cpu cpu, int segment, long at) {
        cpu.mmu.store32(segment, at + MXCSR, cpu.mxcsr);
        cpu.mmu.store32(segment, at + MXCSR + 4, MXCSR_MASK);
    }

    private static void store(Cpu cpu, Insn i, long at, long components, long format) {
        if ((components & X87_STATE) != 0) {
            FxArea.saveX87(cpu, i.segment, at, i.size == 8);
        }
        if ((components & SSE) != 0) {
            FxArea.saveXmm(cpu, i.segment, at);
        }
        if ((components & AVX) != 0) {
            long[] v = cpu.vector;
            for (int r = 0; r < FxArea.xmmCount(cpu); r++) {
                long to = at + AVX_OFFSET + 16 * r;
                cpu.mmu.store128(i.segment, to, v[4 * r + 2], v[4 * r + 3]);
            }
        }
        if ((components & PKRU) != 0) {
            cpu.mmu.store64(i.segment, at + pkruOffset(format), cpu.pkru & 0xffff_ffffL);
        }
    }

    // XRSTOR and XRSTORS, SDM volume 1 sections 13.8 and 13.12

    private static void restore(Cpu cpu, Insn i, long at, long mask) {
        cpu.mmu.probe(i.segment, at + STATE_BV, HEADER_SIZE, false);
        long present = cpu.mmu.load64(i.segment, at + STATE_BV);
        long format = cpu.mmu.load64(i.segment, at + COMPACTED_BV);
        checkHeader(cpu, i, at, present, format);
        boolean compacted = format != 0;
        long loaded = mask & present;
        boolean mxcsr = (compacted ? loaded & SSE : mask & (SSE | AVX)) != 0;
        probe(cpu, i.segment, at, mxcsr ? loaded | SSE : loaded, format, false);
        if (mxcsr) {
            SseMove.loadMxcsr(cpu, cpu.mmu.load32(i.segment, at + MXCSR));
        } else if ((mask & SSE) != 0) {
            cpu.mxcsr = MXCSR_INITIAL;
        }
        load(cpu, i, at, loaded, format);
        initialise(cpu, mask & ~present);
    }

    private static void checkHeader(Cpu cpu, Insn i, long at, long present, long format) {
        boolean valid;
        int zeroFrom;
        if (format < 0) {
            long components = format & ~COMPACTED;
            valid = (components & ~cpu.xcr0) == 0 && (present & ~components) == 0;
            zeroFrom = COMPACTED_BV + 8;
        } else {
            valid = i.op != SystemRows.XRSTORS && format == 0 && (present & ~cpu.xcr0) == 0;
            zeroFrom = COMPACTED_BV;
        }
        // The standard form checks bytes 8..23 of the header, the compacted one all from 16.
        int zeroTo = format < 0 ? STATE_BV + HEADER_SIZE : STATE_BV + 24;
        for (int k = zeroFrom; valid && k < zeroTo; k += 8) {
            valid = cpu.mmu.load64(i.segment, at + k) == 0;
        }
        if (!valid) {
            throw cpu.protection();
        }
    }

    private static void load(Cpu cpu, Insn i, long at, long components, long format) {
        if ((components & X87_STATE) != 0) {
            FxArea.restoreX87(cpu, i.segment, at, i.size == 8);
        }
        if ((components & SSE) != 0) {
            FxArea.restoreXmm(cpu, i.segment, at);
        }
        if ((components & AVX) != 0) {
            for (int r = 0; r < FxArea.xmmCount(cpu); r++) {
                cpu.mmu.load128(i.segment, at + AVX_OFFSET + 16 * r, cpu.vector, 4 * r + 2);
            }
        }
        if ((components & PKRU) != 0) {
            cpu.pkru(cpu.mmu.load32(i.segment, at + pkruOffset(format)));
        }
    }

    private static void initialise(Cpu cpu, long components) {
        if ((components & X87_STATE) != 0) {
            X87 x87 = cpu.x87;
            x87.initialise();
            java.util.Arrays.fill(x87.significand, 0);
            java.util.Arrays.fill(x87.signExponent, 0);
        }
        if ((components & SSE) != 0) {
            clear(cpu, 0);
        }
        if ((components & AVX) != 0) {
            clear(cpu, 2);
        }
        if ((components & PKRU) != 0) {
            cpu.pkru(0);
        }
    }

    // CPUID

    /** Bytes of an area with {@code components}. */
    static int size(long components, boolean compacted) {
        int size = LEGACY_SIZE + HEADER_SIZE;
        if (compacted) {
            return size
                    + ((components & AVX) != 0 ? AVX_SIZE : 0)
                    + ((components & PKRU) != 0 ? PKRU_SIZE : 0);
        }
        if ((components & PKRU) != 0) {
            return PKRU_OFFSET + PKRU_SIZE;
        }
        return (components & AVX) != 0 ? AVX_OFFSET + AVX_SIZE : size;
    }
}
