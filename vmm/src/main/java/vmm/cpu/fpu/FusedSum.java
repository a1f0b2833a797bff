package vmm.cpu.fpu;

import static vmm.cpu.fpu.SoftFloat.infinity;
import static vmm.cpu.fpu.SoftFloat.magnitude;
import static vmm.cpu.fpu.SoftFloat.negative;
import static vmm.cpu.fpu.SoftFloat.signBit;

/**
 * A product plus a number with one rounding (SDM volume 1 section 14.5). The product of two
 * significands of 64 bits is exact in 128; both it and the addend have zeros enough at the end that
 * aligning them loses bits only where they are too far apart for cancellation.
 */
final class FusedSum {
    private final SoftFloat unit;

    // The product, then the greater of product and addend: high.low * 2^(exponent - 63).
    private boolean negative;
    private int exponent;
    private long high;
    private long low;

    // The other one, then aligned to the greater.
    private long otherHigh;
    private long otherLow;

    FusedSum(SoftFloat unit) {
        this.unit = unit;
    }

    /** {@code a * b + c}; none is a NaN. */
    long of(long a, long b, long c, int format) {
        long infinity = infinity(format);
        long sign = (a ^ b) & signBit(format);
        long ma = magnitude(a, format);
        long mb = magnitude(b, format);
        long mc = magnitude(c, format);
        boolean infinite = ma == infinity || mb == infinity;
        boolean sameSign = (sign != 0) == negative(c, format);
        if (infinite && (ma == 0 || mb == 0 || mc == infinity && !sameSign)) {
            return unit.invalid(format);
        }
        unit.noteDenormal(a, format);
        unit.noteDenormal(b, format);
        unit.noteDenormal(c, format);
        if (infinite || mc == infinity) {
            return infinite ? sign | infinity : c;
        }
        if (ma == 0 || mb == 0) {
            return mc == 0
                    ? zero(sameSign ? sign != 0 : unit.rounding() == SoftFloat.DOWN, format)
                    : unit.addNumbers(c, 0, format);
        }
        multiply(a, b, format);
        negative = sign != 0;
        return mc == 0
                ? unit.pack(negative, exponent, high, low, format)
                : add(c, sameSign, format);
    }

    private static long zero(boolean negative, int format) {
        return negative ? signBit(format) : 0;
    }

    private void multiply(long a, long b, int format) {
        unit.unpack(b, format);
        long sb = unit.significand;
        int eb = unit.exponent;
        unit.unpack(a, format);
        high = Math.unsignedMultiplyHigh(unit.significand, sb);
        low = unit.significand * sb;
        exponent = unit.exponent + eb + 1;
        if (high >= 0) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            exponent--;
        }
    }

    private long add(long c, boolean sameSign, int format) {
        unit.unpack(c, format);
        int distance = exponent - unit.exponent;
        if (distance > 0 || distance == 0 && Long.compareUnsigned(high, unit.significand) >= 0) {
            otherHigh = unit.significand;
            otherLow = 0;
        } else {
            otherHigh = high;
            otherLow = low;
            distance = -distance;
            high = unit.significand;
            low = 0;
            exponent = unit.exponent;
            negative = negative(c, format);
        }
        align(distance);
        return sameSign ? sum(format) : difference(format);
    }

    /** Shifts the other number right; what is lost makes its last bit 1. */
    private void align(int distance) {
        if (distance == 0) {
            return;
        }
        long lost;
        if (distance < 64) {
            lost = otherLow << -distance;
            otherLow = otherLow >>> distance | otherHigh << -distance;
            otherHigh >>>= distance;
        } else {
            lost = distance == 64 ? otherLow : otherHigh << -distance | otherLow;
            otherLow = otherHigh >>> distance - 64;
            otherHigh = 0;
            if (distance >= 128) {
                lost = 1;
                otherLow = 0;
            }
        }
        otherLow |= lost != 0 ? 1 : 0;
    }

    private long sum(int format) {
        long sumLow = low + otherLow;
        long sum = high + otherHigh + (Long.compareUnsigned(sumLow, low) < 0 ? 1 : 0);
        if ((high & otherHigh | (high | otherHigh) & ~sum) < 0) {
            return unit.pack(
                    negative, exponent + 1, sum >>> 1 | 1L << 63, sumLow | sum & 1, format);
        }
        return unit.pack(negative, exponent, sum, sumLow, format);
    }

    private long difference(int format) {
        long restLow = low - otherLow;
        long rest = high - otherHigh - (Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0);
        if ((rest | restLow) == 0) {
            return zero(unit.rounding() == SoftFloat.DOWN, format);
        }
        if (rest == 0) {
            rest = restLow;
            restLow = 0;
            exponent -= 64;
        }
        int zeros = Long.numberOfLeadingZeros(rest);
        if (zeros > 0) {
            rest = rest << zeros | restLow >>> -zeros;
            restLow <<= zeros;
        }
        return unit.pack(negative, exponent - zeros, rest, restLow, format);
    }
}
