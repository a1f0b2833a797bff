package vmm.cpu.fpu;

/**
 * An unsigned number of 128 bits whose point is where its user says. Operations cut off what they
 * do not keep, so that errors are a few units in the last place; instances are reused.
 */
final class Fixed128 {
    private static final long LOW_32 = 0xffff_ffffL;

    long high;
    long low;

    void set(long newHigh, long newLow) {
        high = newHigh;
        low = newLow;
    }

    void set(Fixed128 other) {
        high = other.high;
        low = other.low;
    }

    boolean isZero() {
        return (high | low) == 0;
    }

    void add(long otherHigh, long otherLow) {
        long sum = low + otherLow;
        high += otherHigh + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
        low = sum;
    }

    void subtract(long otherHigh, long otherLow) {
        high -= otherHigh + (Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0);
        low -= otherLow;
    }

    /** Replaces this by {@code other} minus this. */
    void subtractFrom(long otherHigh, long otherLow) {
        high = otherHigh - high - (Long.compareUnsigned(otherLow, low) < 0 ? 1 : 0);
        low = otherLow - low;
    }

    int compare(long otherHigh, long otherLow) {
        int order = Long.compareUnsigned(high, otherHigh);
        return order != 0 ? order : Long.compareUnsigned(low, otherLow);
    }

    /** Shifts left by {@code count}, 0..63. */
    void shiftLeft(int count) {
        if (count != 0) {
            high = high << count | low >>> -count;
            low <<= count;
        }
    }

    /** Shifts right by {@code count >= 0}. */
    void shiftRight(int count) {
        if (count >= 64) {
            low = count < 128 ? high >>> count : 0;
            high = 0;
        } else if (count != 0) {
            low = low >>> count | high << -count;
            high >>>= count;
        }
    }

    /** Shifts left until the top bit is set; returns by how much. Not for zero. */
    int normalise() {
        int count = 0;
        if (high == 0) {
            high = low;
            low = 0;
            count = 64;
        }
        int zeros = Long.numberOfLeadingZeros(high);
        shiftLeft(zeros);
        return count + zeros;
    }

    /** Keeps the upper half of the product with {@code otherHigh:otherLow}. */
    void multiply(long otherHigh, long otherLow) {
        long first = Math.unsignedMultiplyHigh(high, otherLow);
        long second = Math.unsignedMultiplyHigh(low, otherHigh);
        long product = high * otherHigh;
        high = Math.unsignedMultiplyHigh(high, otherHigh);
        low = product;
        add(0, first);
        add(0, second);
    }

    /**
     * Divides by {@code divisorHigh:divisorLow}, which has its top bit set and is greater than
     * this; keeps the first 128 bits of the fraction.
     */
    void divide(long divisorHigh, long divisorLow) {
        long first = digit(divisorHigh, divisorLow);
        long second = digit(divisorHigh, divisorLow);
        set(first, second);
    }

    /** One digit of 64 bits of the quotient; leaves the remainder in this. */
    private long digit(long divisorHigh, long divisorLow) {
        long quotient =
                Long.compareUnsigned(high, divisorHigh) >= 0
                        ? -1
                        : Wide.divide(high, low, divisorHigh);
        // The rest of three words: this and a zero less the product.
        long product0 = quotient * divisorLow;
        long carry = Math.unsignedMultiplyHigh(quotient, divisorLow);
        long product1 = quotient * divisorHigh + carry;
        long product2 =
                Math.unsignedMultiplyHigh(quotient, divisorHigh)
                        + (Long.compareUnsigned(product1, carry) < 0 ? 1 : 0);
        boolean borrow0 = product0 != 0;
        boolean borrow1 = Long.compareUnsigned(low, product1) < 0 || borrow0 && low == product1;
        long rest = high - product2 - (borrow1 ? 1 : 0);
        set(low - product1 - (borrow0 ? 1 : 0), -product0);
        // The estimate is at most two too large (Knuth, 4.3.1 theorem B).
        while (rest < 0) {
            quotient--;
            add(divisorHigh, divisorLow);
            rest += compare(divisorHigh, divisorLow) < 0 ? 1 : 0;
        }
        return quotient;
    }

    /** Divides by {@code divisor}, 1..2^32 - 1. */
    void divideSmall(long divisor) {
        long h1 = (high >>> 32) / divisor;
        long rest = (high >>> 32) % divisor << 32 | high & LOW_32;
        long h0 = rest / divisor;
        rest = rest % divisor << 32 | low >>> 32;
        long l1 = rest / divisor;
        rest = rest % divisor << 32 | low & LOW_32;
        set(h1 << 32 | h0, l1 << 32 | rest / divisor);
    }
}
