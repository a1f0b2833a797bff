package vmm.cpu.fpu;

import java.util.HexFormat;

/**
 * A function of twelve bits in two small tables (a bipartite table, Das Sarma and Matula, "Faithful
 * Bipartite ROM Reciprocal Tables", 1995): the upper eight bits choose a value, the upper and the
 * lower four what is taken from it. The values are the upper twelve bits of a fraction.
 */
final class ApproximationTable {
    private static final int SIZE = 256, DIGITS = 3;

    private final short[] values = new short[SIZE];
    private final byte[] slopes;

    /** Takes the values in three hexadecimal digits each, the slopes in two. */
    ApproximationTable(String values, String slopes) {
        for (int k = 0; k < SIZE; k++) {
            this.values[k] = (short) HexFormat.fromHexDigits(values, DIGITS * k, DIGITS * (k + 1));
        }
        this.slopes = HexFormat.of().parseHex(slopes);
    }

    /** The fraction for the fraction {@code of}, both of 23 bits. */
    int fraction(int of) {
        int index = of >>> 11;
        return values[index >>> 4] - slopes[index >>> 4 & 0xf0 | index & 0xf] << 11;
    }
}
