package vmm.cpu.fpu;

import static vmm.cpu.fpu.Float80.BIAS;
import static vmm.cpu.fpu.Float80.INTEGER_BIT;
import static vmm.cpu.fpu.Float80.SIGN;
import static vmm.cpu.fpu.Float80.exponent;
import static vmm.cpu.fpu.Float80.hasTopExponent;
import static vmm.cpu.fpu.Float80.isInfinity;
import static vmm.cpu.fpu.Float80.isNan;
import static vmm.cpu.fpu.Float80.isSignalling;
import static vmm.cpu.fpu.Float80.isUnsupported;
import static vmm.cpu.fpu.Float80.isZero;
import static vmm.cpu.fpu.Float80.normalised;
import static vmm.cpu.fpu.StatusWord.INVALID;
import static vmm.cpu.fpu.StatusWord.ZERO_DIVIDE;

/** Sum, product, quotient, square root and comparison of the operands of {@link Float80}. */
public final class Arithmetic80 {
    private Arithmetic80() {}

    /** a + b. */
    public static void add(Float80 f) {
        sum(f, 0);
    }

    /** a - b. */
    public static void subtract(Float80 f) {
        sum(f, SIGN);
    }

    /** b - a. */
    public static void subtractReversed(Float80 f) {
        swap(f);
        sum(f, SIGN);
    }

    private static void swap(Float80 f) {
        int signExponent = f.aSignExponent;
        long significand = f.a;
        f.a(f.bSignExponent, f.b);
        f.b(signExponent, significand);
    }

    private static void sum(Float80 f, int flip) {
        if (f.binarySpecial()) {
            return;
        }
        int aSign = f.aSignExponent & SIGN;
        int bSign = (f.bSignExponent ^ flip) & SIGN;
        boolean aInfinite = hasTopExponent(f.aSignExponent);
        boolean bInfinite = hasTopExponent(f.bSignExponent);
        if (aInfinite && bInfinite && aSign != bSign) {
            f.invalid();
            return;
        }
        if (f.denormals()) {
            return;
        }
        if (aInfinite || bInfinite) {
            f.infinity(aInfinite ? aSign : bSign);
        } else if (f.a == 0 || f.b == 0) {
            sumWithZero(f, aSign, bSign);
        } else {
            sumOfNumbers(f, aSign, bSign);
        }
    }

    private static void sumWithZero(Float80 f, int aSign, int bSign) {
        if (f.a != 0) {
            f.round(aSign, exponent(f.aSignExponent, f.a), normalised(f.a), 0);
        } else if (f.b != 0) {
            f.round(bSign, exponent(f.bSignExponent, f.b), normalised(f.b), 0);
        } else {
            f.zero(aSign == bSign ? aSign : zeroSign(f));
        }
    }

    /** Sign of the exact zero that is the sum of numbers with different signs. */
    static int zeroSign(Float80 f) {
        return f.rounding() == Float80.DOWN ? SIGN : 0;
    }

    private static void sumOfNumbers(Float80 f, int aSign, int bSign) {
        int aExponent = exponent(f.aSignExponent, f.a);
        int bExponent = exponent(f.bSignExponent, f.b);
        long a = normalised(f.a);
        long b = normalised(f.b);
        int order =
                aExponent != bExponent
                        ? Integer.compare(aExponent, bExponent)
                        : Long.compareUnsigned(a, b);
        int exponent = Math.max(aExponent, bExponent);
        int count = Math.abs(aExponent - bExponent);
        long large = order >= 0 ? a : b;
        long small = order >= 0 ? b : a;
        long high = count < 64 ? small >>> count : 0;
        long low =
                count == 0
                        ? 0
                        : count < 64 ? small << -count : Wide.shiftRightSticky(small, count - 64);
        int sign = order >= 0 ? aSign : bSign;
        if (aSign == bSign) {
            addMagnitudes(f, sign, exponent, large, high, low);
        } else if (order == 0) {
            f.zero(zeroSign(f));
        } else {
            // The larger one minus high:low.
            normalise(f, sign, exponent, large - high - (low != 0 ? 1 : 0), -low);
        }
    }

