package vmm.cpu.fpu;

import static vmm.cpu.fpu.StatusWord.DENORMAL;
import static vmm.cpu.fpu.StatusWord.INVALID;
import static vmm.cpu.fpu.StatusWord.OVERFLOW;
import static vmm.cpu.fpu.StatusWord.PRECISION;
import static vmm.cpu.fpu.StatusWord.UNDERFLOW;

/**
 * The data path of the x87 unit: two operands, a result, and the exceptions that the operation
 * meets; SDM volume 1 sections 4.8, 4.9 and 8.5. One instance per processor, filled anew for every
 * operation, so that nothing is allocated.
 *
 * <p>Numbers are in double extended precision: sign (bit 15) and biased exponent in an int, the
 * significand with its integer bit in a long.
 */
public final class Float80 {
    static final int SIGN = 0x8000;
    static final int EXPONENT = 0x7fff;
    static final int BIAS = 16383;
    static final long INTEGER_BIT = Long.MIN_VALUE;
    static final long QUIET_BIT = 1L << 62;

    /** What unmasked overflow and underflow add to the exponent or take off it. */
    static final int RESCALE = 24576;

    /** Rounding modes: field RC of the control word. */
    static final int NEAREST = 0, DOWN = 1, UP = 2, CHOP = 3;

    /** Result of an invalid operation: the real indefinite. */
    static final int INDEFINITE_SIGN_EXPONENT = 0xffff;

    static final long INDEFINITE_SIGNIFICAND = 3L << 62;

    // Operands.
    int aSignExponent;
    long a;
    int bSignExponent;
    long b;

    /** Whether b is not an extended number from a register, but was a denormal in memory. */
    boolean bDenormal;

    /** Sign and exponent of the result. */
    public int signExponent;

    /** Significand of the result. */
    public long significand;

    /** Exceptions that the operation has met: bits of the status word. */
    public int flags;

    /** Whether the result was rounded away from zero: C1. */
    public boolean roundedUp;

    /** Control word. */
    private int control;

    /** Bits of the significand that the running operation keeps: 24, 53 or 64. */
    private int precision;

    /** Starts an operation whose result has the full precision, under control word {@code word}. */
    public void begin(int word) {
        control = word;
        precision = 64;
        flags = 0;
        roundedUp = false;
        bDenormal = false;
    }

    /** Makes the result as precise as field PC of the control word says. */
    public void limitPrecision() {
        precision =
                switch (control >> 8 & 3) {
                    case 0 -> 24;
                    case 2 -> 53;
                    default -> 64;
                };
    }

    /** Sets the first operand. */
    public void a(int signExponent, long significand) {
        aSignExponent = signExponent;
        a = significand;
    }

    /** Sets the second operand. */
    public void b(int signExponent, long significand) {
        bSignExponent = signExponent;
        b = significand;
    }

    /** Sets the second operand to an integer. */
    public void bInteger(long value) {
        long magnitude = Math.abs(value);
        int zeros = Long.numberOfLeadingZeros(magnitude);
        b = magnitude == 0 ? 0 : magnitude << zeros;
        bSignExponent = (magnitude == 0 ? 0 : BIAS + 63 - zeros) | (value < 0 ? SIGN : 0);
    }

    /** Sets the second operand to the single-precision number with bits {@code value}. */
    public void bFloat(int value) {
        bBinary((long) value << 32, 8, 127);
    }

    /** Sets the second operand to the double-precision number with bits {@code value}. */
    public void bDouble(long value) {
        bBinary(value, 11, 1023);
    }

    /** The format: sign, {@code exponentBits}, and then the fraction, at the top of a long. */
    private void bBinary(long value, int exponentBits, int bias) {
        int sign = value < 0 ? SIGN : 0;
        int exponent = (int) (value << 1 >>> 64 - exponentBits);
        long fraction = value << 1 + exponentBits >>> 1;
        if (exponent == (1 << exponentBits) - 1) {
            b(sign | EXPONENT, fraction | INTEGER_BIT);
        } else if (exponent != 0) {
            b(sign | exponent - bias + BIAS, fraction | INTEGER_BIT);
        } else if (fraction == 0) {
            b(sign, 0);
        } else {
            int zeros = Long.numberOfLeadingZeros(fraction);
            b(sign | 1 - bias + BIAS - zeros, fraction << zeros);
            bDenormal = true;
        }
    }

    /** Makes the second operand the result, as loading it does. */
    public void load() {
        if (isSignalling(bSignExponent, b)) {
            flags |= INVALID;
            result(bSignExponent, b | QUIET_BIT);
            return;
        }
        flags |= bDenormal ? DENORMAL : 0;
        result(bSignExponent, b);
    }

