package vmm.cpu.fpu;

/**
 * Single and double precision arithmetic exactly as the SSE unit does it: the four rounding modes,
 * denormals-are-zero, flush-to-zero, NaN payloads and exception flags (SDM volume 1 sections 4.8,
 * 4.9 and 11.5). Java's own arithmetic rounds to nearest and reports nothing; callers use it where
 * that is enough.
 *
 * <p>Numbers are their IEEE bit patterns, single precision ones zero-extended. A format is given by
 * its number of fraction bits. One instance serves one processor; {@link #begin} starts an
 * instruction, {@link #flags} collects the exceptions of all its lanes.
 */
public final class SoftFloat {
    /** Formats. */
    public static final int HALF = 10, SINGLE = 23, DOUBLE = 52;

    /** Exceptions, as in MXCSR; their masks are seven bits higher. */
    public static final int INVALID = 1,
            DENORMAL = 2,
            ZERO_DIVIDE = 4,
            OVERFLOW = 8,
            UNDERFLOW = 16,
            PRECISION = 32;

    public static final int MASK_SHIFT = 7;
    public static final int DAZ = 1 << 6, FTZ = 1 << 15, ROUNDING_SHIFT = 13;

    /** Rounding modes. */
    public static final int NEAREST = 0, DOWN = 1, UP = 2, TO_ZERO = 3;

    /** Results of {@link #compare}. */
    public static final int LESS = -1, EQUAL = 0, GREATER = 1, UNORDERED = 2;

    /** Exceptions since {@link #begin}. */
    public int flags;

    private int mxcsr;
    private int rounding;

    // The number that unpack() found: (-1)^sign * significand * 2^(exponent - 63), top bit set.
    int exponent;
    long significand;

    private boolean inexactInteger;
    private final FusedSum fusedSum = new FusedSum(this);

    /** Starts an instruction under {@code mxcsr}. */
    public void begin(int mxcsr) {
        this.mxcsr = mxcsr;
        flags = 0;
        rounding = mxcsr >> ROUNDING_SHIFT & 3;
    }

    // Formats

    private static int bias(int format) {
        return format == DOUBLE ? 1023 : format == SINGLE ? 127 : 15;
    }

    static long signBit(int format) {
        return format == DOUBLE ? 1L << 63 : format == SINGLE ? 1L << 31 : 1L << 15;
    }

    static long infinity(int format) {
        return format == DOUBLE ? 0x7ffL << 52 : format == SINGLE ? 0xffL << 23 : 0x1fL << 10;
    }

    static long magnitude(long a, int format) {
        return a & ~signBit(format);
    }

    static boolean negative(long a, int format) {
        return (a & signBit(format)) != 0;
    }

    /** Whether {@code a} is a NaN. */
    public static boolean isNan(long a, int format) {
        return magnitude(a, format) > infinity(format);
    }

    private static boolean isSignaling(long a, int format) {
        return isNan(a, format) && (a >> format - 1 & 1) == 0;
    }

    private static long quiet(long a, int format) {
        return a | 1L << format - 1;
    }

    private static long defaultNan(int format) {
        return signBit(format) | infinity(format) | 1L << format - 1;
    }

    private static boolean isDenormal(long a, int format) {
        long m = magnitude(a, format);
        return m != 0 && m < 1L << format;
    }

    long invalid(int format) {
        flags |= INVALID;
        return defaultNan(format);
    }

    /** The NaN that an operation on a and b, at least one of them a NaN, results in. */
    private long propagate(long a, long b, int format) {
        if (isSignaling(a, format) || isSignaling(b, format)) {
            flags |= INVALID;
        }
        return quiet(isNan(a, format) ? a : b, format);
    }

    /** The NaN that a fused operation results in. */
    private long propagate(long a, long b, long c, int format) {
        if (isSignaling(a, format) || isSignaling(b, format) || isSignaling(c, format)) {
            flags |= INVALID;
        }
        return quiet(isNan(a, format) ? a : isNan(b, format) ? b : c, format);
    }

    /** The operand as the unit sees it: under DAZ denormals are zeros. */
    private long input(long a, int format) {
        return (mxcsr & DAZ) != 0 && isDenormal(a, format) ? a & signBit(format) : a;
    }

    void noteDenormal(long a, int format) {
        if (isDenormal(a, format)) {
            flags |= DENORMAL;
        }
    }

    void unpack(long a, int format) {
        long m = magnitude(a, format);
        int biased = (int) (m >>> format);
        long fraction = m & (1L << format) - 1;
        if (biased == 0) {
            int zeros = Long.numberOfLeadingZeros(fraction);
            significand = zeros == 64 ? 0 : fraction << zeros;
            exponent = 1 - bias(format) - (zeros - (63 - format));
        } else {
            significand = (fraction | 1L << format) << 63 - format;
            exponent = biased - bias(format);
        }
    }

