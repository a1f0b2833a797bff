package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.rm;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Multiplication and division. */
public final class Multiply {
    private Multiply() {}

    /** Executes an operation of the family MULTIPLY. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case MUL -> mul(cpu, i);
            case IMUL -> imul(cpu, i);
            case DIV -> div(cpu, i);
            case IDIV -> idiv(cpu, i);
            case IMUL_REG_RM -> imul(cpu, i, Operands.reg(cpu, i));
            case IMUL_REG_RM_IMM -> imul(cpu, i, i.immediate);
            case MULX -> mulx(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    private static void flags(Cpu cpu, long low, boolean overflow, int size) {
        cpu.flagsLogic(Operands.signed(low, size));
        cpu.flagCarry = Operands.carries(overflow, overflow);
    }

    /** AX, or (E/R)DX and (E/R)AX. */
    private static void setProduct(Cpu cpu, Insn i, long low, long high) {
        if (i.size == 1) {
            Operands.setRegister(cpu, i, Cpu.RAX, 2, high << 8 | low & 0xff);
        } else {
            Operands.setRegister(cpu, i, Cpu.RAX, i.size, low);
            Operands.setRegister(cpu, i, Cpu.RDX, i.size, high);
        }
    }

    private static void mul(Cpu cpu, Insn i) {
        long a = Operands.register(cpu, i, Cpu.RAX, i.size);
        long b = rm(cpu, i);
        long low = a * b;
        long high = i.size == 8 ? Math.unsignedMultiplyHigh(a, b) : low >>> 8 * i.size;
        setProduct(cpu, i, low, high);
        flags(cpu, low, high != 0, i.size);
    }

    private static void imul(Cpu cpu, Insn i) {
        int size = i.size;
        long a = Operands.signed(cpu.gpr[Cpu.RAX], size);
        long b = Operands.signed(rm(cpu, i), size);
        long low = a * b;
        long high = size == 8 ? Math.multiplyHigh(a, b) : low >> 8 * size;
        setProduct(cpu, i, low, high);
        flags(cpu, low, high != Operands.signed(low, size) >> 63, size);
    }

    private static void imul(Cpu cpu, Insn i, long factor) {
        int size = i.size;
        long a = Operands.signed(factor, size);
        long b = Operands.signed(rm(cpu, i), size);
        long low = a * b;
        boolean overflow =
                size == 8
                        ? Math.multiplyHigh(a, b) != low >> 63
                        : low != Operands.signed(low, size);
        Operands.setReg(cpu, i, low);
        flags(cpu, low, overflow, size);
    }

    private static void mulx(Cpu cpu, Insn i) {
        long a = Operands.register(cpu, i, Cpu.RDX, i.size);
        long b = rm(cpu, i);
        long low = a * b;
        long high = i.size == 8 ? Math.unsignedMultiplyHigh(a, b) : low >>> 32;
        Operands.setRegister(cpu, i, i.vvvv, i.size, low); // reg wins if both are the same
        Operands.setReg(cpu, i, high);
    }

    private static void div(Cpu cpu, Insn i) {
        long divisor = rm(cpu, i);
        if (divisor == 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        if (i.size == 8) {
            divide128(cpu, cpu.gpr[Cpu.RDX], cpu.gpr[Cpu.RAX], divisor);
            return;
        }
        long dividend = dividend(cpu, i);
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (quotient != Operands.unsigned(quotient, i.size)) {
            throw cpu.fault(Cpu.DE, -1);
        }
        setQuotient(cpu, i, quotient, dividend - quotient * divisor);
    }

    private static void idiv(Cpu cpu, Insn i) {
        long divisor = Operands.signed(rm(cpu, i), i.size);
        if (divisor == 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        if (i.size == 8) {
            divideSigned128(cpu, cpu.gpr[Cpu.RDX], cpu.gpr[Cpu.RAX], divisor);
            return;
        }
        long dividend = Operands.signed(dividend(cpu, i), 2 * i.size);
        long quotient = dividend / divisor;
        boolean wraps = dividend == Long.MIN_VALUE && divisor == -1;
        if (wraps || quotient != Operands.signed(quotient, i.size)) {
            throw cpu.fault(Cpu.DE, -1);
        }
        setQuotient(cpu, i, quotient, dividend - quotient * divisor);
    }

    private static long dividend(Cpu cpu, Insn i) {
        if (i.size == 1) {
            return cpu.gpr[Cpu.RAX] & 0xffff;
        }
        long low = Operands.register(cpu, i, Cpu.RAX, i.size);
        return Operands.register(cpu, i, Cpu.RDX, i.size) << 8 * i.size | low;
    }

    private static void setQuotient(Cpu cpu, Insn i, long quotient, long remainder) {
        setProduct(cpu, i, quotient, remainder);
    }

    private static void divide128(Cpu cpu, long high, long low, long divisor) {
        if (Long.compareUnsigned(high, divisor) >= 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        long quotient =
                high == 0 ? Long.divideUnsigned(low, divisor) : quotient(high, low, divisor);
        cpu.gpr[Cpu.RAX] = quotient;
        cpu.gpr[Cpu.RDX] = low - quotient * divisor;
    }

    private static void divideSigned128(Cpu cpu, long high, long low, long divisor) {
        if (high == low >> 63 && !(low == Long.MIN_VALUE && divisor == -1)) {
            cpu.gpr[Cpu.RAX] = low / divisor;
            cpu.gpr[Cpu.RDX] = low % divisor;
            return;
        }
        boolean negative = high < 0;
        long absLow = negative ? -low : low;
        long absHigh = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long absDivisor = Math.abs(divisor); // 2^63, unsigned, for the smallest one
        if (Long.compareUnsigned(absHigh, absDivisor) >= 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        long quotient = quotient(absHigh, absLow, absDivisor);
        long remainder = absLow - quotient * absDivisor;
        boolean negativeQuotient = negative != divisor < 0;
        if (negativeQuotient ? quotient < 0 && quotient != Long.MIN_VALUE : quotient < 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        cpu.gpr[Cpu.RAX] = negativeQuotient ? -quotient : quotient;
        cpu.gpr[Cpu.RDX] = negative ? -remainder : remainder;
    }

    /** Unsigned 128 by 64 bits, {@code high < divisor}: Knuth's algorithm D with 32-bit digits. */
    private static long quotient(long high, long low, long divisor) {
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long dHigh = d >>> 32;
        long dLow = d & 0xffff_ffffL;
        long n = shift == 0 ? high : high << shift | low >>> (64 - shift);
        long rest = low << shift;
        long q1 = digit(n, rest >>> 32, dHigh, dLow);
        long n2 = (n << 32 | rest >>> 32) - q1 * d;
        long q0 = digit(n2, rest & 0xffff_ffffL, dHigh, dLow);
        return q1 << 32 | q0;
    }

    private static long digit(long n, long next, long dHigh, long dLow) {
        long q = Long.divideUnsigned(n, dHigh);
        long r = n - q * dHigh;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * dLow, r << 32 | next) > 0) {
            q--;
            r += dHigh;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }
}