    /** Makes the second operand the result without looking at it. */
    public void move() {
        result(bSignExponent, b);
    }

    /** Makes the first operand the result without looking at it. */
    public void moveA() {
        result(aSignExponent, a);
    }

    /** Makes zero the result. */
    public void zero() {
        zero(0);
    }

    /** Sign and exponent of the second operand, where operations leave a second result. */
    public int exponentOfB() {
        return bSignExponent;
    }

    /** Significand of the second operand. */
    public long significandOfB() {
        return b;
    }

    /** Makes {@code high:low} the result, rounded but never inexact, as the constants are. */
    public void constant(int signExponent, long high, long low) {
        round(0, signExponent, high, low);
        flags = 0;
        roundedUp = false;
    }

    /** Whether an unmasked exception so far forbids a result in a register. */
    public boolean suppressed() {
        return (flags & ~control & (INVALID | DENORMAL | StatusWord.ZERO_DIVIDE)) != 0;
    }

    /** Whether one of {@code exceptions} was met and is not masked. */
    public boolean unmasked(int exceptions) {
        return (flags & ~control & exceptions) != 0;
    }

    /** Whether {@code exceptions} are all masked, met or not. */
    boolean masked(int exceptions) {
        return (~control & exceptions) == 0;
    }

    int rounding() {
        return control >> 10 & 3;
    }

    // Kinds of numbers

    static boolean isZero(int signExponent, long significand) {
        return significand == 0 && (signExponent & EXPONENT) == 0;
    }

    /** Infinity, NaN, or one of the encodings of both that are no longer supported. */
    static boolean hasTopExponent(int signExponent) {
        return (signExponent & EXPONENT) == EXPONENT;
    }

    static boolean isInfinity(int signExponent, long significand) {
        return hasTopExponent(signExponent) && significand == INTEGER_BIT;
    }

    static boolean isNan(int signExponent, long significand) {
        return hasTopExponent(signExponent) && significand < 0 && significand != INTEGER_BIT;
    }

    static boolean isSignalling(int signExponent, long significand) {
        return isNan(signExponent, significand) && (significand & QUIET_BIT) == 0;
    }

    /** Pseudo-NaN, pseudo-infinity and unnormal, SDM volume 1 table 8-3. */
    static boolean isUnsupported(int signExponent, long significand) {
        return significand >= 0 && (signExponent & EXPONENT) != 0;
    }

    /** Denormal or pseudo-denormal. */
    static boolean isDenormal(int signExponent, long significand) {
        return (signExponent & EXPONENT) == 0 && significand != 0;
    }

    /** Exponent of a number as if its significand were {@link #normalised}. */
    static int exponent(int signExponent, long significand) {
        int exponent = signExponent & EXPONENT;
        return exponent == 0 ? 1 - Long.numberOfLeadingZeros(significand) : exponent;
    }

    /** {@code significand}, not zero, shifted left until its integer bit is set. */
    static long normalised(long significand) {
        return significand << Long.numberOfLeadingZeros(significand);
    }

    // Results

    void result(int signExponent, long significand) {
        this.signExponent = signExponent;
        this.significand = significand;
    }

    void zero(int sign) {
        result(sign, 0);
    }

    void infinity(int sign) {
        result(sign | EXPONENT, INTEGER_BIT);
    }

    /** Invalid operation, with the indefinite as the masked response. */
    public void invalid() {
        flags |= INVALID;
        result(INDEFINITE_SIGN_EXPONENT, INDEFINITE_SIGNIFICAND);
    }

    /**
     * Settles an operation of one operand that is unsupported, a NaN or outside of the domain, and
     * notes a denormal.
     *
     * @param outside whether the operand, if it is a number, has no result
     * @return whether the result is already there, or none may be stored
     */
    boolean unarySpecial(boolean outside) {
        if (isUnsupported(aSignExponent, a)) {
            invalid();
            return true;
        }
        if (isNan(aSignExponent, a)) {
            flags |= (a & QUIET_BIT) == 0 ? INVALID : 0;
            result(aSignExponent, a | QUIET_BIT);
            return true;
        }
        if (outside) {
            invalid();
            return true;
        }
        if (isDenormal(aSignExponent, a)) {
            flags |= DENORMAL;
        }
        return suppressed();
    }

    /** Settles an operation with an operand that is unsupported or a NaN. */
    boolean binarySpecial() {
        if (isUnsupported(aSignExponent, a) || isUnsupported(bSignExponent, b)) {
            invalid();
            return true;
        }
        if (isNan(aSignExponent, a) || isNan(bSignExponent, b)) {
            nan();
            return true;
        }
        return false;
    }

