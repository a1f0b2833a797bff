package vmm.cpu.fpu;

import static vmm.cpu.fpu.Float80.BIAS;
import static vmm.cpu.fpu.Float80.EXPONENT;
import static vmm.cpu.fpu.Float80.INTEGER_BIT;
import static vmm.cpu.fpu.Float80.SIGN;
import static vmm.cpu.fpu.Float80.exponent;
import static vmm.cpu.fpu.Float80.hasTopExponent;
import static vmm.cpu.fpu.Float80.isZero;
import static vmm.cpu.fpu.Float80.normalised;

/**
 * FSIN, FCOS, FSINCOS, FPTAN and FPATAN. Arguments are reduced with the 66 bits of pi that
 * processors use (SDM volume 1 section 8.3.8); apart from that results are rounded from about 120
 * good bits.
 */
public final class Trigonometric80 {
    /** Pi with 66 bits: 68 bits in units of 2^-66, the last two of them zero. */
    private static final long PI_66_HIGH = 0xc, PI_66_LOW = 0x90fd_aa22_168c_234cL;

    /** Pi in units of 2^-126. */
    private static final long PI_HIGH = 0xc90f_daa2_2168_c234L, PI_LOW = 0xc4c6_628b_80dc_1cd1L;

    /** Arguments from 2^63 on are out of range: C2. */
    private static final int RANGE_EXPONENT = BIAS + 63;

    /** Significand of pi/4, whose exponent is BIAS - 1: below it nothing is reduced. */
    private static final long QUARTER_PI = PI_HIGH;

    /** Tangents of angles below 2^LEAST_POWER are larger by less than a tenth of the last place. */
    private static final int LEAST_POWER = -33;

    /** atan(k / 16) for k = 0..16, in units of 2^-127. */
    private static final int STEPS = 16;

    private static final long[] ARC_TANGENTS = arcTangents();

    private final Float80 f;

    // The reduced argument: significand below one, power of two, sign.
    private final Fixed128 significand = new Fixed128();
    private int power;
    private int sign;

    /** Number of the quadrant, modulo 4. */
    private int quadrant;

    private final Fixed128 square = new Fixed128();
    private final Fixed128 sine = new Fixed128();
    private final Fixed128 cosine = new Fixed128();
    private final Fixed128 angle = new Fixed128();

    /** Functions of the operands of {@code f}, whose results go there too. */
    public Trigonometric80(Float80 f) {
        this.f = f;
    }

    private static long[] arcTangents() {
        long[] table = new long[2 * (STEPS + 1)];
        Fixed128 sum = new Fixed128();
        Fixed128 step = new Fixed128();
        Fixed128 square = new Fixed128();
        Fixed128 factor = new Fixed128();
        for (int k = 1; k <= STEPS; k++) {
            // atan(k/16) - atan((k-1)/16) = atan(16 / (256 + k(k-1)))
            step.set(1L << 63, 0);
            step.divideSmall(STEPS * STEPS + k * (k - 1L));
            step.shiftLeft(5);
            square.set(step);
            square.multiply(step.high, step.low);
            Series.arcTangent(square, factor);
            step.multiply(factor.high, factor.low);
            sum.add(step.high, step.low);
            table[2 * k] = sum.high;
            table[2 * k + 1] = sum.low;
        }
        return table;
    }

    /** Whether a is too large for the functions of one argument. */
    public boolean outOfRange() {
        return !hasTopExponent(f.aSignExponent)
                && (f.aSignExponent & EXPONENT) >= RANGE_EXPONENT
                && f.a < 0;
    }

    /** Sine of a. */
    public void sine() {
        if (!settled()) {
            if (f.a == 0) {
                f.zero(f.aSignExponent & SIGN);
            } else {
                reduce();
                sineOrCosine(quadrant);
            }
        }
    }

    /** Cosine of a. */
    public void cosine() {
        if (!settled()) {
            if (f.a == 0) {
                f.result(BIAS, INTEGER_BIT);
            } else {
                reduce();
                sineOrCosine(quadrant + 1);
            }
        }
    }

