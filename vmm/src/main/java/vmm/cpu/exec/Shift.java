package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.reg;
import static vmm.cpu.exec.Operands.rm;
import static vmm.cpu.exec.Operands.setReg;
import static vmm.cpu.exec.Operands.setRm;
import static vmm.cpu.exec.Operands.update;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Shifts and rotates. */
public final class Shift {
    private Shift() {}

    /** Executes an operation of the family SHIFT. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case SHL -> shl(cpu, i, (int) i.immediate);
            case SHR -> shr(cpu, i, (int) i.immediate);
            case SAR -> sar(cpu, i, (int) i.immediate);
            case ROL -> rol(cpu, i, (int) i.immediate);
            case ROR -> ror(cpu, i, (int) i.immediate);
            case RCL -> rcl(cpu, i, (int) i.immediate);
            case RCR -> rcr(cpu, i, (int) i.immediate);
            case SHL + BY_CL -> shl(cpu, i, cl(cpu));
            case SHR + BY_CL -> shr(cpu, i, cl(cpu));
            case SAR + BY_CL -> sar(cpu, i, cl(cpu));
            case ROL + BY_CL -> rol(cpu, i, cl(cpu));
            case ROR + BY_CL -> ror(cpu, i, cl(cpu));
            case RCL + BY_CL -> rcl(cpu, i, cl(cpu));
            case RCR + BY_CL -> rcr(cpu, i, cl(cpu));
            case SHLD -> shld(cpu, i, (int) i.immediate);
            case SHLD_CL -> shld(cpu, i, cl(cpu));
            case SHRD -> shrd(cpu, i, (int) i.immediate);
            case SHRD_CL -> shrd(cpu, i, cl(cpu));
            case SARX -> setReg(cpu, i, Operands.signed(rm(cpu, i), i.size) >> bmiCount(cpu, i));
            case SHLX -> setReg(cpu, i, rm(cpu, i) << bmiCount(cpu, i));
            case SHRX -> setReg(cpu, i, rm(cpu, i) >>> bmiCount(cpu, i));
            case RORX -> setReg(cpu, i, rotate(rm(cpu, i), -(int) i.immediate, i.size));
            default -> throw cpu.undefined();
        }
    }

    private static int cl(Cpu cpu) {
        return (int) cpu.gpr[Cpu.RCX];
    }

    private static int bmiCount(Cpu cpu, Insn i) {
        return (int) cpu.gpr[i.vvvv] & countMask(i.size);
    }

    private static int countMask(int size) {
        return size == 8 ? 63 : 31;
    }

    static void shl(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        if (count == 0) {
            touch(cpu, i, a);
            return;
        }
        int bits = 8 * i.size;
        long r = a << count;
        boolean carry = count <= bits && (a >>> (bits - count) & 1) != 0;
        setRm(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
        cpu.flagCarry = Operands.carries(carry, carry != cpu.flagResult < 0);
    }

    static void shr(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        if (count == 0) {
            touch(cpu, i, a);
            return;
        }
        long r = a >>> count;
        setRm(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
        boolean overflow = a >>> (8 * i.size - 1) != 0;
        cpu.flagCarry = Operands.carries((a >>> (count - 1) & 1) != 0, overflow);
    }

    static void sar(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = Operands.signed(update(cpu, i), i.size);
        if (count == 0) {
            touch(cpu, i, a);
            return;
        }
        long r = a >> count;
        setRm(cpu, i, r);
        cpu.flagsLogic(r);
        cpu.flagCarry = Operands.carries((a >> (count - 1) & 1) != 0, false);
    }

    /** A count of zero changes nothing, but a 32-bit register loses its upper half. */
    private static void touch(Cpu cpu, Insn i, long value) {
        if (!i.memory) {
            setRm(cpu, i, value);
        }
    }

    /** {@code value} (clean above its size) rotated left; negative counts rotate right. */
    private static long rotate(long value, int count, int size) {
        int bits = 8 * size;
        int by = count & (bits - 1);
        if (by == 0) {
            return value;
        }
        return Operands.unsigned(value << by | value >>> (bits - by), size);
    }

    private static void rol(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        long r = rotate(a, count, i.size);
        setRm(cpu, i, r);
        if (count != 0) {
            boolean carry = (r & 1) != 0;
            Operands.carryOverflow(cpu, carry, carry != top(r, i.size));
        }
    }

    private static void ror(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        long r = rotate(a, -count, i.size);
        setRm(cpu, i, r);
        if (count != 0) {
            boolean carry = top(r, i.size);
            Operands.carryOverflow(cpu, carry, carry != top(r << 1, i.size));
        }
    }

    private static boolean top(long value, int size) {
        return (value >>> (8 * size - 1) & 1) != 0;
    }

    /** Rotates through carry: one bit at a time, these are rare. */
    private static void rcl(Cpu cpu, Insn i, int rawCount) {
        int bits = 8 * i.size;
        int count = (rawCount & countMask(i.size)) % (bits + 1);
        long r = update(cpu, i);
        boolean carry = cpu.cf();
        for (int k = 0; k < count; k++) {
            boolean out = top(r, i.size);
            r = r << 1 | (carry ? 1 : 0);
            carry = out;
        }
        setRm(cpu, i, r);
        if (count != 0) {
            Operands.carryOverflow(cpu, carry, carry != top(r, i.size));
        }
    }

    private static void rcr(Cpu cpu, Insn i, int rawCount) {
        int bits = 8 * i.size;
        int count = (rawCount & countMask(i.size)) % (bits + 1);
        long r = update(cpu, i);
        boolean carry = cpu.cf();
        for (int k = 0; k < count; k++) {
            boolean out = (r & 1) != 0;
            r = r >>> 1 | (carry ? 1L << (bits - 1) : 0);
            carry = out;
        }
        setRm(cpu, i, r);
        if (count != 0) {
            Operands.carryOverflow(cpu, carry, top(r, i.size) != top(r << 1, i.size));
        }
    }

    /**
     * A 16-bit operand with a count above 16 is undefined; as AMD's processors do it, the source
     * then comes around again.
     */
    private static void shld(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        if (count == 0) {
            touch(cpu, i, a);
            return;
        }
        int bits = 8 * i.size;
        long b = reg(cpu, i);
        long r;
        boolean carry;
        if (count <= bits) {
            r = a << count | b >>> (bits - count);
            carry = (a >>> (bits - count) & 1) != 0;
        } else {
            // By more than the operand's size: all is undefined. This is what AMD's processors do.
            long wide = a << 32 | b << 16 | b;
            r = wide << count >>> 32;
            carry = false;
        }
        finishDouble(cpu, i, a, r, carry);
    }

    private static void shrd(Cpu cpu, Insn i, int rawCount) {
        int count = rawCount & countMask(i.size);
        long a = update(cpu, i);
        if (count == 0) {
            touch(cpu, i, a);
            return;
        }
        int bits = 8 * i.size;
        long b = reg(cpu, i);
        long r;
        boolean carry;
        if (count <= bits) {
            r = a >>> count | b << (bits - count);
            carry = (a >>> (count - 1) & 1) != 0;
        } else {
            long wide = b << 32 | b << 16 | a;
            r = wide >>> count;
            carry = false;
        }
        finishDouble(cpu, i, a, r, carry);
    }

    private static void finishDouble(Cpu cpu, Insn i, long a, long r, boolean carry) {
        setRm(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
        cpu.flagCarry = Operands.carries(carry, top(a ^ r, i.size));
    }
}
