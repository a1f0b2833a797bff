package vmm.cpu.fpu;

/** Integer arithmetic on 128 bits, for significands. */
final class Wide {
    private Wide() {}

    /** {@code value} shifted right by {@code count >= 0}; bits lost leave a one in bit 0. */
    static long shiftRightSticky(long value, int count) {
        if (count == 0) {
            return value;
        }
        if (count > 63) {
            return value != 0 ? 1 : 0;
        }
        return value >>> count | (value << -count != 0 ? 1 : 0);
    }

    /**
     * Quotient of the 128-bit {@code high:low} by {@code divisor}, whose top bit is set and which
     * is greater than {@code high} (unsigned); Knuth's algorithm D with two digits of 32 bits.
     */
    static long divide(long high, long low, long divisor) {
        long d1 = divisor >>> 32;
        long d0 = divisor & 0xffff_ffffL;
        long q1 = digit(high, low >>> 32, d1, d0);
        long rest = (high << 32 | low >>> 32) - q1 * divisor;
        long q0 = digit(rest, low & 0xffff_ffffL, d1, d0);
        return q1 << 32 | q0;
    }

    /** Remainder of the same division, given its quotient. */
    static long remainder(long low, long divisor, long quotient) {
        return low - quotient * divisor;
    }

    /** One digit of 32 bits: the 96-bit {@code high:next} by the divisor. */
    private static long digit(long high, long next, long d1, long d0) {
        long q = Long.divideUnsigned(high, d1);
        long r = high - q * d1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * d0, r << 32 | next) > 0) {
            q--;
            r += d1;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** Largest r with r * r not above the 128-bit {@code high:low}. */
    static long squareRoot(long high, long low) {
        long root = 0;
        for (long bit = 1L << 63; bit != 0; bit >>>= 1) {
            long candidate = root | bit;
            long squareHigh = Math.unsignedMultiplyHigh(candidate, candidate);
            int order = Long.compareUnsigned(squareHigh, high);
            if (order < 0 || order == 0 && Long.compareUnsigned(candidate * candidate, low) <= 0) {
                root = candidate;
            }
        }
        return root;
    }
}
