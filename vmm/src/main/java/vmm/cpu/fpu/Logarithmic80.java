package vmm.cpu.fpu;

import static vmm.cpu.fpu.Float80.BIAS;
import static vmm.cpu.fpu.Float80.EXPONENT;
import static vmm.cpu.fpu.Float80.INTEGER_BIT;
import static vmm.cpu.fpu.Float80.SIGN;
import static vmm.cpu.fpu.Float80.exponent;
import static vmm.cpu.fpu.Float80.hasTopExponent;
import static vmm.cpu.fpu.Float80.isZero;
import static vmm.cpu.fpu.Float80.normalised;
import static vmm.cpu.fpu.StatusWord.PRECISION;
import static vmm.cpu.fpu.StatusWord.UNDERFLOW;
import static vmm.cpu.fpu.StatusWord.ZERO_DIVIDE;

/** F2XM1, FYL2X and FYL2XP1, rounded from about 120 good bits. */
public final class Logarithmic80 {
    /** ln 2 in units of 2^-128. */
    private static final long LN2_HIGH = 0xb172_17f7_d1cf_79abL, LN2_LOW = 0xc9e3_b398_03f2_f6afL;

    /** 2 / ln 2 in units of 2^-126. */
    private static final long TWO_LOG2E_HIGH = 0xb8aa_3b29_5c17_f0bbL,
            TWO_LOG2E_LOW = 0xbe87_fed0_691d_3e88L;

    /** Square root of 2 in units of 2^-63. */
    private static final long SQRT2 = 0xb504_f333_f9de_6484L;

    /** Bits behind the point where an exponent is added to the logarithm of a significand. */
    private static final int FRACTION_BITS = 112;

    private final Float80 f;

    // A number: significand below one with its top bit set, power of two, sign.
    private final Fixed128 significand = new Fixed128();
    private int power;
    private boolean negative;

    private final Fixed128 divisor = new Fixed128();
    private final Fixed128 square = new Fixed128();
    private final Fixed128 factor = new Fixed128();

    /** Functions of the operands of {@code f}, whose results go there too. */
    public Logarithmic80(Float80 f) {
        this.f = f;
    }

    /** 2^a - 1; outside of -1..1, where it is undefined, a. */
    public void exponential() {
        if (f.unarySpecial(false)) {
            return;
        }
        int sign = f.aSignExponent & SIGN;
        if (f.a == 0) {
            f.zero(sign);
            return;
        }
        if (hasTopExponent(f.aSignExponent)) {
            f.result(sign | (sign == 0 ? EXPONENT : BIAS), INTEGER_BIT);
            return;
        }
        int exponent = exponent(f.aSignExponent, f.a);
        long a = normalised(f.a);
        if (exponent >= BIAS) {
            f.flags |= PRECISION;
            boolean minusOne = f.aSignExponent == (SIGN | BIAS) && a == INTEGER_BIT;
            f.result(minusOne ? SIGN | BIAS - 1 : f.aSignExponent, a);
            return;
        }
        // 2^a - 1 = exp(x) - 1 with x = a ln 2
        factor.set(a, 0);
        factor.multiply(LN2_HIGH, LN2_LOW);
        factor.shiftRight(BIAS - 1 - exponent);
        divisor.set(factor);
        Series.exponential(divisor, sign != 0, factor);
        factor.multiply(LN2_HIGH, LN2_LOW);
        factor.multiply(a, 0);
        int shift = factor.normalise();
        f.round(sign, exponent + 1 - shift, factor.high, factor.low | 1);
    }

    /** b * log2(a): FYL2X has a in ST0, b in ST1. */
    public void logarithm() {
        if (f.binarySpecial()) {
            return;
        }
        boolean bZero = isZero(f.bSignExponent, f.b);
        boolean bInfinite = hasTopExponent(f.bSignExponent);
        int bSign = f.bSignExponent & SIGN;
        if (f.a == 0) {
            ofZero(bSign, bZero, bInfinite);
            return;
        }
        boolean one = f.aSignExponent == BIAS && f.a == INTEGER_BIT;
        boolean aInfinite = hasTopExponent(f.aSignExponent);
        if ((f.aSignExponent & SIGN) != 0 || aInfinite && bZero || one && bInfinite) {
            f.invalid();
            return;
        }
        if (f.denormals()) {
            return;
        }
        boolean below = (f.aSignExponent & EXPONENT) < BIAS;
        if (aInfinite || bInfinite) {
            f.infinity(below ? bSign ^ SIGN : bSign);
        } else if (bZero || one) {
            f.zero(below ? bSign ^ SIGN : bSign);
        } else {
            significand.set(normalised(f.a), 0);
            logarithm(exponent(f.aSignExponent, f.a) - BIAS);
            timesB(bSign);
        }
    }

    private void ofZero(int bSign, boolean bZero, boolean bInfinite) {
        if (bZero) {
            f.invalid();
            return;
        }
        if (!bInfinite) {
            f.flags |= ZERO_DIVIDE;
        }
        f.infinity(bSign ^ SIGN);
    }