    // Rounding

    /** {@code value / 2^drop}, rounded to an integer in the mode {@code mode}. */
    private static long rounded(boolean negative, long value, int drop, int mode) {
        long kept = value >>> drop;
        long rest = value & (1L << drop) - 1;
        long half = 1L << drop - 1;
        boolean up =
                switch (mode) {
                    case NEAREST -> rest > half || rest == half && (kept & 1) != 0;
                    case DOWN -> negative && rest != 0;
                    case UP -> !negative && rest != 0;
                    default -> false;
                };
        return up ? kept + 1 : kept;
    }

    /**
     * Rounds the number {@code (-1)^negative * high.low * 2^(exponent - 63)} to a format; the top
     * bit of {@code high} is set.
     */
    long pack(boolean negative, int exponent, long high, long low, int format) {
        int drop = 63 - format;
        int bias = bias(format);
        long sign = negative ? signBit(format) : 0;
        long sig = low != 0 ? high | 1 : high;
        if (exponent > bias) {
            return overflow(negative, low != 0 || (high & (1L << drop) - 1) != 0, format);
        }
        long base = (long) (exponent + bias - 1) << format;
        boolean tiny = false;
        if (exponent < 1 - bias) {
            // Tininess is judged after rounding to an unbounded exponent.
            tiny = exponent < -bias || rounded(negative, sig, drop, rounding) != 1L << format + 1;
            sig = Wide.shiftRightSticky(sig, 1 - bias - exponent);
            base = 0;
        }
        boolean inexact = (sig & (1L << drop) - 1) != 0;
        if (tiny) {
            if ((mxcsr & UNDERFLOW << MASK_SHIFT) == 0) {
                flags |= UNDERFLOW;
                // The handler would get the result with an unbounded exponent.
                inexact = low != 0 || (high & (1L << drop) - 1) != 0;
            } else if ((mxcsr & FTZ) != 0) {
                flags |= UNDERFLOW | PRECISION;
                return sign;
            } else if (inexact) {
                flags |= UNDERFLOW;
            }
        }
        // The hidden bit, and a carry out of the fraction, add to the exponent.
        long result = base + rounded(negative, sig, drop, rounding);
        if (inexact) {
            flags |= PRECISION;
        }
        return result < infinity(format) ? sign | result : overflow(negative, inexact, format);
    }

    private long overflow(boolean negative, boolean inexact, int format) {
        flags |= OVERFLOW;
        if (inexact || (mxcsr & OVERFLOW << MASK_SHIFT) != 0) {
            flags |= PRECISION;
        }
        boolean toInfinity = rounding == NEAREST || (negative ? rounding == DOWN : rounding == UP);
        long m = toInfinity ? infinity(format) : infinity(format) - 1;
        return negative ? signBit(format) | m : m;
    }

    // Arithmetic

    public long add(long a, long b, int format) {
        if (isNan(a, format) || isNan(b, format)) {
            return propagate(a, b, format);
        }
        return addNumbers(input(a, format), input(b, format), format);
    }

    public long sub(long a, long b, int format) {
        if (isNan(a, format) || isNan(b, format)) {
            return propagate(a, b, format);
        }
        return addNumbers(input(a, format), input(b, format) ^ signBit(format), format);
    }

    long addNumbers(long a, long b, int format) {
        long infinity = infinity(format);
        boolean sameSign = negative(a, format) == negative(b, format);
        if (magnitude(a, format) == infinity || magnitude(b, format) == infinity) {
            if (!sameSign && magnitude(a, format) == magnitude(b, format)) {
                return invalid(format);
            }
            noteDenormal(a, format);
            noteDenormal(b, format);
            return magnitude(a, format) == infinity ? a : b;
        }
        noteDenormal(a, format);
        noteDenormal(b, format);
        long ma = magnitude(a, format);
        long mb = magnitude(b, format);
        if (ma < mb) {
            return addOrdered(b, a, sameSign, format);
        }
        if (ma == mb && !sameSign) {
            return rounding == DOWN ? signBit(format) : 0;
        }
        return ma == 0 ? a : addOrdered(a, b, sameSign, format);
    }