    private static void addMagnitudes(
            Float80 f, int sign, int exponent, long large, long high, long low) {
        long sum = large + high;
        if (Long.compareUnsigned(sum, large) < 0) {
            long shifted = sum << 63 | low >>> 1 | low & 1;
            f.round(sign, exponent + 1, sum >>> 1 | INTEGER_BIT, shifted);
        } else {
            f.round(sign, exponent, sum, low);
        }
    }

    /** Shifts {@code high:low}, not zero, until its top bit is set, and rounds. */
    static void normalise(Float80 f, int sign, int exponent, long high, long low) {
        if (high == 0) {
            int zeros = Long.numberOfLeadingZeros(low);
            f.round(sign, exponent - 64 - zeros, low << zeros, 0);
            return;
        }
        int zeros = Long.numberOfLeadingZeros(high);
        if (zeros == 0) {
            f.round(sign, exponent, high, low);
        } else {
            f.round(sign, exponent - zeros, high << zeros | low >>> -zeros, low << zeros);
        }
    }

    /** a * b. */
    public static void multiply(Float80 f) {
        if (f.binarySpecial()) {
            return;
        }
        int sign = (f.aSignExponent ^ f.bSignExponent) & SIGN;
        boolean infinite = hasTopExponent(f.aSignExponent) || hasTopExponent(f.bSignExponent);
        boolean zero = isZero(f.aSignExponent, f.a) || isZero(f.bSignExponent, f.b);
        if (infinite && zero) {
            f.invalid();
            return;
        }
        if (f.denormals()) {
            return;
        }
        if (infinite) {
            f.infinity(sign);
            return;
        }
        if (zero) {
            f.zero(sign);
            return;
        }
        int exponent = exponent(f.aSignExponent, f.a) + exponent(f.bSignExponent, f.b) - BIAS + 1;
        long a = normalised(f.a);
        long b = normalised(f.b);
        normalise(f, sign, exponent, Math.unsignedMultiplyHigh(a, b), a * b);
    }

    /** a / b. */
    public static void divide(Float80 f) {
        if (f.binarySpecial()) {
            return;
        }
        int sign = (f.aSignExponent ^ f.bSignExponent) & SIGN;
        boolean aInfinite = hasTopExponent(f.aSignExponent);
        boolean bInfinite = hasTopExponent(f.bSignExponent);
        boolean aZero = isZero(f.aSignExponent, f.a);
        boolean bZero = isZero(f.bSignExponent, f.b);
        if (aInfinite && bInfinite || aZero && bZero) {
            f.invalid();
            return;
        }
        if (bZero && !aInfinite) {
            f.flags |= ZERO_DIVIDE; // and not DENORMAL, whatever a is
            f.infinity(sign);
            return;
        }
        if (f.denormals()) {
            return;
        }
        if (aInfinite) {
            f.infinity(sign);
        } else if (bInfinite || aZero) {
            f.zero(sign);
        } else {
            quotient(f, sign);
        }
    }

    /** b / a. */
    public static void divideReversed(Float80 f) {
        swap(f);
        divide(f);
    }

    private static void quotient(Float80 f, int sign) {
        int exponent = exponent(f.aSignExponent, f.a) - exponent(f.bSignExponent, f.b) + BIAS;
        long a = normalised(f.a);
        long b = normalised(f.b);
        boolean less = Long.compareUnsigned(a, b) < 0;
        long low = less ? 0 : a << 63;
        long quotient = Wide.divide(less ? a : a >>> 1, low, b);
        long remainder = Wide.remainder(low, b, quotient);
        f.round(sign, less ? exponent - 1 : exponent, quotient, fraction(remainder, b));
    }

    /** Stands for {@code remainder / divisor}: how it compares to a half. */
    private static long fraction(long remainder, long divisor) {
        if (remainder == 0) {
            return 0;
        }
        int order = Long.compareUnsigned(remainder, divisor - remainder);
        return order < 0 ? 1 : order == 0 ? INTEGER_BIT : INTEGER_BIT | 1;
    }

