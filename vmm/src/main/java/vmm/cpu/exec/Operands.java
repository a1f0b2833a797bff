package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Operands of the integer instructions. Values are zero-extended from the operand size. */
public final class Operands {
    private Operands() {}

    /** Register {@code r} of {@code size} bytes; which one a byte register is depends on REX. */
    static long register(Cpu cpu, Insn i, int r, int size) {
        return switch (size) {
            case 8 -> cpu.gpr[r];
            case 4 -> cpu.gpr[r] & 0xffff_ffffL;
            case 2 -> cpu.gpr[r] & 0xffff;
            default -> byteRegister(cpu, i, r);
        };
    }

    private static long byteRegister(Cpu cpu, Insn i, int r) {
        return r >= 4 && r < 8 && !i.rex ? cpu.gpr[r - 4] >>> 8 & 0xff : cpu.gpr[r] & 0xff;
    }

    /** Writes the low {@code size} bytes of {@code value}; 4 bytes clear the upper half. */
    static void setRegister(Cpu cpu, Insn i, int r, int size, long value) {
        switch (size) {
            case 8 -> cpu.gpr[r] = value;
            case 4 -> cpu.gpr[r] = value & 0xffff_ffffL;
            case 2 -> cpu.gpr[r] = cpu.gpr[r] & ~0xffffL | value & 0xffff;
            default -> setByteRegister(cpu, i, r, value);
        }
    }

    private static void setByteRegister(Cpu cpu, Insn i, int r, long value) {
        if (r >= 4 && r < 8 && !i.rex) {
            cpu.gpr[r - 4] = cpu.gpr[r - 4] & ~0xff00L | (value & 0xff) << 8;
        } else {
            cpu.gpr[r] = cpu.gpr[r] & ~0xffL | value & 0xff;
        }
    }

    /** ModRM.reg. */
    static long reg(Cpu cpu, Insn i) {
        return register(cpu, i, i.reg, i.size);
    }

    static void setReg(Cpu cpu, Insn i, long value) {
        setRegister(cpu, i, i.reg, i.size, value);
    }

    /** ModRM.rm, a register or in memory. */
    static long rm(Cpu cpu, Insn i) {
        return rm(cpu, i, i.size);
    }

    /** {@link #rm(Cpu, Insn)} with a size that is not the instruction's. */
    static long rm(Cpu cpu, Insn i, int size) {
        return i.memory
                ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), size)
                : register(cpu, i, i.rm, size);
    }

    /** ModRM.rm, which {@link #setRm} will write: that can then no longer fault. */
    static long update(Cpu cpu, Insn i) {
        return i.memory
                ? cpu.mmu.loadForUpdate(i.segment, cpu.effectiveAddress(i), i.size)
                : register(cpu, i, i.rm, i.size);
    }

    static void setRm(Cpu cpu, Insn i, long value) {
        if (i.memory) {
            cpu.mmu.store(i.segment, cpu.effectiveAddress(i), i.size, value);
        } else {
            setRegister(cpu, i, i.rm, i.size, value);
        }
    }

    /** {@code value}, of {@code size} bytes, with its sign extended. */
    static long signed(long value, int size) {
        int shift = 64 - 8 * size;
        return value << shift >> shift;
    }

    /** {@code value} cut to {@code size} bytes. */
    static long unsigned(long value, int size) {
        int shift = 64 - 8 * size;
        return value << shift >>> shift;
    }

    /** The bits of an address of {@code addressSize} bytes that live in register {@code r}. */
    static long address(Cpu cpu, Insn i, int r) {
        return cpu.gpr[r] & i.addressMask;
    }

    /** Replaces those bits. */
    static void setAddress(Cpu cpu, Insn i, int r, long value) {
        cpu.gpr[r] =
                i.addressSize == 2 ? cpu.gpr[r] & ~0xffffL | value & 0xffff : value & i.addressMask;
    }

    /** Sets CF and OF and keeps the other flags. */
    static void carryOverflow(Cpu cpu, boolean carry, boolean overflow) {
        if (cpu.flagAux >= 0) {
            cpu.flagCarry = carries(carry, overflow);
        } else {
            cpu.rflags =
                    cpu.rflags & ~(long) (Cpu.FLAG_CF | Cpu.FLAG_OF)
                            | (carry ? Cpu.FLAG_CF : 0)
                            | (overflow ? Cpu.FLAG_OF : 0);
        }
    }

    /** {@link Cpu#flagCarry} for the two flags. */
    public static long carries(boolean carry, boolean overflow) {
        return (carry ? 1L << 63 : 0) | (carry != overflow ? 1L << 62 : 0);
    }
}
