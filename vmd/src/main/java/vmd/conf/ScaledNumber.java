package vmd.conf;

import java.math.BigInteger;

/**
 * Numbers with a unit: {@code 512M}, {@code 1.5G}. Units are powers of 1024 with one letter in
 * either case; a fraction counts only together with a unit.
 */
public final class ScaledNumber {
    private static final String UNITS = "BKMGTPE";

    /** A text that is no scaled number; the message says what is wrong with it. */
    public static final class Invalid extends Exception {
        private static final long serialVersionUID = 1;

        Invalid(String message) {
            super(message, null, false, false);
        }
    }

    private ScaledNumber() {}

    /** The number of bytes that {@code text} stands for; leading blanks are skipped. */
    public static long parse(String text) throws Invalid {
        int at = 0;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        boolean negative = at < text.length() && text.charAt(at) == '-';
        if (negative || at < text.length() && text.charAt(at) == '+') {
            at++;
        }
        int start = at;
        long whole = 0;
        while (at < text.length() && isDigit(text.charAt(at))) {
            whole = times(whole, 10, text.charAt(at++) - '0');
        }
        boolean digits = at > start;
        long fraction = 0;
        long fractionScale = 1;
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            for (; at < text.length() && isDigit(text.charAt(at)); at++) {
                digits = true;
                // 16 places are more than any unit can tell apart in a table of sizes.
                if (fractionScale < 10_000_000_000_000_000L) {
                    fraction = fraction * 10 + text.charAt(at) - '0';
                    fractionScale *= 10;
                }
            }
        }
        int shift = unitShift(text, at);
        if (!digits) {
            throw new Invalid("Invalid argument");
        }
        long bytes = scale(whole, fraction, fractionScale, shift);
        return negative ? -bytes : bytes;
    }

    private static int unitShift(String text, int at) throws Invalid {
        if (at == text.length()) {
            return 0;
        }
        int unit = UNITS.indexOf(Character.toUpperCase(text.charAt(at)));
        if (unit < 0 || at + 1 != text.length()) {
            throw new Invalid("Invalid argument");
        }
        return unit * 10;
    }

    private static long scale(long whole, long fraction, long fractionScale, int shift)
            throws Invalid {
        long bytes = times(whole, 1L << shift, 0);
        if (shift == 0) {
            return bytes;
        }
        long part =
                BigInteger.valueOf(fraction)
                        .shiftLeft(shift)
                        .divide(BigInteger.valueOf(fractionScale))
                        .longValue();
        if (bytes > Long.MAX_VALUE - part) {
            throw new Invalid("Result too large");
        }
        return bytes + part;
    }

    private static long times(long value, long factor, long more) throws Invalid {
        if (value > (Long.MAX_VALUE - more) / factor) {
            throw new Invalid("Result too large");
        }
        return value * factor + more;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    /**
     * At most six characters: {@code 512M}, {@code 1.0G}, {@code 34.8M}, {@code 0B}. One decimal
     * below 100 of a unit, none above it or for bytes.
     */
    public static String format(long bytes) {
        if (bytes == Long.MIN_VALUE) {
            return "-8.0E";
        }
        String sign = bytes < 0 ? "-" : "";
        long value = Math.abs(bytes);
        int unit = 0;
        while (unit < UNITS.length() - 1 && value >> 10 * (unit + 1) != 0) {
            unit++;
        }
        if (unit == 0) {
            return sign + value + 'B';
        }
        int shift = 10 * unit;
        long tenths = tenths(value, shift);
        if (tenths >= 1000) {
            long units = (tenths + 5) / 10;
            return units == 1024 && unit < UNITS.length() - 1
                    ? sign + "1.0" + UNITS.charAt(unit + 1)
                    : sign + units + UNITS.charAt(unit);
        }
        return sign + tenths / 10 + '.' + tenths % 10 + UNITS.charAt(unit);
    }

    /** Tenths of the unit, rounded to nearest; 0 to 10240. */
    private static long tenths(long value, int shift) {
        long whole = value >> shift;
        long rest = value & (1L << shift) - 1;
        // The rest of an exabyte times ten does not fit: six bits less are precise enough.
        int drop = Math.max(0, shift - 54);
        long half = 1L << shift - drop - 1;
        return whole * 10 + ((rest >> drop) * 10 + half >> shift - drop);
    }
}
