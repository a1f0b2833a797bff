package vmm.cpu.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The transcendental functions against correctly rounded values that were computed with 300 bits
 * (and pi with 66 where arguments are reduced), and against Java over random arguments.
 */
class Transcendental80Test {
    private static final int MASKED = 0x37f, DOWN = 0x400, UP = 0x800;
    private static final long ONE = Long.MIN_VALUE;
    private static final int RANDOM_CASES = 5_000;

    private final Float80 f = new Float80();
    private final Float80 to = new Float80();
    private final Trigonometric80 trigonometric = new Trigonometric80(f);
    private final Logarithmic80 logarithmic = new Logarithmic80(f);

    private void begin(int control, double a, double b) {
        f.begin(control);
        f.bDouble(Double.doubleToRawLongBits(a));
        f.a(f.bSignExponent, f.b);
        f.bDouble(Double.doubleToRawLongBits(b));
    }

    private void expect(int signExponent, long significand) {
        assertEquals(Integer.toHexString(signExponent), Integer.toHexString(f.signExponent));
        assertEquals(Long.toHexString(significand), Long.toHexString(f.significand));
        assertEquals(StatusWord.PRECISION, f.flags);
    }

    private double asDouble() {
        to.begin(MASKED);
        to.a(f.signExponent, f.significand);
        return Double.longBitsToDouble(Conversion80.toDouble(to));
    }

    private void sine(double a, int signExponent, long significand) {
        begin(MASKED, a, 0);
        trigonometric.sine();
        expect(signExponent, significand);
    }

    private void cosine(double a, int signExponent, long significand) {
        begin(MASKED, a, 0);
        trigonometric.cosine();
        expect(signExponent, significand);
    }

    private void tangent(double a, int signExponent, long significand) {
        begin(MASKED, a, 0);
        trigonometric.tangent();
        expect(signExponent, significand);
    }

    private void arcTangent(double y, double x, int signExponent, long significand) {
        begin(MASKED, y, x);
        trigonometric.arcTangent();
        expect(signExponent, significand);
    }

    private void exponential(double a, int signExponent, long significand) {
        begin(MASKED, a, 0);
        logarithmic.exponential();
        expect(signExponent, significand);
    }

    private void logarithm(double a, double b, int signExponent, long significand) {
        begin(MASKED, a, b);
        logarithmic.logarithm();
        expect(signExponent, significand);
    }

    private void logarithmPlusOne(double a, double b, int signExponent, long significand) {
        begin(MASKED, a, b);
        logarithmic.logarithmPlusOne();
        expect(signExponent, significand);
    }

    @Test
    void sines() {
        sine(0.5, 0x3ffd, 0xf577_43a2_582f_7f44L);
        sine(1, 0x3ffe, 0xd76a_a478_4867_7021L);
        sine(-2, 0xbffe, 0xe8c7_b756_8da2_2efdL);
        sine(1e10, 0xbffd, 0xf99a_63c4_9c6f_2b1aL);
    }

    @Test
    void cosines() {
        cosine(0.5, 0x3ffe, 0xe0a9_4032_dbea_7ceeL);
        cosine(1, 0x3ffe, 0x8a51_407d_a834_5c92L);
        cosine(-2, 0xbffd, 0xd511_32ba_9b90_2522L);
        cosine(1e10, 0x3ffe, 0xdf84_c480_eb7f_65b5L);
    }

    @Test
    void tangents() {
        tangent(0.5, 0x3ffe, 0x8bda_7adf_9a3a_5219L);
        tangent(1, 0x3fff, 0xc759_22e5_f71d_2dc5L);
        tangent(-2, 0x4000, 0x8bd7_b170_4a87_c1daL);
        tangent(1e10, 0xbffe, 0x8ef0_007a_0f69_0aa4L);
    }

    @Test
    void piIsReducedWith66Bits() {
        f.begin(MASKED);
        f.a(0x4000, 0xc90f_daa2_2168_c235L);
        trigonometric.sine();
        expect(0xbfbf, ONE);
    }

    @Test
    void smallArgumentsAreRoundedInTheirDirection() {
        begin(MASKED | DOWN, 0x1p-200, 0);
        trigonometric.sine();
        expect(0x3fff - 201, -1);
        begin(MASKED | UP, 0x1p-200, 0);
        trigonometric.tangent();
        expect(0x3fff - 200, ONE | 1);
        begin(MASKED | DOWN, 0x1p-200, 0);
        trigonometric.cosine();
        expect(0x3ffe, -1);
    }

