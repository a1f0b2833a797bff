package vmm.cpu.exec;

/** The SHA extensions: rounds and message schedules of SHA-1 and SHA-256, FIPS 180-4. */
final class Sha {
    private static final int[] K1 = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

    private Sha() {}

    private static int word(long[] v, int at, int k) {
        return (int) (v[at + (k >> 1)] >>> 32 * (k & 1));
    }

    /** Stores four words, the one for bits 127..96 first, as the manual lists them. */
    private static void store(long[] v, int d, int w3, int w2, int w1, int w0) {
        v[d] = (long) w1 << 32 | w0 & 0xffff_ffffL;
        v[d + 1] = (long) w3 << 32 | w2 & 0xffff_ffffL;
    }

    static void rounds1(long[] v, int d, int s, int function) {
        int a = word(v, d, 3);
        int b = word(v, d, 2);
        int c = word(v, d, 1);
        int dd = word(v, d, 0);
        int e = 0; // the first word of the source has it already
        for (int round = 0; round < 4; round++) {
            int f =
                    switch (function) {
                        case 0 -> b & c ^ ~b & dd;
                        case 2 -> b & c ^ b & dd ^ c & dd;
                        default -> b ^ c ^ dd;
                    };
            int next = f + Integer.rotateLeft(a, 5) + word(v, s, 3 - round) + e + K1[function];
            e = dd;
            dd = c;
            c = Integer.rotateLeft(b, 30);
            b = a;
            a = next;
        }
        store(v, d, a, b, c, dd);
    }

    static void next1(long[] v, int d, int s) {
        int e = Integer.rotateLeft(word(v, d, 3), 30);
        store(v, d, word(v, s, 3) + e, word(v, s, 2), word(v, s, 1), word(v, s, 0));
    }

    static void message1First(long[] v, int d, int s) {
        long w23 = v[d];
        long w01 = v[d + 1];
        long w45 = v[s + 1];
        v[d + 1] = w23 ^ w01;
        v[d] = w45 ^ w23;
    }

    static void message1Second(long[] v, int d, int s) {
        int w16 = Integer.rotateLeft(word(v, d, 3) ^ word(v, s, 2), 1);
        int w17 = Integer.rotateLeft(word(v, d, 2) ^ word(v, s, 1), 1);
        int w18 = Integer.rotateLeft(word(v, d, 1) ^ word(v, s, 0), 1);
        int w19 = Integer.rotateLeft(word(v, d, 0) ^ w16, 1);
        store(v, d, w16, w17, w18, w19);
    }

    static void rounds256(long[] v, int d, int s) {
        int a = word(v, s, 3);
        int b = word(v, s, 2);
        int c = word(v, d, 3);
        int dd = word(v, d, 2);
        int e = word(v, s, 1);
        int f = word(v, s, 0);
        int g = word(v, d, 1);
        int h = word(v, d, 0);
        for (int round = 0; round < 2; round++) {
            int t = (e & f ^ ~e & g) + sum(e, 6, 11, 25) + word(v, 0, round) + h;
            int next = t + (a & b ^ a & c ^ b & c) + sum(a, 2, 13, 22);
            h = g;
            g = f;
            f = e;
            e = t + dd;
            dd = c;
            c = b;
            b = a;
            a = next;
        }
        store(v, d, a, b, e, f);
    }

    private static int sum(int x, int r0, int r1, int r2) {
        return Integer.rotateRight(x, r0) ^ Integer.rotateRight(x, r1) ^ Integer.rotateRight(x, r2);
    }

    private static int sigma0(int x) {
        return Integer.rotateRight(x, 7) ^ Integer.rotateRight(x, 18) ^ x >>> 3;
    }

    private static int sigma1(int x) {
        return Integer.rotateRight(x, 17) ^ Integer.rotateRight(x, 19) ^ x >>> 10;
    }

    static void message256First(long[] v, int d, int s) {
        int w0 = word(v, d, 0);
        int w1 = word(v, d, 1);
        int w2 = word(v, d, 2);
        int w3 = word(v, d, 3);
        int w4 = word(v, s, 0);
        store(v, d, w3 + sigma0(w4), w2 + sigma0(w3), w1 + sigma0(w2), w0 + sigma0(w1));
    }

    static void message256Second(long[] v, int d, int s) {
        int w16 = word(v, d, 0) + sigma1(word(v, s, 2));
        int w17 = word(v, d, 1) + sigma1(word(v, s, 3));
        int w18 = word(v, d, 2) + sigma1(w16);
        int w19 = word(v, d, 3) + sigma1(w17);
        store(v, d, w19, w18, w17, w16);
    }
}