    /** Square root of a. */
    public static void squareRoot(Float80 f) {
        if (f.unarySpecial(f.a != 0 && (f.aSignExponent & SIGN) != 0)) {
            return;
        }
        if (f.a == 0 || hasTopExponent(f.aSignExponent)) {
            f.result(f.aSignExponent, f.a);
            return;
        }
        int exponent = exponent(f.aSignExponent, f.a) - BIAS;
        long a = normalised(f.a);
        boolean odd = (exponent & 1) != 0;
        long high = odd ? a : a >>> 1;
        long low = odd ? 0 : a << 63;
        long root = Wide.squareRoot(high, low);
        long restLow = low - root * root;
        long restHigh =
                high
                        - Math.unsignedMultiplyHigh(root, root)
                        - (Long.compareUnsigned(low, root * root) < 0 ? 1 : 0);
        // (root + 1/2)^2 = root^2 + root + 1/4: the rest never makes a half exactly.
        boolean above = restHigh != 0 || Long.compareUnsigned(restLow, root) > 0;
        long fraction = above ? INTEGER_BIT | 1 : restLow != 0 ? 1 : 0;
        f.round(0, (exponent >> 1) + BIAS, root, fraction);
    }

    /**
     * Compares a with b.
     *
     * @param quiet whether quiet NaNs are no invalid operation (FUCOM)
     * @return C3, C2 and C0 as FCOM sets them
     */
    public static int compare(Float80 f, boolean quiet) {
        if (isUnsupported(f.aSignExponent, f.a) || isUnsupported(f.bSignExponent, f.b)) {
            f.flags |= INVALID;
            return StatusWord.C3 | StatusWord.C2 | StatusWord.C0;
        }
        if (isNan(f.aSignExponent, f.a) || isNan(f.bSignExponent, f.b)) {
            if (!quiet
                    || isSignalling(f.aSignExponent, f.a)
                    || isSignalling(f.bSignExponent, f.b)) {
                f.flags |= INVALID;
            }
            return StatusWord.C3 | StatusWord.C2 | StatusWord.C0;
        }
        f.denormals();
        int order = order(f);
        return order == 0 ? StatusWord.C3 : order < 0 ? StatusWord.C0 : 0;
    }

    private static int order(Float80 f) {
        boolean aNegative = (f.aSignExponent & SIGN) != 0;
        boolean bNegative = (f.bSignExponent & SIGN) != 0;
        if (isZero(f.aSignExponent, f.a) && isZero(f.bSignExponent, f.b)) {
            return 0;
        }
        if (aNegative != bNegative) {
            return aNegative ? -1 : 1;
        }
        int magnitude = magnitudeOrder(f);
        return aNegative ? -magnitude : magnitude;
    }

    private static int magnitudeOrder(Float80 f) {
        // Pseudo-denormals have the exponent of the smallest normal numbers.
        int aExponent = Math.max(f.aSignExponent & Float80.EXPONENT, 1);
        int bExponent = Math.max(f.bSignExponent & Float80.EXPONENT, 1);
        return aExponent != bExponent
                ? Integer.compare(aExponent, bExponent)
                : Long.compareUnsigned(f.a, f.b);
    }

    /** FXAM without C1: C3, C2 and C0 for the class of a. */
    public static int examine(Float80 f) {
        if (isUnsupported(f.aSignExponent, f.a)) {
            return 0;
        }
        if (isNan(f.aSignExponent, f.a)) {
            return StatusWord.C0;
        }
        if (isInfinity(f.aSignExponent, f.a)) {
            return StatusWord.C2 | StatusWord.C0;
        }
        if ((f.aSignExponent & Float80.EXPONENT) != 0) {
            return StatusWord.C2;
        }
        return f.a == 0 ? StatusWord.C3 : StatusWord.C3 | StatusWord.C2;
    }
}
