package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/**
 * What the families under VEX share. Most of them start from a copy of the first source in {@link
 * Xmm#RESULT}, let the method that SSE uses work on it, 128 bits at a time, and then write the
 * whole register: a destination of 128 bits clears the bits above.
 */
final class Ymm {
    private static final long XCR0_SSE_AVX = 6;

    private Ymm() {}

    /** Throws unless VEX-encoded vector instructions may execute, SDM volume 2 section 2.4. */
    static void available(Cpu cpu) {
        if ((cpu.cr0 & Cpu.CR0_TS) != 0 || !enabled(cpu)) {
            throw enabled(cpu) ? cpu.fault(Cpu.NM, -1) : cpu.undefined();
        }
    }

    private static boolean enabled(Cpu cpu) {
        return (cpu.cr4 & Cpu.CR4_OSXSAVE) != 0 && (cpu.xcr0 & XCR0_SSE_AVX) == XCR0_SSE_AVX;
    }

    /** Index in {@link Cpu#vector} of the source, 16 or 32 bytes at any address. */
    static int source(Cpu cpu, Insn i) {
        if (!i.memory) {
            return 4 * i.rm;
        }
        if (i.wide) {
            cpu.mmu.load256(i.segment, cpu.effectiveAddress(i), cpu.vector, Xmm.FROM_MEMORY);
        } else {
            cpu.mmu.load128(i.segment, cpu.effectiveAddress(i), cpu.vector, Xmm.FROM_MEMORY);
        }
        return Xmm.FROM_MEMORY;
    }

    /** Copies all of a register to the result. */
    static void begin(Cpu cpu, int register) {
        long[] v = cpu.vector;
        int s = 4 * register;
        v[Xmm.RESULT] = v[s];
        v[Xmm.RESULT + 1] = v[s + 1];
        v[Xmm.RESULT + 2] = v[s + 2];
        v[Xmm.RESULT + 3] = v[s + 3];
    }

    /** Writes the result to a register: 128 or 256 bits, zeros above. */
    static void write(Cpu cpu, int register, boolean wide) {
        long[] v = cpu.vector;
        int d = 4 * register;
        v[d] = v[Xmm.RESULT];
        v[d + 1] = v[Xmm.RESULT + 1];
        v[d + 2] = wide ? v[Xmm.RESULT + 2] : 0;
        v[d + 3] = wide ? v[Xmm.RESULT + 3] : 0;
    }

    /** Writes 128 bits to a register, zeros above. */
    static void set(Cpu cpu, int register, long low, long high) {
        set(cpu, register, low, high, 0, 0);
    }

    static void set(Cpu cpu, int register, long v0, long v1, long v2, long v3) {
        long[] v = cpu.vector;
        int d = 4 * register;
        v[d] = v0;
        v[d + 1] = v1;
        v[d + 2] = v2;
        v[d + 3] = v3;
    }

    /** Effective address of an operand that must be aligned to its size. */
    static long alignedAddress(Cpu cpu, Insn i) {
        long address = cpu.effectiveAddress(i);
        if ((cpu.segmentBase[i.segment] + address & (i.wide ? 31 : 15)) != 0) {
            throw cpu.protection();
        }
        return address;
    }
}
