package vmm.cpu.fpu;

import static vmm.cpu.fpu.Float80.BIAS;
import static vmm.cpu.fpu.Float80.EXPONENT;
import static vmm.cpu.fpu.Float80.SIGN;
import static vmm.cpu.fpu.Float80.awayFromZero;
import static vmm.cpu.fpu.Float80.exponent;
import static vmm.cpu.fpu.Float80.hasTopExponent;
import static vmm.cpu.fpu.Float80.isInfinity;
import static vmm.cpu.fpu.Float80.isZero;
import static vmm.cpu.fpu.Float80.normalised;
import static vmm.cpu.fpu.StatusWord.PRECISION;
import static vmm.cpu.fpu.StatusWord.ZERO_DIVIDE;

/** Operations that take numbers apart: FRNDINT, FSCALE, FXTRACT, FPREM and FPREM1. */
public final class Integral80 {
    /** Beyond this no scale makes a difference. */
    private static final int LARGE_SCALE = 0x10000;

    private Integral80() {}

    /** FRNDINT of a. */
    public static void roundToInteger(Float80 f) {
        if (f.unarySpecial(false)) {
            return;
        }
        int exponent = (f.aSignExponent & EXPONENT) - BIAS;
        int sign = f.aSignExponent & SIGN;
        if (f.a == 0 || exponent >= 63) {
            f.result(f.aSignExponent, f.a);
            return;
        }
        int drop = 63 - exponent;
        long kept = drop < 64 ? f.a >>> drop : 0;
        long rest = drop <= 64 ? f.a << 64 - drop : 1;
        f.roundedUp = awayFromZero(f.rounding(), sign, rest, (kept & 1) != 0);
        if (rest != 0) {
            f.flags |= PRECISION;
        }
        if (f.roundedUp) {
            kept++;
        }
        if (kept == 0) {
            f.zero(sign);
        } else {
            int zeros = Long.numberOfLeadingZeros(kept);
            f.result(sign | BIAS + 63 - zeros, kept << zeros);
        }
    }

    /** FSCALE: a times two to the power of b, b truncated. */
    public static void scale(Float80 f) {
        if (f.binarySpecial()) {
            return;
        }
        int sign = f.aSignExponent & SIGN;
        boolean aZero = isZero(f.aSignExponent, f.a);
        boolean aInfinite = hasTopExponent(f.aSignExponent);
        if (hasTopExponent(f.bSignExponent)) {
            scaleByInfinity(f, sign, aZero, aInfinite);
            return;
        }
        if (f.denormals()) {
            return;
        }
        if (aZero || aInfinite) {
            f.result(f.aSignExponent, f.a);
            return;
        }
        f.round(sign, exponent(f.aSignExponent, f.a) + scaleOf(f), normalised(f.a), 0);
    }

    private static void scaleByInfinity(Float80 f, int sign, boolean aZero, boolean aInfinite) {
        boolean up = (f.bSignExponent & SIGN) == 0;
        if (up ? aZero : aInfinite) {
            f.invalid();
        } else if (!f.denormals()) {
            if (up) {
                f.infinity(sign);
            } else {
                f.zero(sign);
            }
        }
    }

    /** b truncated to an integer, as far as it matters. */
    private static int scaleOf(Float80 f) {
        int exponent = (f.bSignExponent & EXPONENT) - BIAS;
        if (exponent < 0) {
            return 0;
        }
        int magnitude = exponent > 15 ? LARGE_SCALE : (int) (f.b >>> 63 - exponent);
        return (f.bSignExponent & SIGN) != 0 ? -magnitude : magnitude;
    }

    /** FXTRACT: makes the significand of a the result and its exponent operand b. */
    public static void extract(Float80 f) {
        if (f.unarySpecial(false)) {
            f.b(f.signExponent, f.significand);
            return;
        }
        int sign = f.aSignExponent & SIGN;
        if (f.a == 0) {
            f.flags |= ZERO_DIVIDE;
            f.b(SIGN | EXPONENT, Float80.INTEGER_BIT);
            f.zero(sign);
        } else if (hasTopExponent(f.aSignExponent)) {
            f.b(EXPONENT, Float80.INTEGER_BIT);
            f.infinity(sign);
        } else {
            f.bInteger(exponent(f.aSignExponent, f.a) - BIAS);
            f.result(sign | BIAS, normalised(f.a));
        }
    }

