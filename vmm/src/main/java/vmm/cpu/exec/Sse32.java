package vmm.cpu.exec;

import static vmm.cpu.fpu.SoftFloat.SINGLE;

import vmm.cpu.Cpu;
import vmm.cpu.fpu.SoftFloat;

/**
 * Single precision arithmetic of one lane. Java's result is taken where it is the processor's too:
 * rounding to nearest, no special operand, result in the range of normal numbers; whether it is
 * exact is found out only while MXCSR does not say "inexact" yet. Everything else is {@link
 * SoftFloat}'s.
 */
final class Sse32 {
    private Sse32() {}

    /** A normal number other than the smallest, or zero. */
    private static boolean ordinary(float a) {
        float m = Math.abs(a);
        return m > Float.MIN_NORMAL && m <= Float.MAX_VALUE || m == 0;
    }

    static int add(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        float r = x + y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y)) {
            // The sum of two singles in double precision may be inexact itself: Knuth's two-sum.
            if (Xmm.wantsPrecision(cpu)) {
                float t = r - x;
                Xmm.notePrecision(cpu, (x - (r - t)) + (y - t) != 0);
            }
            return Float.floatToRawIntBits(r);
        }
        return (int) cpu.soft.add(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    static int sub(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        float r = x - y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y)) {
            if (Xmm.wantsPrecision(cpu)) {
                float t = r - x;
                Xmm.notePrecision(cpu, (x - (r - t)) - (y + t) != 0);
            }
            return Float.floatToRawIntBits(r);
        }
        return (int) cpu.soft.sub(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    static int mul(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        float r = x * y;
        if (Xmm.plain(cpu)
                && ordinary(r)
                && ordinary(x)
                && ordinary(y)
                && (r != 0 || x == 0 || y == 0)) {
            // The product of two singles is exact in double precision.
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, (double) x * y != r);
            }
            return Float.floatToRawIntBits(r);
        }
        return (int) cpu.soft.mul(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    static int div(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        float r = x / y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y) && (r != 0 || x == 0)) {
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, (double) r * y != x);
            }
            return Float.floatToRawIntBits(r);
        }
        return (int) cpu.soft.div(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    static int sqrt(Cpu cpu, int a) {
        float x = Float.intBitsToFloat(a);
        if (Xmm.plain(cpu) && ordinary(x) && x > 0) {
            // Double precision has more than twice the bits, so that rounding twice is harmless.
            float r = (float) Math.sqrt(x);
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, (double) r * r != x);
            }
            return Float.floatToRawIntBits(r);
        }
        return (int) cpu.soft.sqrt(a & 0xffff_ffffL, SINGLE);
    }

    /** {@code a * b + c} rounded once, either part negated. */
    static int fused(Cpu cpu, int a, int b, int c, boolean negateProduct, boolean negateAddend) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        float z = Float.intBitsToFloat(c);
        if (Xmm.plain(cpu) && ordinary(x) && ordinary(y) && ordinary(z)) {
            // The product is exact in double precision, the sum is rounded to odd there, which
            // makes the second rounding harmless.
            double product = negateProduct ? -((double) x * y) : (double) x * y;
            double addend = negateAddend ? -z : z;
            double sum = product + addend;
            double t = sum - product;
            double error = (product - (sum - t)) + (addend - t);
            double odd = error == 0 ? sum : toOdd(sum, error);
            float r = (float) odd;
            if (ordinary(r) && (r != 0 || sum == 0)) {
                Xmm.notePrecision(cpu, error != 0 || r != sum);
                return Float.floatToRawIntBits(r);
            }
        }
        return (int)
                cpu.soft.fused(
                        a & 0xffff_ffffL,
                        b & 0xffff_ffffL,
                        c & 0xffff_ffffL,
                        negateProduct,
                        negateAddend,
                        SINGLE);
    }

    /** The inexact {@code sum} with its last bit set, on the side where the error says it is. */
    private static double toOdd(double sum, double error) {
        long bits = Double.doubleToRawLongBits(sum);
        if ((bits & 1) == 0) {
            bits += error > 0 == sum > 0 ? 1 : -1;
        }
        return Double.longBitsToDouble(bits);
    }

    static int min(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        if (ordinary(x) && ordinary(y)) {
            return x < y ? a : b;
        }
        return (int) cpu.soft.min(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    static int max(Cpu cpu, int a, int b) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        if (ordinary(x) && ordinary(y)) {
            return x > y ? a : b;
        }
        return (int) cpu.soft.max(a & 0xffff_ffffL, b & 0xffff_ffffL, SINGLE);
    }

    /** Order of two numbers, as {@link SoftFloat#compare}. */
    static int compare(Cpu cpu, int a, int b, boolean signaling) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        if (ordinary(x) && ordinary(y)) {
            return x < y ? SoftFloat.LESS : x > y ? SoftFloat.GREATER : SoftFloat.EQUAL;
        }
        return cpu.soft.compare(a & 0xffff_ffffL, b & 0xffff_ffffL, signaling, SINGLE);
    }

    static int round(Cpu cpu, int a, int mode, boolean exact) {
        return (int) cpu.soft.round(a & 0xffff_ffffL, mode, exact, SINGLE);
    }
}
