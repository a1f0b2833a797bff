package vmm.cpu.fpu;

import static vmm.cpu.fpu.Float80.BIAS;
import static vmm.cpu.fpu.Float80.CHOP;
import static vmm.cpu.fpu.Float80.SIGN;
import static vmm.cpu.fpu.Float80.awayFromZero;
import static vmm.cpu.fpu.Float80.hasTopExponent;
import static vmm.cpu.fpu.Float80.isUnsupported;
import static vmm.cpu.fpu.StatusWord.INVALID;
import static vmm.cpu.fpu.StatusWord.OVERFLOW;
import static vmm.cpu.fpu.StatusWord.PRECISION;
import static vmm.cpu.fpu.StatusWord.UNDERFLOW;

/**
 * Extended numbers to and from the formats that memory has beside them: single and double
 * precision, integers, packed decimals; SDM volume 1 sections 4.2 and 4.7.
 */
public final class Conversion80 {
    private static final long DECIMAL_LIMIT = 1_000_000_000_000_000_000L;

    /** Packed decimal indefinite: the upper 16 bits of its 80. */
    private static final int DECIMAL_INDEFINITE_HIGH = 0xffff;

    private static final long DECIMAL_INDEFINITE_LOW = 0xc000_0000_0000_0000L;
    private static final int DECIMAL_DIGITS = 18;

    private Conversion80() {}

    /** Bits of operand a in single precision. */
    public static int toFloat(Float80 f) {
        return (int) (toBinary(f, 8) >>> 32);
    }

    /** Bits of operand a in double precision. */
    public static long toDouble(Float80 f) {
        return toBinary(f, 11);
    }

    /** The format is at the top of the long: sign, {@code exponentBits}, fraction. */
    private static long toBinary(Float80 f, int exponentBits) {
        int fractionBits = exponentBits == 8 ? 23 : 52;
        long sign = (f.aSignExponent & SIGN) != 0 ? Long.MIN_VALUE : 0;
        long top = (1L << exponentBits) - 1 << 63 - exponentBits;
        if (isUnsupported(f.aSignExponent, f.a)) {
            f.flags |= INVALID;
            return Long.MIN_VALUE | top | 1L << 62 - exponentBits;
        }
        if (hasTopExponent(f.aSignExponent)) {
            if (Float80.isSignalling(f.aSignExponent, f.a)) {
                f.flags |= INVALID;
            }
            long quiet = f.a << 1 != 0 ? Float80.QUIET_BIT : 0;
            long fraction = (f.a | quiet) << 1 >>> 1 + exponentBits;
            return sign | top | fraction & -1L << 63 - exponentBits - fractionBits;
        }
        if (f.a == 0) {
            return sign;
        }
        int exponent = Float80.exponent(f.aSignExponent, f.a) - BIAS + (1 << exponentBits - 1) - 1;
        long magnitude = binaryMagnitude(f, exponentBits, fractionBits, exponent);
        return sign | magnitude;
    }

    private static long binaryMagnitude(
            Float80 f, int exponentBits, int fractionBits, int exponent) {
        int sign = f.aSignExponent & SIGN;
        long significand = Float80.normalised(f.a);
        int drop = 63 - fractionBits;
        long kept = rounded(f, sign, significand, drop);
        boolean tiny = exponent < 0 || exponent == 0 && kept >>> fractionBits + 1 == 0;
        if (exponent <= 0) {
            f.flags &= ~PRECISION;
            if (tiny && !f.masked(UNDERFLOW)) {
                return unmasked(f, UNDERFLOW);
            }
            kept = rounded(f, sign, significand, drop + 1 - exponent);
            if (tiny && (f.flags & PRECISION) != 0) {
                f.flags |= UNDERFLOW;
            }
            return kept << 63 - exponentBits - fractionBits;
        }
        // The integer bit, and a carry out of it, add to the exponent.
        long exponentField = (long) (exponent - 1) + (kept >>> fractionBits);
        if (exponentField >= (1L << exponentBits) - 1) {
            return binaryOverflow(f, sign, exponentBits, fractionBits);
        }
        return (((long) exponent - 1 << fractionBits) + kept) << 63 - exponentBits - fractionBits;
    }