    /** b * log2(a + 1): FYL2XP1. */
    public void logarithmPlusOne() {
        if (f.binarySpecial()) {
            return;
        }
        int aSign = f.aSignExponent & SIGN;
        int bSign = f.bSignExponent & SIGN;
        boolean bZero = isZero(f.bSignExponent, f.b);
        boolean bInfinite = hasTopExponent(f.bSignExponent);
        boolean aInfinite = hasTopExponent(f.aSignExponent);
        if (aInfinite && (aSign != 0 || bZero) || bInfinite && f.a == 0) {
            f.invalid();
            return;
        }
        if (f.denormals()) {
            return;
        }
        if (aInfinite || bInfinite) {
            f.infinity(aSign ^ bSign);
        } else if (f.a == 0 || bZero) {
            f.zero(aSign ^ bSign);
        } else if (aSign != 0 && (f.aSignExponent & EXPONENT) >= BIAS) {
            f.flags |= PRECISION; // undefined: a, as processors have it
            f.result(f.aSignExponent, f.a);
        } else {
            plusOne(aSign != 0);
            timesB(bSign);
        }
    }

    private void plusOne(boolean aNegative) {
        int exponent = exponent(f.aSignExponent, f.a) - BIAS;
        significand.set(normalised(f.a), 0);
        if (exponent < -2) {
            // log2(1 + a) = 2/ln 2 * artanh(a / (2 + a)): nothing cancels
            divisor.set(significand);
            divisor.shiftRight(1 - exponent);
            if (aNegative) {
                divisor.subtractFrom(Series.ONE, 0);
            } else {
                divisor.add(Series.ONE, 0);
            }
            negative = aNegative;
            ratio(exponent + 1, 2 - divisor.normalise());
            return;
        }
        if (aNegative) {
            significand.shiftRight(-exponent);
            significand.subtractFrom(Series.ONE, 0);
            logarithm(-significand.normalise());
        } else {
            onePlus(exponent);
        }
    }

    /** Logarithm of one plus {@code significand * 2^(exponent + 1)}. */
    private void onePlus(int exponent) {
        if (exponent < 0) {
            significand.shiftRight(-exponent);
            significand.add(Series.ONE, 0);
            logarithm(0);
            return;
        }
        divisor.set(Series.ONE, 0);
        divisor.shiftRight(exponent);
        significand.add(divisor.high, divisor.low);
        if (significand.high < 0) {
            logarithm(exponent);
        } else {
            significand.shiftRight(1);
            significand.high |= Series.ONE;
            logarithm(exponent + 1);
        }
    }

    /** Makes {@code significand * 2^(exponent + 1)} its logarithm to base 2. */
    private void logarithm(int exponent) {
        int whole = exponent;
        int divisorPower = 2;
        divisor.set(significand);
        divisor.shiftRight(1);
        boolean below = Long.compareUnsigned(significand.high, SQRT2) > 0;
        if (below) {
            // the number is less than one: twice as large a power of two goes before it
            whole++;
            significand.subtractFrom(0, 0);
            divisor.add(Series.ONE, 0);
            divisorPower = 1;
        } else {
            significand.subtract(Series.ONE, 0);
            significand.shiftLeft(1);
            divisor.add(Series.ONE >>> 1, 0);
        }
        negative = below;
        if (significand.isZero()) {
            negative = whole < 0;
            significand.set(Math.abs(whole), 0);
            power = 64 - significand.normalise();
            return;
        }
        ratio(-significand.normalise(), divisorPower);
        if (whole != 0) {
            addWhole(whole);
        }
    }

    /**
     * Makes {@code significand} over {@code divisor}, with these powers of two, twice its area
     * tangent over ln 2.
     */
    private void ratio(int significandPower, int divisorPower) {
        power = significandPower - divisorPower;
        if (significand.compare(divisor.high, divisor.low) >= 0) {
            significand.shiftRight(1);
            power++;
        }
        significand.divide(divisor.high, divisor.low);
        square.set(significand);
        square.multiply(significand.high, significand.low);
        square.shiftRight(-2 * power);
        Series.areaTangent(square, factor);
        significand.multiply(factor.high, factor.low);
        significand.multiply(TWO_LOG2E_HIGH, TWO_LOG2E_LOW);
        power += 3 - significand.normalise();
    }

    private void addWhole(int whole) {
        significand.shiftRight(128 - FRACTION_BITS - power);
        long wholeHigh = (long) Math.abs(whole) << FRACTION_BITS - 64;
        if (whole < 0 == negative) {
            significand.add(wholeHigh, 0);
        } else {
            significand.subtractFrom(wholeHigh, 0);
        }
        negative = whole < 0;
        power = 128 - FRACTION_BITS - significand.normalise();
    }

    private void timesB(int bSign) {
        int sign = negative ? bSign ^ SIGN : bSign;
        significand.multiply(normalised(f.b), 0);
        int exponent = exponent(f.bSignExponent, f.b) + power - significand.normalise();
        f.round(sign, exponent, significand.high, significand.low);
        // Also a result that is exact is said to be rounded, and with it, if tiny, to underflow.
        f.flags |= (f.signExponent & EXPONENT) == 0 ? PRECISION | UNDERFLOW : PRECISION;
    }
}