    /** Tangent of a. */
    public void tangent() {
        if (settled()) {
            return;
        }
        if (f.a == 0) {
            f.zero(f.aSignExponent & SIGN);
            return;
        }
        reduce();
        if (power < LEAST_POWER && quadrant == 0) {
            f.round(sign, power - 1 + BIAS, significand.high, significand.low | 1);
            return;
        }
        square();
        Series.sine(square, sine);
        Series.cosine(square, cosine);
        sine.shiftLeft(1);
        cosine.shiftLeft(1);
        // sin = significand * sine * 2^(power)
        significand.multiply(sine.high, sine.low);
        int scale = power - significand.normalise();
        if ((quadrant & 1) == 0) {
            quotient(sign, scale, significand, cosine);
        } else {
            quotient(sign ^ SIGN, -scale, cosine, significand);
        }
    }

    /** Rounds {@code n / d * 2^scale}; both have their top bits set. */
    private void quotient(int resultSign, int scale, Fixed128 n, Fixed128 d) {
        int up = 0;
        if (n.compare(d.high, d.low) >= 0) {
            n.shiftRight(1);
            up = 1;
        }
        n.divide(d.high, d.low);
        f.round(resultSign, scale + up - 1 + BIAS, n.high, n.low | 1);
    }

    private boolean settled() {
        return f.unarySpecial(f.aSignExponent == EXPONENT || f.aSignExponent == (SIGN | EXPONENT));
    }

    /** Makes the argument, not zero, a multiple of pi/2 and a rest between -pi/4 and pi/4. */
    private void reduce() {
        sign = f.aSignExponent & SIGN;
        quadrant = 0;
        int exponent = exponent(f.aSignExponent, f.a);
        long a = normalised(f.a);
        if (exponent < BIAS - 1
                || exponent == BIAS - 1 && Long.compareUnsigned(a, QUARTER_PI) <= 0) {
            significand.set(a, 0);
            power = exponent - BIAS + 1;
            return;
        }
        divideByHalfPi(exponent - BIAS, a);
        if ((f.aSignExponent & SIGN) != 0) {
            quadrant = -quadrant;
        }
    }

    /** Long division, bit by bit; a half pi is {@link #PI_66_HIGH} in units of 2^-67. */
    private void divideByHalfPi(int exponent, long a) {
        significand.set(a >>> 60, a << 4); // in units of 2^(exponent - 67)
        if (exponent < 0) {
            significand.shiftRight(1);
        }
        for (int left = exponent; ; left--) {
            quadrant <<= 1;
            if (significand.compare(PI_66_HIGH, PI_66_LOW) >= 0) {
                significand.subtract(PI_66_HIGH, PI_66_LOW);
                quadrant |= 1;
            }
            if (left <= 0) {
                break;
            }
            significand.shiftLeft(1);
        }
        significand.shiftLeft(1);
        if (significand.compare(PI_66_HIGH, PI_66_LOW) > 0) {
            significand.subtractFrom(PI_66_HIGH << 1 | 1, PI_66_LOW << 1);
            quadrant++;
            sign ^= SIGN;
        }
        power = 128 - 68;
        if (!significand.isZero()) {
            power -= significand.normalise();
        }
    }

    /** The square of the argument, below one. */
    private void square() {
        square.set(significand);
        square.multiply(significand.high, significand.low);
        square.shiftRight(-2 * power);
    }

    /** Sine in even quadrants, cosine in odd ones, with the sign of the quadrant. */
    private void sineOrCosine(int turns) {
        int flip = (turns & 2) != 0 ? SIGN : 0;
        square();
        if ((turns & 1) == 0) {
            Series.sine(square, sine);
            significand.multiply(sine.high, sine.low);
            int shift = significand.normalise();
            f.round(
                    sign ^ flip,
                    power + 1 - shift - 1 + BIAS,
                    significand.high,
                    significand.low | 1);
        } else {
            Series.cosine(square, cosine);
            int shift = cosine.normalise();
            f.round(flip, BIAS - shift, cosine.high, cosine.low | 1);
        }
    }