    /** Notes a denormal operand; whether that forbids going on. */
    boolean denormals() {
        if (bDenormal || isDenormal(aSignExponent, a) || isDenormal(bSignExponent, b)) {
            flags |= DENORMAL;
        }
        return suppressed();
    }

    /** The NaN that results when at least one operand is a NaN, SDM volume 1 table 4-7. */
    private void nan() {
        boolean aSignalling = isSignalling(aSignExponent, a);
        boolean bSignalling = isSignalling(bSignExponent, b);
        if (aSignalling || bSignalling) {
            flags |= INVALID;
        }
        boolean first;
        if (!isNan(aSignExponent, a) || !isNan(bSignExponent, b)) {
            first = isNan(aSignExponent, a);
        } else if (aSignalling != bSignalling) {
            first = bSignalling;
        } else {
            int order = Long.compareUnsigned(a | QUIET_BIT, b | QUIET_BIT);
            first = order > 0 || order == 0 && aSignExponent <= bSignExponent;
        }
        if (first) {
            result(aSignExponent, a | QUIET_BIT);
        } else {
            result(bSignExponent, b | QUIET_BIT);
        }
    }

    // Rounding

    /**
     * Makes {@code high:low}, whose top bit is set, the significand of the result, rounded as the
     * control word says.
     *
     * @param sign 0 or {@link #SIGN}
     * @param exponent biased, any number
     * @param low the bits behind the significand; the last one stands for all that are not zero
     *     behind it
     */
    void round(int sign, int exponent, long high, long low) {
        int e = exponent;
        if (e <= 0) {
            boolean tiny = e < 0 || !carries(sign, high, low);
            if (masked(UNDERFLOW) || !tiny) {
                roundDenormal(sign, e, high, low, tiny);
                return;
            }
            flags |= UNDERFLOW;
            e += RESCALE;
        }
        long kept = roundSignificand(sign, high, low);
        if (kept == 0) {
            kept = INTEGER_BIT;
            e++;
        }
        if (e >= EXPONENT) {
            flags |= OVERFLOW;
            if (masked(OVERFLOW)) {
                overflow(sign);
                return;
            }
            e -= RESCALE;
        }
        if (e >= EXPONENT) {
            flags |= PRECISION;
            roundedUp = true;
            infinity(sign);
        } else if (e <= 0) {
            flags |= PRECISION;
            roundedUp = false;
            zero(sign);
        } else {
            result(sign | e, kept);
        }
    }

    /** The masked response to overflow. */
    private void overflow(int sign) {
        flags |= PRECISION;
        roundedUp = awayFromZero(sign, INTEGER_BIT | 1, false);
        if (roundedUp) {
            infinity(sign);
        } else {
            result(sign | EXPONENT - 1, -1L << 64 - precision);
        }
    }

    private void roundDenormal(int sign, int exponent, long high, long low, boolean tiny) {
        int count = 1 - exponent;
        long shiftedLow =
                count < 64
                        ? high << -count | Wide.shiftRightSticky(low, count)
                        : Wide.shiftRightSticky(high, count - 64) | (low != 0 ? 1 : 0);
        long kept = roundSignificand(sign, count < 64 ? high >>> count : 0, shiftedLow);
        if (tiny && (flags & PRECISION) != 0) {
            flags |= UNDERFLOW;
        }
        result(sign | (kept < 0 ? 1 : 0), kept);
    }

    /** Whether rounding makes a carry out of the top bit. */
    private boolean carries(int sign, long high, long low) {
        long unit = 1L << 64 - precision;
        return (high & -unit) == -unit && awayFromZero(sign, rest(high, low), (high & unit) != 0);
    }

    /** The significand rounded; 0 after a carry out of the top bit. */
    private long roundSignificand(int sign, long high, long low) {
        long unit = 1L << 64 - precision;
        long rest = rest(high, low);
        if (rest != 0) {
            flags |= PRECISION;
        }
        roundedUp = awayFromZero(sign, rest, (high & unit) != 0);
        return (high & -unit) + (roundedUp ? unit : 0);
    }

    /** The bits that do not fit, at the top of a long; the last one stands for all behind it. */
    private long rest(long high, long low) {
        return precision == 64 ? low : high << precision | (low != 0 ? 1 : 0);
    }

    private boolean awayFromZero(int sign, long rest, boolean odd) {
        return awayFromZero(rounding(), sign, rest, odd);
    }

    /** Whether {@code rest}, a fraction of 64 bits, rounds to one rather than to zero. */
    static boolean awayFromZero(int rounding, int sign, long rest, boolean odd) {
        return switch (rounding) {
            case NEAREST -> rest < 0 && (odd || rest != INTEGER_BIT);
            case DOWN -> sign != 0 && rest != 0;
            case UP -> sign == 0 && rest != 0;
            default -> false;
        };
    }
}