    @Test
    void largeArgumentsAreOutOfRange() {
        begin(MASKED, 0x1p63, 0);
        assertTrue(trigonometric.outOfRange());
        begin(MASKED, -0x1.fffffp62, 0);
        assertFalse(trigonometric.outOfRange());
        begin(MASKED, Double.POSITIVE_INFINITY, 0);
        assertFalse(trigonometric.outOfRange());
    }

    @Test
    void arcTangents() {
        arcTangent(1, 1, 0x3ffe, 0xc90f_daa2_2168_c235L);
        arcTangent(1, 3, 0x3ffd, 0xa4bc_7d19_34f7_0924L);
        arcTangent(-3, 1, 0xbfff, 0x9fe0_bb5b_d42a_ffecL);
        arcTangent(1, -100, 0x4000, 0xc86c_04fd_c870_e74aL);
        arcTangent(1e-300, 1e300, 0x3835, 0xe5a0_4aa6_2b55_3cd4L);
        arcTangent(-0.0, -1, 0xc000, 0xc90f_daa2_2168_c235L);
    }

    @Test
    void exponentials() {
        exponential(0.5, 0x3ffd, 0xd413_cccf_e779_9211L);
        exponential(-0.5, 0xbffd, 0x95f6_1998_0c43_36f7L);
        exponential(0x1p-7, 0x3ff7, 0xb1ed_4fd9_99ab_6c25L);
        exponential(-1e-20, 0xbfbc, 0x82ee_8a7a_b553_1230L);
        exponential(1, 0x3fff, ONE);
        exponential(-1, 0xbffe, ONE);
    }

    @Test
    void logarithms() {
        logarithm(3, 1, 0x3fff, 0xcae0_0d1c_fdeb_43d0L);
        logarithm(0.75, 1, 0xbffd, 0xd47f_cb8c_0852_f0c1L);
        logarithm(1e300, -2.5, 0xc00a, 0x9bb7_231b_84b9_ac4eL);
        logarithm(1 + 0x1p-52, 1, 0x3fcb, 0xb8aa_3b29_5c17_eaf6L);
        logarithm(0x1p-20, 3, 0xc004, 0xf000_0000_0000_0000L);
    }

    @Test
    void logarithmsOfOneAndMore() {
        logarithmPlusOne(0.1, 1, 0x3ffc, 0x8ccd_b946_5ce8_4219L);
        logarithmPlusOne(-0.25, 3, 0xbfff, 0x9f5f_d8a9_063e_3491L);
        logarithmPlusOne(1e-200, 1, 0x3d67, 0x8d5a_15ab_9d44_4ce3L);
        logarithmPlusOne(2, 1, 0x3fff, 0xcae0_0d1c_fdeb_43d0L);
    }

    @Test
    void logarithmOfZeroAndOfNegativeNumbers() {
        begin(MASKED, 0, 1);
        logarithmic.logarithm();
        assertEquals(Double.NEGATIVE_INFINITY, asDouble());
        assertEquals(StatusWord.ZERO_DIVIDE, f.flags);
        begin(MASKED, -1, 1);
        logarithmic.logarithm();
        assertEquals(StatusWord.INVALID, f.flags);
    }

    private void near(double expected) {
        // Java promises one unit in the last place, or two for atan2.
        assertEquals(expected, asDouble(), 2 * Math.ulp(expected));
    }

    @Test
    void randomArgumentsAgreeWithJava() {
        Random random = new Random(1);
        for (int k = 0; k < RANDOM_CASES; k++) {
            double a = random.nextGaussian() * Math.scalb(1.0, random.nextInt(24) - 20);
            double b = random.nextGaussian() * Math.scalb(1.0, random.nextInt(40) - 20);
            begin(MASKED, a, b);
            trigonometric.sine();
            near(StrictMath.sin(a));
            begin(MASKED, a, b);
            trigonometric.cosine();
            near(StrictMath.cos(a));
            begin(MASKED, a, b);
            trigonometric.tangent();
            near(StrictMath.tan(a));
            begin(MASKED, a, b);
            trigonometric.arcTangent();
            near(StrictMath.atan2(a, b));
        }
    }
}
