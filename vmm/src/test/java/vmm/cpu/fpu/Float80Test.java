package vmm.cpu.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

/** Extended precision, against Java's double precision where that can tell, else by hand. */
class Float80Test {
    private static final int MASKED = 0x37f, DOUBLE = 0x27f, SINGLE = 0x07f;
    private static final int DOWN = 0x400, UP = 0x800, CHOP = 0xc00;
    private static final int INEXACT = StatusWord.PRECISION;
    private static final long ONE = Long.MIN_VALUE;
    private static final int RANDOM_CASES = 20_000;

    private final Float80 f = new Float80();
    private final Float80 to = new Float80();

    private void begin(int control, double a, double b) {
        f.begin(control);
        f.limitPrecision();
        f.bDouble(Double.doubleToRawLongBits(a));
        f.a(f.bSignExponent, f.b);
        f.bDouble(Double.doubleToRawLongBits(b));
        f.bDenormal = false;
    }

    private void expect(int signExponent, long significand, int flags) {
        assertEquals(Integer.toHexString(signExponent), Integer.toHexString(f.signExponent));
        assertEquals(Long.toHexString(significand), Long.toHexString(f.significand));
        assertEquals(Integer.toHexString(flags), Integer.toHexString(f.flags));
    }

    private double asDouble() {
        to.begin(MASKED);
        to.a(f.signExponent, f.significand);
        return Double.longBitsToDouble(Conversion80.toDouble(to));
    }

    // Java's numbers stay clear of the ends of the range: there the exponents would differ.
    private void agrees(Consumer<Float80> operation, DoubleBinaryOperator java) {
        Random random = new Random(1);
        for (int k = 0; k < RANDOM_CASES; k++) {
            double a = random.nextGaussian() * Math.scalb(1.0, random.nextInt(100) - 50);
            double b = random.nextGaussian() * Math.scalb(1.0, random.nextInt(100) - 50);
            begin(DOUBLE, a, b);
            operation.accept(f);
            assertEquals(java.applyAsDouble(a, b), asDouble(), a + " and " + b);
            assertEquals(0, f.significand & 0x7ff, "bits beyond double precision");
        }
    }

    @Test
    void doublePrecisionIsThatOfJava() {
        agrees(Arithmetic80::add, Double::sum);
        agrees(Arithmetic80::subtract, (a, b) -> a - b);
        agrees(Arithmetic80::subtractReversed, (a, b) -> b - a);
        agrees(Arithmetic80::multiply, (a, b) -> a * b);
        agrees(Arithmetic80::divide, (a, b) -> a / b);
        agrees(Arithmetic80::divideReversed, (a, b) -> b / a);
        agrees(
                f -> {
                    while (Integral80.remainder(f, true) == StatusWord.C2) {
                        f.a(f.signExponent, f.significand);
                    }
                },
                Math::IEEEremainder);
    }

    @Test
    void squareRootIsThatOfJava() {
        Random random = new Random(2);
        for (int k = 0; k < RANDOM_CASES; k++) {
            double a = Math.abs(random.nextGaussian()) * Math.scalb(1.0, random.nextInt(99) - 50);
            begin(DOUBLE, a, 0);
            Arithmetic80.squareRoot(f);
            assertEquals(Math.sqrt(a), asDouble());
        }
    }

    @Test
    void thirdIsRoundedAsTheControlWordSays() {
        begin(MASKED, 1, 3);
        Arithmetic80.divide(f);
        expect(0x3ffd, 0xaaaa_aaaa_aaaa_aaabL, INEXACT);
        assertTrue(f.roundedUp);
        begin(MASKED | DOWN, 1, 3);
        Arithmetic80.divide(f);
        expect(0x3ffd, 0xaaaa_aaaa_aaaa_aaaaL, INEXACT);
        assertFalse(f.roundedUp);
        begin(MASKED | DOWN, -1, 3);
        Arithmetic80.divide(f);
        expect(0xbffd, 0xaaaa_aaaa_aaaa_aaabL, INEXACT);
        begin(MASKED | UP, -1, 3);
        Arithmetic80.divide(f);
        expect(0xbffd, 0xaaaa_aaaa_aaaa_aaaaL, INEXACT);
        begin(SINGLE | CHOP, 1, 3);
        Arithmetic80.divide(f);
        expect(0x3ffd, 0xaaaa_aa00_0000_0000L, INEXACT);
    }

    @Test
    void largerSignificandIsTheResultOfTwoNans() {
        f.begin(MASKED);
        f.a(0x7fff, 0xc000_0000_0000_0001L);
        f.b(0xffff, 0xc000_0000_0000_0002L);
        Arithmetic80.add(f);
        expect(0xffff, 0xc000_0000_0000_0002L, 0);
    }

    @Test
    void quietNanGoesBeforeSignallingOne() {
        f.begin(MASKED);
        f.a(0x7fff, 0xbfff_0000_0000_0000L);
        f.b(0xffff, 0xc000_0000_0000_0002L);
        Arithmetic80.multiply(f);
        expect(0xffff, 0xc000_0000_0000_0002L, StatusWord.INVALID);
    }

    @Test
    void unnormalIsInvalid() {
        f.begin(MASKED);
        f.a(0x4000, 1);
        f.b(0x3fff, ONE);
        Arithmetic80.add(f);
        expect(0xffff, 0xc000_0000_0000_0000L, StatusWord.INVALID);
    }

    @Test
    void pseudoDenormalIsTheSmallestNormalNumber() {
        f.begin(MASKED);
        f.a(0, ONE);
        f.b(1, ONE);
        Arithmetic80.subtract(f);
        expect(0, 0, StatusWord.DENORMAL);
    }