    /** Adds where the magnitude of a is not below that of b, and is not zero. */
    private long addOrdered(long a, long b, boolean sameSign, int format) {
        boolean negative = negative(a, format);
        unpack(b, format);
        long low = 0;
        long sb = significand;
        int eb = exponent;
        unpack(a, format);
        int distance = sb == 0 ? 0 : exponent - eb;
        long high = Wide.shiftRightSticky(sb, distance);
        if (distance > 0 && distance < 64) {
            low = sb << -distance;
            high = sb >>> distance;
        } else if (distance >= 64) {
            // Only that there is something below matters.
            high = 0;
            low = 1;
        }
        if (sameSign) {
            long sum = significand + high;
            if (Long.compareUnsigned(sum, significand) < 0) {
                long lost = sum & 1;
                return pack(negative, exponent + 1, sum >>> 1 | 1L << 63, low | lost, format);
            }
            return pack(negative, exponent, sum, low, format);
        }
        long difference = significand - high - (low != 0 ? 1 : 0);
        low = -low;
        int zeros = Long.numberOfLeadingZeros(difference);
        if (zeros == 64) {
            difference = low;
            low = 0;
            exponent -= 64;
            zeros = Long.numberOfLeadingZeros(difference);
        }
        if (zeros > 0) {
            difference = difference << zeros | low >>> -zeros;
            low <<= zeros;
        }
        return pack(negative, exponent - zeros, difference, low, format);
    }

