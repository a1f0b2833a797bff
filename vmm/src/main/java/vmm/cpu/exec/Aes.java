package vmm.cpu.exec;

/**
 * One round of AES, FIPS 197. The state is four columns of 32 bits, row 0 in the low byte, as the
 * XMM register holds it.
 */
final class Aes {
    private static final int[] SUBSTITUTE = new int[256];
    private static final int[] INVERSE = new int[256];

    /** A substituted byte of row 0 times its column of MixColumns' matrix. */
    private static final int[] MIX = new int[256];

    /** A byte of row 0, inversely substituted, times its column of InvMixColumns' matrix. */
    private static final int[] INVERSE_MIX = new int[256];

    static {
        // 3 generates the field's multiplicative group; its inverse is 0xf6.
        int p = 1;
        int q = 1;
        do {
            p = product(p, 3);
            q = product(q, 0xf6);
            int x = q ^ q << 1 ^ q << 2 ^ q << 3 ^ q << 4;
            SUBSTITUTE[p] = (x ^ x >> 8) & 0xff ^ 0x63;
        } while (p != 1);
        SUBSTITUTE[0] = 0x63;
        for (int a = 0; a < 256; a++) {
            INVERSE[SUBSTITUTE[a]] = a;
        }
        for (int a = 0; a < 256; a++) {
            int b = SUBSTITUTE[a];
            MIX[a] = column(b, 2, 1, 1, 3);
            INVERSE_MIX[a] = column(INVERSE[a], 14, 9, 13, 11);
        }
    }

    private Aes() {}

    /** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
    private static int product(int a, int b) {
        int result = 0;
        for (int x = a, y = b; y != 0; y >>= 1) {
            result ^= (y & 1) * x;
            x = x << 1 ^ (x >> 7) * 0x11b;
        }
        return result;
    }

    private static int column(int a, int m0, int m1, int m2, int m3) {
        return product(a, m0) | product(a, m1) << 8 | product(a, m2) << 16 | product(a, m3) << 24;
    }

    private static int columnOf(long low, long high, int k) {
        return (int) (((k & 2) == 0 ? low : high) >>> 32 * (k & 1));
    }

    static void encrypt(long[] v, int d, int key, boolean last) {
        round(v, d, key, 1, last ? SUBSTITUTE : MIX);
    }

    static void decrypt(long[] v, int d, int key, boolean last) {
        round(v, d, key, 3, last ? INVERSE : INVERSE_MIX);
    }

    /** Row r of the new column k comes from column {@code k + r * step}, by way of the table. */
    private static void round(long[] v, int d, int key, int step, int[] table) {
        long low = v[d];
        long high = v[d + 1];
        long key0 = v[key];
        long key1 = v[key + 1];
        v[d] = two(low, high, 0, step, table) ^ key0;
        v[d + 1] = two(low, high, 2, step, table) ^ key1;
    }

    private static long two(long low, long high, int k, int step, int[] table) {
        return one(low, high, k, step, table) & 0xffff_ffffL
                | (long) one(low, high, k + 1, step, table) << 32;
    }

    private static int one(long low, long high, int k, int step, int[] table) {
        int result = 0;
        for (int row = 0; row < 4; row++) {
            int from = columnOf(low, high, k + row * step) >>> 8 * row & 0xff;
            result ^= Integer.rotateLeft(table[from], 8 * row);
        }
        return result;
    }

    static void inverseMixColumns(long[] v, int d, int s) {
        v[d] = inverseMixTwo(v[s]);
        v[d + 1] = inverseMixTwo(v[s + 1]);
    }

    private static long inverseMixTwo(long columns) {
        return inverseMix((int) columns) & 0xffff_ffffL
                | (long) inverseMix((int) (columns >>> 32)) << 32;
    }

    private static int inverseMix(int column) {
        int result = 0;
        for (int row = 0; row < 4; row++) {
            // The table substitutes inversely; undo that first.
            int index = SUBSTITUTE[column >>> 8 * row & 0xff];
            result ^= Integer.rotateLeft(INVERSE_MIX[index], 8 * row);
        }
        return result;
    }

    static void assistKey(long[] v, int d, int s, int constant) {
        long low = v[s];
        long high = v[s + 1];
        v[d] = assist(low, constant);
        v[d + 1] = assist(high, constant);
    }

    private static long assist(long columns, int constant) {
        int word = (int) (columns >>> 32);
        int substituted = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            substituted |= SUBSTITUTE[word >>> shift & 0xff] << shift;
        }
        long rotated = Integer.rotateRight(substituted, 8) ^ constant;
        return rotated << 32 | substituted & 0xffff_ffffL;
    }
}
