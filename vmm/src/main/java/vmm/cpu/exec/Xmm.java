package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.fpu.SoftFloat;

/** What the families on XMM registers share: availability, and where the source operand is. */
final class Xmm {
    /** Place in {@link Cpu#vector} of an operand from memory. */
    static final int FROM_MEMORY = 4 * 16;

    /** Place in {@link Cpu#vector} where results wait until nothing can fault any more. */
    static final int RESULT = 4 * 17;

    private static final int BEFORE_COMPUTATION =
            SoftFloat.INVALID | SoftFloat.DENORMAL | SoftFloat.ZERO_DIVIDE;
    private static final int NOT_PLAIN =
            SoftFloat.FTZ
                    | 3 << SoftFloat.ROUNDING_SHIFT
                    | SoftFloat.PRECISION << SoftFloat.MASK_SHIFT
                    | SoftFloat.DAZ;

    private Xmm() {}

    /** Throws unless SSE instructions may execute, SDM volume 3 table 13-1. */
    static void available(Cpu cpu) {
        if ((cpu.cr0 & (Cpu.CR0_EM | Cpu.CR0_TS)) != 0 || (cpu.cr4 & Cpu.CR4_OSFXSR) == 0) {
            boolean absent = (cpu.cr0 & Cpu.CR0_EM) != 0 || (cpu.cr4 & Cpu.CR4_OSFXSR) == 0;
            throw absent ? cpu.undefined() : cpu.fault(Cpu.NM, -1);
        }
    }

    /** Index in {@link Cpu#vector} of the 16-byte source; in memory it must be aligned. */
    static int source(Cpu cpu, Insn i) {
        if (!i.memory) {
            return 4 * i.rm;
        }
        long address = alignedAddress(cpu, i);
        cpu.mmu.load128(i.segment, address, cpu.vector, FROM_MEMORY);
        return FROM_MEMORY;
    }

    /** As {@link #source} without alignment. */
    static int unalignedSource(Cpu cpu, Insn i) {
        if (!i.memory) {
            return 4 * i.rm;
        }
        cpu.mmu.load128(i.segment, cpu.effectiveAddress(i), cpu.vector, FROM_MEMORY);
        return FROM_MEMORY;
    }

    /** The low 64 bits of the source; only 8 bytes of memory are read. */
    static long source64(Cpu cpu, Insn i) {
        return i.memory ? cpu.mmu.load64(i.segment, cpu.effectiveAddress(i)) : cpu.vector[4 * i.rm];
    }

    /** The low 32 bits of the source; only 4 bytes of memory are read. */
    static int source32(Cpu cpu, Insn i) {
        return i.memory
                ? cpu.mmu.load32(i.segment, cpu.effectiveAddress(i))
                : (int) cpu.vector[4 * i.rm];
    }

    /** Effective address of a 16-byte operand that must be aligned. */
    static long alignedAddress(Cpu cpu, Insn i) {
        long address = cpu.effectiveAddress(i);
        if ((cpu.segmentBase[i.segment] + address & 15) != 0) {
            throw cpu.protection();
        }
        return address;
    }

    /** Copies the low 128 bits of the result to the register at {@code d}. */
    static void write(Cpu cpu, int d) {
        cpu.vector[d] = cpu.vector[RESULT];
        cpu.vector[d + 1] = cpu.vector[RESULT + 1];
    }

    // SIMD floating point exceptions

    /** Starts the arithmetic of an instruction. */
    static void begin(Cpu cpu) {
        cpu.soft.begin(cpu.mxcsr);
    }

    /**
     * To be called before the result is written: raises the exceptions that the lanes met, SDM
     * volume 1 section 11.5.2.
     */
    static void finish(Cpu cpu) {
        if (cpu.soft.flags != 0) {
            raise(cpu, cpu.soft.flags);
        }
    }

    private static void raise(Cpu cpu, int flags) {
        int unmasked = flags & ~(cpu.mxcsr >> SoftFloat.MASK_SHIFT);
        if ((unmasked & BEFORE_COMPUTATION) != 0) {
            // No lane is computed then.
            flags &= BEFORE_COMPUTATION;
        }
        cpu.mxcsr |= flags;
        if (unmasked != 0) {
            throw (cpu.cr4 & Cpu.CR4_OSXMMEXCPT) != 0 ? cpu.fault(Cpu.XM, -1) : cpu.undefined();
        }
    }

    /**
     * Whether MXCSR says what Java does: nearest, no DAZ, no FTZ; and inexactness, which most
     * results have, is masked.
     */
    static boolean plain(Cpu cpu) {
        return (cpu.mxcsr & NOT_PLAIN) == SoftFloat.PRECISION << SoftFloat.MASK_SHIFT;
    }

    /** Whether an inexact result would be news. */
    static boolean wantsPrecision(Cpu cpu) {
        return (cpu.mxcsr & SoftFloat.PRECISION) == 0;
    }

    static void notePrecision(Cpu cpu, boolean inexact) {
        if (inexact) {
            cpu.soft.flags |= SoftFloat.PRECISION;
        }
    }
}