    public long mul(long a, long b, int format) {
        if (isNan(a, format) || isNan(b, format)) {
            return propagate(a, b, format);
        }
        a = input(a, format);
        b = input(b, format);
        long sign = (a ^ b) & signBit(format);
        long ma = magnitude(a, format);
        long mb = magnitude(b, format);
        long infinity = infinity(format);
        if (ma == infinity && mb == 0 || ma == 0 && mb == infinity) {
            return invalid(format);
        }
        noteDenormal(a, format);
        noteDenormal(b, format);
        if (ma == infinity || mb == infinity) {
            return sign | infinity;
        }
        if (ma == 0 || mb == 0) {
            return sign;
        }
        unpack(b, format);
        long sb = significand;
        int eb = exponent;
        unpack(a, format);
        long high = Math.unsignedMultiplyHigh(significand, sb);
        long low = significand * sb;
        int e = exponent + eb + 1;
        if (high >= 0) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            e--;
        }
        return pack(sign != 0, e, high, low, format);
    }

    /** {@code a * b + c} rounded once; the product, the addend or both may be negated. */
    public long fused(
            long a, long b, long c, boolean negateProduct, boolean negateAddend, int format) {
        if (isNan(a, format) || isNan(b, format) || isNan(c, format)) {
            return propagate(a, b, c, format);
        }
        long x = input(a, format) ^ (negateProduct ? signBit(format) : 0);
        long z = input(c, format) ^ (negateAddend ? signBit(format) : 0);
        return fusedSum.of(x, input(b, format), z, format);
    }

    public long div(long a, long b, int format) {
        if (isNan(a, format) || isNan(b, format)) {
            return propagate(a, b, format);
        }
        a = input(a, format);
        b = input(b, format);
        long sign = (a ^ b) & signBit(format);
        long ma = magnitude(a, format);
        long mb = magnitude(b, format);
        long infinity = infinity(format);
        if (ma == infinity && mb == infinity || ma == 0 && mb == 0) {
            return invalid(format);
        }
        if (mb == 0 && ma != infinity) {
            flags |= ZERO_DIVIDE;
            return sign | infinity;
        }
        noteDenormal(a, format);
        noteDenormal(b, format);
        if (ma == infinity) {
            return sign | infinity;
        }
        if (ma == 0 || mb == infinity) {
            return sign;
        }
        unpack(b, format);
        long sb = significand;
        int eb = exponent;
        unpack(a, format);
        boolean less = Long.compareUnsigned(significand, sb) < 0;
        long high = less ? significand : significand >>> 1;
        long low = less ? 0 : significand << 63;
        long quotient = Wide.divide(high, low, sb);
        long rest = Wide.remainder(low, sb, quotient);
        return pack(sign != 0, exponent - eb - (less ? 1 : 0), quotient, rest, format);
    }

    public long sqrt(long a, int format) {
        if (isNan(a, format)) {
            return propagate(a, a, format);
        }
        a = input(a, format);
        if (magnitude(a, format) == 0) {
            return a;
        }
        if (negative(a, format)) {
            return invalid(format);
        }
        noteDenormal(a, format);
        if (a == infinity(format)) {
            return a;
        }
        unpack(a, format);
        boolean odd = (exponent & 1) != 0;
        long high = odd ? significand : significand >>> 1;
        long low = odd ? 0 : significand << 63;
        long root = Wide.squareRoot(high, low);
        // The root has more bits than any format needs, so that the rest only says "inexact".
        boolean exact = root * root == low && Math.unsignedMultiplyHigh(root, root) == high;
        return pack(false, exponent >> 1, root, exact ? 0 : 1, format);
    }

    // Comparison

    /** Compares; {@code signaling} says whether quiet NaNs are invalid too. */
    public int compare(long a, long b, boolean signaling, int format) {
        if (isNan(a, format) || isNan(b, format)) {
            if (signaling || isSignaling(a, format) || isSignaling(b, format)) {
                flags |= INVALID;
            }
            return UNORDERED;
        }
        a = input(a, format);
        b = input(b, format);
        noteDenormal(a, format);
        noteDenormal(b, format);
        return Long.compare(ordinal(a, format), ordinal(b, format));
    }

    /** A number that orders as the float does; both zeros are 0. */
    private static long ordinal(long a, int format) {
        long m = magnitude(a, format);
        return negative(a, format) ? -m : m;
    }

    /** MINSS: the second operand if either is a NaN or both are zeros. */
    public long min(long a, long b, int format) {
        int order = compare(a, b, true, format);
        return input(order == LESS ? a : b, format);
    }

    public long max(long a, long b, int format) {
        int order = compare(a, b, true, format);
        return input(order == GREATER ? a : b, format);
    }

    // Conversion

    /** To another format. */
    public long convert(long a, int from, int to) {
        boolean negative = negative(a, from);
        long sign = negative ? signBit(to) : 0;
        if (isNan(a, from)) {
            if (isSignaling(a, from)) {
                flags |= INVALID;
            }
            long payload = a & (1L << from) - 1;
            long moved = from < to ? payload << to - from : payload >>> from - to;
            return quiet(sign | infinity(to) | moved, to);
        }
        a = input(a, from);
        noteDenormal(a, from);
        long m = magnitude(a, from);
        if (m == 0 || m == infinity(from)) {
            return m == 0 ? sign : sign | infinity(to);
        }
        unpack(a, from);
        return pack(negative, exponent, significand, 0, to);
    }

    /** A half as a single: exact; denormals are numbers like any other, SDM volume 1 14.4.1. */
    public long fromHalf(long a) {
        long m = magnitude(a, HALF);
        if (m == 0 || m >= infinity(HALF)) {
            return convert(a, HALF, SINGLE);
        }
        unpack(a, HALF);
        return pack(negative(a, HALF), exponent, significand, 0, SINGLE);
    }

    /** A single as a half, rounded in {@code mode}; flush-to-zero does not apply. */
    public long toHalf(long a, int mode) {
        int savedMxcsr = mxcsr;
        int savedRounding = rounding;
        mxcsr &= ~FTZ;
        rounding = mode;
        long result = convert(a, SINGLE, HALF);
        mxcsr = savedMxcsr;
        rounding = savedRounding;
        return result;
    }

    public long fromInteger(long value, int format) {
        if (value == 0) {
            return 0;
        }
        long m = Math.abs(value);
        int zeros = Long.numberOfLeadingZeros(m);
        return pack(value < 0, 63 - zeros, m << zeros, 0, format);
    }

    /**
     * To a signed integer of {@code width} (32 or 64) bits, rounded in {@code mode}; what does not
     * fit is invalid and becomes the most negative one.
     */
    public long toInteger(long a, int width, int mode, int format) {
        long indefinite = -1L << width - 1;
        a = input(a, format);
        boolean negative = negative(a, format);
        unpack(a, format);
        if (isNan(a, format) || magnitude(a, format) == infinity(format) || exponent > 63) {
            flags |= INVALID;
            return indefinite;
        }
        long m = toUnsigned(negative, mode);
        long limit = negative ? -indefinite : -indefinite - 1;
        if (Long.compareUnsigned(m, limit) > 0) {
            flags |= INVALID;
            return indefinite;
        }
        flags |= inexactInteger ? PRECISION : 0;
        return negative ? -m : m;
    }

    /**
     * The unpacked number rounded to an integer, if it is below 2^64; says in {@link
     * #inexactInteger} whether it was one.
     */
    private long toUnsigned(boolean negative, int mode) {
        if (exponent > 61) {
            // No format has a fraction there.
            inexactInteger = false;
            return significand >>> 63 - exponent;
        }
        long scaled = Wide.shiftRightSticky(significand, 61 - exponent);
        inexactInteger = (scaled & 3) != 0;
        return rounded(negative, scaled, 2, mode);
    }

    /** The rounding mode that MXCSR asks for. */
    public int rounding() {
        return rounding;
    }

    /** Rounded to an integer in the same format (ROUNDSS); {@code exact} reports inexactness. */
    public long round(long a, int mode, boolean exact, int format) {
        if (isNan(a, format)) {
            return propagate(a, a, format);
        }
        a = input(a, format);
        unpack(a, format);
        if (exponent >= format || magnitude(a, format) == 0) {
            return a;
        }
        boolean negative = negative(a, format);
        long integer = toUnsigned(negative, mode);
        if (inexactInteger && exact) {
            flags |= PRECISION;
        }
        long sign = negative ? signBit(format) : 0;
        if (integer == 0) {
            return sign;
        }
        int zeros = Long.numberOfLeadingZeros(integer);
        long base = (long) (63 - zeros + bias(format) - 1) << format;
        return sign | base + (integer << zeros >>> 63 - format);
    }
}