    private static long binaryOverflow(Float80 f, int sign, int exponentBits, int fractionBits) {
        if (!f.masked(OVERFLOW)) {
            return unmasked(f, OVERFLOW);
        }
        f.flags |= OVERFLOW | PRECISION;
        f.roundedUp = awayFromZero(f.rounding(), sign, Float80.INTEGER_BIT | 1, false);
        long infinity = (1L << exponentBits) - 1 << fractionBits;
        return infinity - (f.roundedUp ? 0 : 1) << 63 - exponentBits - fractionBits;
    }

    /** Nothing is stored when overflow or underflow is not masked. */
    private static long unmasked(Float80 f, int exception) {
        f.flags = f.flags & ~PRECISION | exception;
        f.roundedUp = false;
        return 0;
    }

    /** {@code significand} without its last {@code drop} (1 or more) bits, rounded. */
    private static long rounded(Float80 f, int sign, long significand, int drop) {
        long kept = drop < 64 ? significand >>> drop : 0;
        long rest = drop <= 64 ? significand << 64 - drop : 1;
        if (rest != 0) {
            f.flags |= PRECISION;
        }
        f.roundedUp = awayFromZero(f.rounding(), sign, rest, (kept & 1) != 0);
        return f.roundedUp ? kept + 1 : kept;
    }

    /**
     * Operand a as a signed integer of {@code size} (2, 4 or 8) bytes; the integer indefinite if it
     * does not fit.
     *
     * @param chop whether to truncate whatever the control word says (FISTTP)
     */
    public static long toInteger(Float80 f, int size, boolean chop) {
        int bits = 8 * size;
        if (hasTopExponent(f.aSignExponent) || isUnsupported(f.aSignExponent, f.a)) {
            f.flags |= INVALID;
            return Long.MIN_VALUE >> 64 - bits;
        }
        long magnitude = magnitude(f, chop ? CHOP : f.rounding());
        boolean negative = (f.aSignExponent & SIGN) != 0;
        long largest = (1L << bits - 1) - (negative ? 0 : 1);
        if (Long.compareUnsigned(magnitude, largest) > 0) {
            f.flags = f.flags & ~PRECISION | INVALID;
            f.roundedUp = false;
            return Long.MIN_VALUE >> 64 - bits;
        }
        return negative ? -magnitude : magnitude;
    }

    /** The absolute value of a, rounded to an integer; all ones if it is 2^64 or more. */
    private static long magnitude(Float80 f, int rounding) {
        int exponent = (f.aSignExponent & Float80.EXPONENT) - BIAS;
        if (f.a == 0) {
            return 0;
        }
        if (exponent >= 63) {
            return exponent == 63 ? f.a : -1;
        }
        int drop = 63 - exponent;
        long kept = drop < 64 ? f.a >>> drop : 0;
        long rest = drop <= 64 ? f.a << 64 - drop : 1;
        if (rest != 0) {
            f.flags |= PRECISION;
        }
        f.roundedUp = awayFromZero(rounding, f.aSignExponent & SIGN, rest, (kept & 1) != 0);
        return f.roundedUp ? kept + 1 : kept;
    }

    /** Makes the packed decimal {@code high:low} (80 bits) operand b. */
    public static void fromDecimal(Float80 f, int high, long low) {
        long value = 10L * (high >>> 4 & 15) + (high & 15);
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * 10 + (low >>> shift & 15);
        }
        f.bInteger(value);
        f.bSignExponent |= high & SIGN;
    }

    /**
     * Operand a as a packed decimal: leaves the lower 64 bits of 80 in the result's significand.
     */
    public static void toDecimal(Float80 f) {
        boolean number = !hasTopExponent(f.aSignExponent) && !isUnsupported(f.aSignExponent, f.a);
        long magnitude = number ? magnitude(f, f.rounding()) : -1;
        if (Long.compareUnsigned(magnitude, DECIMAL_LIMIT) >= 0) {
            f.flags = f.flags & ~PRECISION | INVALID;
            f.roundedUp = false;
            f.result(DECIMAL_INDEFINITE_HIGH, DECIMAL_INDEFINITE_LOW);
            return;
        }
        long low = 0;
        int high = 0;
        for (int digit = 0; digit < DECIMAL_DIGITS; digit++) {
            long value = magnitude % 10;
            magnitude /= 10;
            if (digit < 16) {
                low |= value << 4 * digit;
            } else {
                high |= (int) value << 4 * (digit - 16);
            }
        }
        f.result(f.aSignExponent & SIGN | high, low);
    }
}
