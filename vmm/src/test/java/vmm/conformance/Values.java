package vmm.conformance;

import java.util.Random;

/**
 * Random operands in which the values that matter are common: ends of ranges, powers of two,
 * special floating-point numbers.
 */
final class Values {
    private static final double[] DOUBLES = {
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        3.0,
        -2.0,
        Math.PI,
        1e10,
        1e300,
        -1e300,
        1e-300,
        4.9e-324,
        2.2250738585072014e-308,
        Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        2147483647.5,
        2147483648.0,
        4294967296.0,
        9.223372036854775E18,
        9.223372036854775807E18,
        1.0000000000000002,
        0.1
    };

    private Values() {}

    static long integer(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(256) - 128;
            case 1 -> 1L << random.nextInt(64);
            case 2 -> (1L << random.nextInt(64)) - 1;
            case 3 -> -(1L << random.nextInt(64));
            case 4 -> random.nextInt();
            case 5 -> random.nextInt(5) - 2;
            default -> random.nextLong();
        };
    }

    /** Bits of a double. */
    static long float64(Random random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> Double.doubleToRawLongBits(DOUBLES[random.nextInt(DOUBLES.length)]);
            case 2 -> Double.doubleToRawLongBits(random.nextInt(2000) / 8.0 - 100);
            case 3 ->
                    Double.doubleToRawLongBits(
                            random.nextDouble() * Math.scalb(1.0, random.nextInt(80) - 40));
            case 4 -> 0x7ff0_0000_0000_0000L | random.nextLong();
            default -> random.nextLong();
        };
    }

    /** Bits of two floats. */
    static long float32x2(Random random) {
        return (long) float32(random) << 32 | float32(random) & 0xffff_ffffL;
    }

    private static int float32(Random random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> Float.floatToRawIntBits((float) DOUBLES[random.nextInt(DOUBLES.length)]);
            case 2 -> Float.floatToRawIntBits(random.nextInt(2000) / 8.0f - 100);
            case 3 ->
                    Float.floatToRawIntBits(
                            random.nextFloat() * Math.scalb(1.0f, random.nextInt(60) - 30));
            case 4 -> 0x7f80_0000 | random.nextInt();
            default -> random.nextInt();
        };
    }

    /** A quadword of a vector register or of memory: integer, or floats. */
    static long vector(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> float64(random);
            case 1 -> float32x2(random);
            case 2 -> integer(random);
            default -> random.nextLong();
        };
    }

    /** Sign and exponent of an extended-precision number. */
    static int extendedExponent(Random random) {
        int exponent =
                switch (random.nextInt(8)) {
                    case 0 -> 0;
                    case 1 -> 0x7fff;
                    case 2 -> 1 + random.nextInt(3);
                    case 3 -> 0x7ffe - random.nextInt(3);
                    case 4 -> random.nextInt(0x8000);
                    default -> 16383 - 70 + random.nextInt(140);
                };
        return exponent | random.nextInt(2) << 15;
    }

    /** Significand for {@link #extendedExponent}; mostly, but not always, of a valid form. */
    static long extendedSignificand(Random random, int signExponent) {
        int exponent = signExponent & 0x7fff;
        long fraction =
                switch (random.nextInt(5)) {
                    case 0 -> 0;
                    case 1 -> random.nextLong() << random.nextInt(63);
                    case 2 -> 1L << random.nextInt(63);
                    case 3 -> -1L;
                    default -> random.nextLong();
                };
        if (random.nextInt(20) == 0) {
            return fraction;
        }
        return exponent == 0 ? fraction & Long.MAX_VALUE : fraction | Long.MIN_VALUE;
    }
}