    /**
     * FPREM and FPREM1: the remainder of a by b.
     *
     * @param nearest whether the quotient is rounded to the nearest integer (FPREM1)
     * @return C2 if the reduction is partial, else the quotient's low bits in C0, C3 and C1; -1 if
     *     there is no quotient
     */
    public static int remainder(Float80 f, boolean nearest) {
        if (f.binarySpecial()) {
            return -1;
        }
        if (hasTopExponent(f.aSignExponent) || isZero(f.bSignExponent, f.b)) {
            f.invalid();
            return -1;
        }
        if (f.denormals()) {
            return -1;
        }
        if (f.a == 0) {
            f.zero(f.aSignExponent & SIGN);
            return 0;
        }
        int aExponent = exponent(f.aSignExponent, f.a);
        if (isInfinity(f.bSignExponent, f.b)) {
            f.round(f.aSignExponent & SIGN, aExponent, normalised(f.a), 0);
            return 0;
        }
        int difference = aExponent - exponent(f.bSignExponent, f.b);
        if (difference < (nearest ? -1 : 0)) {
            f.round(f.aSignExponent & SIGN, aExponent, normalised(f.a), 0);
            return 0;
        }
        if (difference < 0) {
            return halfOrLess(f, aExponent);
        }
        return difference < 64
                ? wholeRemainder(f, difference, nearest)
                : partialRemainder(f, difference);
    }

    /** |a| is at least a quarter of |b| but less than |b|: the nearest quotient is 0 or 1. */
    private static int halfOrLess(Float80 f, int aExponent) {
        long a = normalised(f.a);
        long b = normalised(f.b);
        int sign = f.aSignExponent & SIGN;
        if (Long.compareUnsigned(a, b) <= 0) {
            f.round(sign, aExponent, a, 0);
            return 0;
        }
        // b - a, in units of a's last place: 2b - a, which is less than b.
        long difference = (b << 1) - a;
        int zeros = Long.numberOfLeadingZeros(difference);
        f.round(sign ^ SIGN, aExponent - zeros, difference << zeros, 0);
        return quotientBits(1);
    }

    private static int wholeRemainder(Float80 f, int difference, boolean nearest) {
        long b = normalised(f.b);
        int sign = f.aSignExponent & SIGN;
        long rest = normalised(f.a);
        long quotient = 0;
        if (Long.compareUnsigned(rest, b) >= 0) {
            rest -= b;
            quotient = 1;
        }
        if (difference > 0) {
            long low = rest << difference;
            long more = Wide.divide(rest >>> 64 - difference, low, b);
            rest = Wide.remainder(low, b, more);
            quotient = (quotient << difference) + more;
        }
        if (nearest && rest != 0) {
            int order = Long.compareUnsigned(rest, b - rest);
            if (order > 0 || order == 0 && (quotient & 1) != 0) {
                rest = b - rest;
                sign ^= SIGN;
                quotient++;
            }
        }
        remains(f, sign, exponent(f.bSignExponent, f.b), rest);
        return quotientBits((int) quotient);
    }

    private static int partialRemainder(Float80 f, int difference) {
        // How much one step takes off is the implementation's choice between 32 and 63.
        int step = difference & 31 | 32;
        long b = normalised(f.b);
        long rest = normalised(f.a);
        if (Long.compareUnsigned(rest, b) >= 0) {
            rest -= b;
        }
        long low = rest << step;
        long quotient = Wide.divide(rest >>> 64 - step, low, b);
        rest = Wide.remainder(low, b, quotient);
        int exponent = exponent(f.bSignExponent, f.b) + difference - step;
        remains(f, f.aSignExponent & SIGN, exponent, rest);
        return StatusWord.C2;
    }

    private static void remains(Float80 f, int sign, int exponent, long rest) {
        if (rest == 0) {
            f.zero(f.aSignExponent & SIGN);
        } else {
            int zeros = Long.numberOfLeadingZeros(rest);
            f.round(sign, exponent - zeros, rest << zeros, 0);
        }
    }

    private static int quotientBits(int quotient) {
        return ((quotient & 4) != 0 ? StatusWord.C0 : 0)
                | ((quotient & 2) != 0 ? StatusWord.C3 : 0)
                | ((quotient & 1) != 0 ? StatusWord.C1 : 0);
    }
}
