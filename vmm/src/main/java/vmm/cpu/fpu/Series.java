package vmm.cpu.fpu;

/**
 * Power series of the transcendental functions in {@link Fixed128}, with enough terms that the
 * error is far below the last place of an extended number. Coefficients and results have their
 * point behind the top bit: they are below 2; arguments have it in front: they are below 1.
 */
final class Series {
    static final long ONE = Long.MIN_VALUE;

    /** 1/1!, 1/3!, 1/5! ... */
    private static final int SINE_TERMS = 14;

    private static final long[] SINE = inverseFactorials(1, 2, SINE_TERMS);

    /** 1/0!, 1/2!, 1/4! ... */
    private static final long[] COSINE = inverseFactorials(0, 2, SINE_TERMS);

    /** 1/1!, 1/2!, 1/3! ... */
    private static final int EXPONENTIAL_TERMS = 28;

    private static final long[] EXPONENTIAL = inverseFactorials(1, 1, EXPONENTIAL_TERMS);

    /** 1/1, 1/3, 1/5 ... */
    private static final int TANGENT_TERMS = 20;

    private static final long[] TANGENT = inverseOdd(TANGENT_TERMS);

    private Series() {}

    private static long[] inverseFactorials(int first, int step, int terms) {
        long[] table = new long[2 * terms];
        Fixed128 value = new Fixed128();
        value.set(ONE, 0);
        int divided = 1;
        for (int k = 0; k < terms; k++) {
            while (divided < first + step * k) {
                divided++;
                value.divideSmall(divided);
            }
            table[2 * k] = value.high;
            table[2 * k + 1] = value.low;
        }
        return table;
    }

    private static long[] inverseOdd(int terms) {
        long[] table = new long[2 * terms];
        Fixed128 value = new Fixed128();
        for (int k = 0; k < terms; k++) {
            value.set(ONE, 0);
            value.divideSmall(2 * k + 1);
            table[2 * k] = value.high;
            table[2 * k + 1] = value.low;
        }
        return table;
    }

    /** sin(x) / x for {@code square} = x * x; less than one. */
    static void sine(Fixed128 square, Fixed128 result) {
        alternating(SINE, square, result);
    }

    /** cos(x) for {@code square} = x * x; less than one. */
    static void cosine(Fixed128 square, Fixed128 result) {
        alternating(COSINE, square, result);
    }

    /** atan(x) / x for {@code square} = x * x; less than one. */
    static void arcTangent(Fixed128 square, Fixed128 result) {
        alternating(TANGENT, square, result);
    }

    /** artanh(x) / x for {@code square} = x * x. */
    static void areaTangent(Fixed128 square, Fixed128 result) {
        sum(TANGENT, square, result);
    }

    /** (exp(x) - 1) / x for {@code x} or, if {@code negative}, for -x. */
    static void exponential(Fixed128 x, boolean negative, Fixed128 result) {
        if (negative) {
            alternating(EXPONENTIAL, x, result);
        } else {
            sum(EXPONENTIAL, x, result);
        }
    }

    private static void sum(long[] table, Fixed128 x, Fixed128 result) {
        result.set(0, 0);
        for (int k = table.length - 2; k >= 0; k -= 2) {
            result.multiply(x.high, x.low);
            result.add(table[k], table[k + 1]);
        }
    }

    private static void alternating(long[] table, Fixed128 x, Fixed128 result) {
        result.set(0, 0);
        for (int k = table.length - 2; k >= 0; k -= 2) {
            result.multiply(x.high, x.low);
            result.subtractFrom(table[k], table[k + 1]);
        }
        if (result.high == ONE) {
            result.set(ONE - 1, -1); // never quite one, so that rounding knows the direction
        }
    }
}