    @Test
    void overflowIsInfinityOrTheLargestNumber() {
        f.begin(MASKED);
        f.a(0x7ffe, -1);
        f.b(0x7ffe, -1);
        Arithmetic80.add(f);
        expect(0x7fff, ONE, StatusWord.OVERFLOW | INEXACT);
        f.begin(SINGLE | CHOP);
        f.limitPrecision();
        Arithmetic80.add(f);
        expect(0x7ffe, 0xffff_ff00_0000_0000L, StatusWord.OVERFLOW | INEXACT);
    }

    @Test
    void unmaskedOverflowLeavesTheExponentWithinReach() {
        f.begin(MASKED & ~StatusWord.OVERFLOW);
        f.a(0x7ffe, ONE);
        f.b(0x4000, ONE);
        Arithmetic80.multiply(f);
        expect(0x7fff - 24576, ONE, StatusWord.OVERFLOW);
    }

    @Test
    void underflowIsOnlyReportedWithALossOfBits() {
        f.begin(MASKED);
        f.a(1, 3L << 62);
        f.b(0x3ffe, ONE);
        Arithmetic80.multiply(f);
        expect(0, 3L << 61, 0);
        f.begin(MASKED);
        f.a(1, ONE | 1);
        f.b(0x3ffe, ONE);
        Arithmetic80.multiply(f);
        expect(0, 1L << 62, StatusWord.UNDERFLOW | INEXACT);
    }

    @Test
    void tinyAfterRoundingIsNotTinyAnyMore() {
        f.begin(MASKED);
        f.a(1, ONE | 1);
        f.b(0x3ffe, -2);
        Arithmetic80.multiply(f);
        expect(1, ONE, INEXACT);
    }

    @Test
    void divisionByZero() {
        begin(MASKED, -1, 0);
        Arithmetic80.divide(f);
        expect(0xffff, ONE, StatusWord.ZERO_DIVIDE);
        begin(MASKED, 0, 0);
        Arithmetic80.divide(f);
        expect(0xffff, 3L << 62, StatusWord.INVALID);
        begin(MASKED & ~StatusWord.ZERO_DIVIDE, 1, 0);
        Arithmetic80.divide(f);
        assertTrue(f.suppressed());
    }

    @Test
    void remainderOfAFarLargerNumberTakesSteps() {
        begin(MASKED, 0x1p200, 3);
        int steps = 0;
        while (Integral80.remainder(f, false) == StatusWord.C2) {
            f.a(f.signExponent, f.significand);
            steps++;
        }
        assertTrue(steps >= 3, "steps " + steps);
        assertEquals(1.0, asDouble());
    }

    @Test
    void remainderTellsTheQuotient() {
        begin(MASKED, 31.5, 4);
        assertEquals(StatusWord.C0 | StatusWord.C3 | StatusWord.C1, Integral80.remainder(f, false));
        assertEquals(3.5, asDouble());
        begin(MASKED, 31.5, 4);
        assertEquals(0, Integral80.remainder(f, true));
        assertEquals(-0.5, asDouble());
    }

    @Test
    void integersAndTheirEnds() {
        begin(MASKED, 2.5, 0);
        assertEquals(2, Conversion80.toInteger(f, 2, false));
        assertEquals(INEXACT, f.flags);
        begin(MASKED | UP, 2.5, 0);
        assertEquals(3, Conversion80.toInteger(f, 4, false));
        begin(MASKED, -32768.5, 0);
        assertEquals(-32768, Conversion80.toInteger(f, 2, false));
        begin(MASKED, 32767.5, 0);
        assertEquals(-32768, Conversion80.toInteger(f, 2, false));
        assertEquals(StatusWord.INVALID, f.flags);
        begin(MASKED, -0x1p63, 0);
        assertEquals(Long.MIN_VALUE, Conversion80.toInteger(f, 8, true));
        assertEquals(0, f.flags);
    }

    @Test
    void decimals() {
        f.begin(MASKED);
        Conversion80.fromDecimal(f, 0x8012, 0x3456_7890_1234_5678L);
        f.a(f.bSignExponent, f.b);
        Conversion80.toDecimal(f);
        expect(0x8012, 0x3456_7890_1234_5678L, 0);
        begin(MASKED, 1e18, 0);
        Conversion80.toDecimal(f);
        expect(0xffff, 0xc000_0000_0000_0000L, StatusWord.INVALID);
    }

    @Test
    void floatsAreRoundedAsJavaRoundsThem() {
        Random random = new Random(3);
        for (int k = 0; k < RANDOM_CASES; k++) {
            double a = Double.longBitsToDouble(random.nextLong());
            a = k % 2 == 0 ? a : Math.scalb(random.nextGaussian(), random.nextInt(310) - 160);
            if (!Double.isNaN(a)) {
                begin(MASKED, a, 0);
                assertEquals((float) a, Float.intBitsToFloat(Conversion80.toFloat(f)), "" + a);
            }
        }
    }

    @Test
    void comparisonPutsUnorderedApart() {
        begin(MASKED, 1, 2);
        assertEquals(StatusWord.C0, Arithmetic80.compare(f, false));
        begin(MASKED, -0.0, 0.0);
        assertEquals(StatusWord.C3, Arithmetic80.compare(f, false));
        begin(MASKED, Double.NaN, 0.0);
        assertEquals(StatusWord.C3 | StatusWord.C2 | StatusWord.C0, Arithmetic80.compare(f, true));
        assertEquals(0, f.flags);
        Arithmetic80.compare(f, false);
        assertEquals(StatusWord.INVALID, f.flags);
    }

    @Test
    void extractTakesANumberApart() {
        begin(MASKED, -12, 0);
        Integral80.extract(f);
        assertEquals(-1.5, asDouble());
        f.move();
        assertEquals(3.0, asDouble());
    }
}
