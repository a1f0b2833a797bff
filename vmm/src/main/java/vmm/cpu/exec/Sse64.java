package vmm.cpu.exec;

import static vmm.cpu.fpu.SoftFloat.DOUBLE;

import vmm.cpu.Cpu;
import vmm.cpu.fpu.SoftFloat;

/** Double precision arithmetic of one lane; see {@link Sse32}. */
final class Sse64 {
    private static final long HIDDEN_BIT = 1L << 52;

    private Sse64() {}

    private static boolean ordinary(double a) {
        double m = Math.abs(a);
        return m > Double.MIN_NORMAL && m <= Double.MAX_VALUE || m == 0;
    }

    /**
     * Whether the product of two normal numbers fits in a significand of 53 bits, given the product
     * rounded: a multiplication of 53 by 53 bits has 105 or 106, those at the end must be zero.
     */
    private static boolean exactProduct(long a, long b, long product) {
        int zeros =
                Long.numberOfTrailingZeros(a | HIDDEN_BIT)
                        + Long.numberOfTrailingZeros(b | HIDDEN_BIT);
        int exponents =
                Math.getExponent(Double.longBitsToDouble(a))
                        + Math.getExponent(Double.longBitsToDouble(b));
        boolean longer = Math.getExponent(Double.longBitsToDouble(product)) > exponents;
        return zeros >= (longer ? 53 : 52);
    }

    static long add(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double r = x + y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y)) {
            if (Xmm.wantsPrecision(cpu)) {
                double t = r - x;
                Xmm.notePrecision(cpu, (x - (r - t)) + (y - t) != 0);
            }
            return Double.doubleToRawLongBits(r);
        }
        return cpu.soft.add(a, b, DOUBLE);
    }

    static long sub(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double r = x - y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y)) {
            if (Xmm.wantsPrecision(cpu)) {
                double t = r - x;
                Xmm.notePrecision(cpu, (x - (r - t)) - (y + t) != 0);
            }
            return Double.doubleToRawLongBits(r);
        }
        return cpu.soft.sub(a, b, DOUBLE);
    }

    static long mul(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double r = x * y;
        if (Xmm.plain(cpu)
                && ordinary(r)
                && ordinary(x)
                && ordinary(y)
                && (r != 0 || x == 0 || y == 0)) {
            long bits = Double.doubleToRawLongBits(r);
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, r != 0 && !exactProduct(a, b, bits));
            }
            return bits;
        }
        return cpu.soft.mul(a, b, DOUBLE);
    }

    static long div(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double r = x / y;
        if (Xmm.plain(cpu) && ordinary(r) && ordinary(x) && ordinary(y) && (r != 0 || x == 0)) {
            long bits = Double.doubleToRawLongBits(r);
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, r != 0 && !(r * y == x && exactProduct(bits, b, a)));
            }
            return bits;
        }
        return cpu.soft.div(a, b, DOUBLE);
    }

    static long sqrt(Cpu cpu, long a) {
        double x = Double.longBitsToDouble(a);
        if (Xmm.plain(cpu) && ordinary(x) && x > 0) {
            double r = Math.sqrt(x);
            long bits = Double.doubleToRawLongBits(r);
            if (Xmm.wantsPrecision(cpu)) {
                Xmm.notePrecision(cpu, !(r * r == x && exactProduct(bits, bits, a)));
            }
            return bits;
        }
        return cpu.soft.sqrt(a, DOUBLE);
    }

    /** {@code a * b + c} rounded once, either part negated. */
    static long fused(
            Cpu cpu, long a, long b, long c, boolean negateProduct, boolean negateAddend) {
        return cpu.soft.fused(a, b, c, negateProduct, negateAddend, DOUBLE);
    }

    static long min(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return ordinary(x) && ordinary(y) ? x < y ? a : b : cpu.soft.min(a, b, DOUBLE);
    }

    static long max(Cpu cpu, long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return ordinary(x) && ordinary(y) ? x > y ? a : b : cpu.soft.max(a, b, DOUBLE);
    }

    static int compare(Cpu cpu, long a, long b, boolean signaling) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (ordinary(x) && ordinary(y)) {
            return x < y ? SoftFloat.LESS : x > y ? SoftFloat.GREATER : SoftFloat.EQUAL;
        }
        return cpu.soft.compare(a, b, signaling, DOUBLE);
    }

    static long round(Cpu cpu, long a, int mode, boolean exact) {
        return cpu.soft.round(a, mode, exact, DOUBLE);
    }
}