    /** Angle of the point with the coordinates b (x) and a (y): FPATAN has them in ST0 and ST1. */
    public void arcTangent() {
        if (f.binarySpecial() || f.denormals()) {
            return;
        }
        int ySign = f.aSignExponent & SIGN;
        boolean left = (f.bSignExponent & SIGN) != 0;
        boolean yInfinite = hasTopExponent(f.aSignExponent);
        boolean xInfinite = hasTopExponent(f.bSignExponent);
        boolean yZero = isZero(f.aSignExponent, f.a);
        boolean xZero = isZero(f.bSignExponent, f.b);
        if (yZero || xInfinite && !yInfinite) {
            if (left) {
                turn(ySign, 4);
            } else {
                f.zero(ySign);
            }
        } else if (yInfinite && xInfinite) {
            turn(ySign, left ? 3 : 1);
        } else if (yInfinite || xZero) {
            turn(ySign, 2);
        } else {
            angle(ySign, left);
        }
    }

    /** Makes {@code eighths} of a full turn the result. */
    private void turn(int resultSign, int eighths) {
        angle.set(PI_HIGH, PI_LOW);
        angle.shiftRight(2);
        significand.set(angle);
        for (int k = 1; k < eighths; k++) {
            angle.add(significand.high, significand.low);
        }
        int shift = angle.normalise();
        f.round(resultSign, BIAS + 1 - shift, angle.high, angle.low | 1);
    }

    private void angle(int ySign, boolean left) {
        int yExponent = exponent(f.aSignExponent, f.a);
        int xExponent = exponent(f.bSignExponent, f.b);
        long y = normalised(f.a);
        long x = normalised(f.b);
        boolean steep =
                yExponent != xExponent ? yExponent > xExponent : Long.compareUnsigned(y, x) > 0;
        long n = steep ? x : y;
        long d = steep ? y : x;
        power = steep ? xExponent - yExponent : yExponent - xExponent;
        significand.set(n, 0);
        if (Long.compareUnsigned(n, d) >= 0) {
            significand.shiftRight(1);
            power++;
        }
        significand.divide(d, 0);
        if (power == 1) { // both are alike
            turn(ySign, left ? 3 : 1);
            return;
        }
        if (power < -4) {
            square();
            Series.arcTangent(square, sine);
            significand.multiply(sine.high, sine.low);
            power += 1 - significand.normalise();
        } else {
            byTable();
        }
        finish(ySign, left, steep);
    }

    /** The angle for a slope of 1/32 or more. */
    private void byTable() {
        Fixed128 slope = significand;
        slope.shiftRight(-power);
        int step = (int) (slope.high >>> 59) + 1 >> 1;
        long center = step == STEPS ? -1L : (long) step << 60;
        long centerLow = step == STEPS ? -1L : 0;
        // (slope - center) / (1 + slope * center)
        angle.set(slope);
        angle.multiply(center, centerLow);
        angle.shiftRight(1);
        angle.add(Series.ONE, 0);
        boolean below = slope.compare(center, centerLow) < 0;
        if (below) {
            slope.subtractFrom(center, centerLow);
        } else {
            slope.subtract(center, centerLow);
        }
        slope.shiftRight(1);
        slope.divide(angle.high, angle.low);
        square.set(slope);
        square.multiply(slope.high, slope.low);
        Series.arcTangent(square, sine);
        slope.multiply(sine.high, sine.low);
        if (below) {
            slope.subtractFrom(ARC_TANGENTS[2 * step], ARC_TANGENTS[2 * step + 1]);
        } else {
            slope.add(ARC_TANGENTS[2 * step], ARC_TANGENTS[2 * step + 1]);
        }
        power = 1 - slope.normalise();
    }

    /** Puts the angle, {@code significand * 2^power}, where the point is. */
    private void finish(int ySign, boolean left, boolean steep) {
        if (!steep && !left) {
            f.round(ySign, power - 1 + BIAS, significand.high, significand.low | 1);
            return;
        }
        significand.shiftRight(2 - power);
        angle.set(PI_HIGH, PI_LOW);
        if (steep) {
            angle.shiftRight(1);
        }
        if (steep && left) {
            angle.add(significand.high, significand.low);
        } else {
            angle.subtract(significand.high, significand.low);
        }
        int shift = angle.normalise();
        f.round(ySign, BIAS + 1 - shift, angle.high, angle.low | 1);
    }
}
