package vmm.cpu.exec;

import static vmm.cpu.isa.PackedRows.*;

/**
 * Packed integers in 64 bits: every byte, word or doubleword of the result depends on the same one
 * of the operands (or on its neighbour within the 64 bits). The lane width is given by a mask of
 * the lanes' top bits and, where it matters, the width in bits.
 */
final class Packed {
    static final long TOP8 = 0x8080808080808080L,
            TOP16 = 0x8000800080008000L,
            TOP32 = 0x8000000080000000L;

    private Packed() {}

    /** The operation {@code n} of families MMX and SSE_INTEGER. */
    static long apply(int n, long a, long b) {
        return n < PMINUB ? basic(n, a, b) : more(n, a, b);
    }

    private static long basic(int n, long a, long b) {
        return switch (n) {
            case PADDB -> add(a, b, TOP8);
            case PADDW -> add(a, b, TOP16);
            case PADDD -> add(a, b, TOP32);
            case PADDQ -> a + b;
            case PSUBB -> sub(a, b, TOP8);
            case PSUBW -> sub(a, b, TOP16);
            case PSUBD -> sub(a, b, TOP32);
            case PSUBQ -> a - b;
            case PADDSB -> addSigned(a, b, TOP8, 8);
            case PADDSW -> addSigned(a, b, TOP16, 16);
            case PADDUSB -> addUnsigned(a, b, TOP8, 8);
            case PADDUSW -> addUnsigned(a, b, TOP16, 16);
            case PSUBSB -> subSigned(a, b, TOP8, 8);
            case PSUBSW -> subSigned(a, b, TOP16, 16);
            case PSUBUSB -> subUnsigned(a, b, TOP8, 8);
            case PSUBUSW -> subUnsigned(a, b, TOP16, 16);
            case PCMPEQB -> equal(a, b, TOP8, 8);
            case PCMPEQW -> equal(a, b, TOP16, 16);
            case PCMPEQD -> equal(a, b, TOP32, 32);
            case PCMPEQQ -> a == b ? -1 : 0;
            case PCMPGTB -> lessSigned(b, a, TOP8, 8);
            case PCMPGTW -> lessSigned(b, a, TOP16, 16);
            case PCMPGTD -> lessSigned(b, a, TOP32, 32);
            case PCMPGTQ -> a > b ? -1 : 0;
            case PAND -> a & b;
            case PANDN -> ~a & b;
            case POR -> a | b;
            default -> a ^ b;
        };
    }

    private static long more(int n, long a, long b) {
        return switch (n) {
            case PMINUB -> select(lessUnsigned(a, b, TOP8, 8), a, b);
            case PMINUW -> select(lessUnsigned(a, b, TOP16, 16), a, b);
            case PMINUD -> select(lessUnsigned(a, b, TOP32, 32), a, b);
            case PMINSB -> select(lessSigned(a, b, TOP8, 8), a, b);
            case PMINSW -> select(lessSigned(a, b, TOP16, 16), a, b);
            case PMINSD -> select(lessSigned(a, b, TOP32, 32), a, b);
            case PMAXUB -> select(lessUnsigned(a, b, TOP8, 8), b, a);
            case PMAXUW -> select(lessUnsigned(a, b, TOP16, 16), b, a);
            case PMAXUD -> select(lessUnsigned(a, b, TOP32, 32), b, a);
            case PMAXSB -> select(lessSigned(a, b, TOP8, 8), b, a);
            case PMAXSW -> select(lessSigned(a, b, TOP16, 16), b, a);
            case PMAXSD -> select(lessSigned(a, b, TOP32, 32), b, a);
            case PMULLW -> multiplyWords(a, b, 0);
            case PMULHW -> multiplyWords(a, b, 16);
            case PMULHUW -> multiplyUnsignedWords(a, b);
            case PMULLD ->
                    (a >>> 32) * (b >>> 32) << 32 | (long) ((int) a * (int) b) & 0xffff_ffffL;
            case PMULUDQ -> (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
            case PMULDQ -> (long) (int) a * (int) b;
            case PMULHRSW -> multiplyRounded(a, b);
            case PMADDWD -> multiplyAdd(a, b);
            case PMADDUBSW -> multiplyAddBytes(a, b);
            case PSADBW -> sumOfDifferences(a, b);
            case PAVGB -> (a | b) - ((a ^ b) >>> 1 & ~TOP8);
            case PAVGW -> (a | b) - ((a ^ b) >>> 1 & ~TOP16);
            case PABSB -> negateIf(b, b, TOP8, 8);
            case PABSW -> negateIf(b, b, TOP16, 16);
            case PABSD -> negateIf(b, b, TOP32, 32);
            case PSIGNB -> sign(a, b, TOP8, 8);
            case PSIGNW -> sign(a, b, TOP16, 16);
            default -> sign(a, b, TOP32, 32);
        };
    }

    static long add(long a, long b, long top) {
        return (a & ~top) + (b & ~top) ^ (a ^ b) & top;
    }

    static long sub(long a, long b, long top) {
        return (a | top) - (b & ~top) ^ (a ^ ~b) & top;
    }

    /** Widens bits at the lanes' tops to all bits of their lanes. */
    static long spread(long bits, int width) {
        return (bits >>> width - 1) * (-1L >>> 64 - width);
    }

    private static long select(long mask, long a, long b) {
        return a & mask | b & ~mask;
    }

    static long equal(long a, long b, long top, int width) {
        long x = a ^ b;
        return spread(~((x & ~top) + ~top | x) & top, width);
    }

    static long lessUnsigned(long a, long b, long top, int width) {
        long borrow = ~a & b | ~(a ^ b) & sub(a, b, top);
        return spread(borrow & top, width);
    }

    static long lessSigned(long a, long b, long top, int width) {
        return lessUnsigned(a ^ top, b ^ top, top, width);
    }

    private static long addUnsigned(long a, long b, long top, int width) {
        long sum = add(a, b, top);
        return sum | spread((a & b | (a | b) & ~sum) & top, width);
    }

    private static long subUnsigned(long a, long b, long top, int width) {
        return sub(a, b, top) & ~lessUnsigned(a, b, top, width);
    }

    private static long addSigned(long a, long b, long top, int width) {
        long sum = add(a, b, top);
        return saturate(a, sum, ~(a ^ b) & (a ^ sum) & top, top, width);
    }

    private static long subSigned(long a, long b, long top, int width) {
        long difference = sub(a, b, top);
        return saturate(a, difference, (a ^ b) & (a ^ difference) & top, top, width);
    }

    /** Where {@code overflow} is set, the largest or smallest number, as the sign of a says. */
    private static long saturate(long a, long result, long overflow, long top, int width) {
        long limit = ~top + ((a & top) >>> width - 1);
        return select(spread(overflow, width), limit, result);
    }

    private static long negateIf(long value, long signs, long top, int width) {
        long mask = spread(signs & top, width);
        return sub(value ^ mask, mask, top);
    }

    private static long sign(long a, long b, long top, int width) {
        return negateIf(a, b, top, width) & ~equal(b, 0, top, width);
    }

    private static long multiplyWords(long a, long b, int shift) {
        long result = 0;
        for (int s = 0; s < 64; s += 16) {
            int product = (short) (a >>> s) * (short) (b >>> s);
            result |= (product >> shift & 0xffffL) << s;
        }
        return result;
    }

    private static long multiplyUnsignedWords(long a, long b) {
        long result = 0;
        for (int s = 0; s < 64; s += 16) {
            long product = (a >>> s & 0xffff) * (b >>> s & 0xffff);
            result |= product >>> 16 << s;
        }
        return result;
    }

    private static long multiplyRounded(long a, long b) {
        long result = 0;
        for (int s = 0; s < 64; s += 16) {
            int product = (short) (a >>> s) * (short) (b >>> s);
            result |= ((product >> 14) + 1 >> 1 & 0xffffL) << s;
        }
        return result;
    }

    private static long multiplyAdd(long a, long b) {
        int low = (short) a * (short) b + (short) (a >>> 16) * (short) (b >>> 16);
        int high =
                (short) (a >>> 32) * (short) (b >>> 32) + (short) (a >>> 48) * (short) (b >>> 48);
        return (long) high << 32 | low & 0xffff_ffffL;
    }

    private static long multiplyAddBytes(long a, long b) {
        long result = 0;
        for (int s = 0; s < 64; s += 16) {
            int even = (int) (a >>> s & 0xff) * (byte) (b >>> s);
            int odd = (int) (a >>> s + 8 & 0xff) * (byte) (b >>> s + 8);
            result |= (saturateWord(even + odd) & 0xffffL) << s;
        }
        return result;
    }

    private static long sumOfDifferences(long a, long b) {
        int sum = 0;
        for (int s = 0; s < 64; s += 8) {
            sum += Math.abs((int) (a >>> s & 0xff) - (int) (b >>> s & 0xff));
        }
        return sum;
    }

    static int saturateWord(int value) {
        return Math.clamp(value, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    // Pairs

    /** The operation {@code n} (up to PHSUBSW) of families MMX_MORE and SSE_SHUFFLE. */
    static long pair(int n, long a, long b) {
        return switch (n) {
            case PACKSSWB ->
                    packWords(a, Byte.MIN_VALUE, Byte.MAX_VALUE)
                            | packWords(b, Byte.MIN_VALUE, Byte.MAX_VALUE) << 32;
            case PACKUSWB -> packWords(a, 0, 0xff) | packWords(b, 0, 0xff) << 32;
            case PACKSSDW ->
                    packDoublewords(a, Short.MIN_VALUE, Short.MAX_VALUE)
                            | packDoublewords(b, Short.MIN_VALUE, Short.MAX_VALUE) << 32;
            case PACKUSDW -> packDoublewords(a, 0, 0xffff) | packDoublewords(b, 0, 0xffff) << 32;
            case PHADDW -> add(evenWords(a, b), evenWords(a >>> 16, b >>> 16), TOP16);
            case PHADDD -> add(evenDoublewords(a, b), oddDoublewords(a, b), TOP32);
            case PHADDSW -> addSigned(evenWords(a, b), evenWords(a >>> 16, b >>> 16), TOP16, 16);
            case PHSUBW -> sub(evenWords(a, b), evenWords(a >>> 16, b >>> 16), TOP16);
            case PHSUBD -> sub(evenDoublewords(a, b), oddDoublewords(a, b), TOP32);
            default -> subSigned(evenWords(a, b), evenWords(a >>> 16, b >>> 16), TOP16, 16);
        };
    }

    private static long packWords(long a, int min, int max) {
        long result = 0;
        for (int k = 0; k < 4; k++) {
            result |= (Math.clamp((short) (a >>> 16 * k), min, max) & 0xffL) << 8 * k;
        }
        return result;
    }

    private static long packDoublewords(long a, int min, int max) {
        return Math.clamp((int) a, min, max) & 0xffffL
                | (Math.clamp((int) (a >>> 32), min, max) & 0xffffL) << 16;
    }

    private static long evenWords(long a, long b) {
        return a & 0xffff | (a >>> 32 & 0xffff) << 16 | (b & 0xffff) << 32 | b >>> 32 << 48;
    }

    private static long evenDoublewords(long a, long b) {
        return a & 0xffff_ffffL | b << 32;
    }

    private static long oddDoublewords(long a, long b) {
        return a >>> 32 | b >>> 32 << 32;
    }

    // Interleaving

    /** Interleaves the low halves of a and b, in pieces of 8, 16 or 32 bits. */
    static long unpackLow(long a, long b, int width) {
        return width == 32
                ? evenDoublewords(a, b)
                : spreadOut(a, width) | spreadOut(b, width) << width;
    }

    /** Interleaves the high halves. */
    static long unpackHigh(long a, long b, int width) {
        return unpackLow(a >>> 32, b >>> 32, width);
    }

    /** Puts as much room after each piece of the low 32 bits as the piece is wide. */
    private static long spreadOut(long a, int width) {
        long x = a & 0xffff_ffffL;
        x = (x | x << 16) & 0x0000ffff0000ffffL;
        return width == 16 ? x : (x | x << 8) & 0x00ff00ff00ff00ffL;
    }

    // Shifts

    /** The shift {@code n} (PSRLW..PSLLQ); {@code count} is the whole 64-bit count. */
    static long shift(int n, long a, long count) {
        int c = Long.compareUnsigned(count, 64) < 0 ? (int) count : 64;
        return switch (n) {
            case PSRLW -> shiftRight(a, c, 16);
            case PSRLD -> shiftRight(a, c, 32);
            case PSRLQ -> c < 64 ? a >>> c : 0;
            case PSRAW -> shiftArithmetic(a, Math.min(c, 15), 16, TOP16);
            case PSRAD -> shiftArithmetic(a, Math.min(c, 31), 32, TOP32);
            case PSLLW -> shiftLeft(a, c, 16);
            case PSLLD -> shiftLeft(a, c, 32);
            default -> c < 64 ? a << c : 0;
        };
    }

    private static long shiftRight(long a, int c, int width) {
        return c < width ? a >>> c & everywhere(-1L >>> 64 - width >>> c, width) : 0;
    }

    private static long shiftLeft(long a, int c, int width) {
        return c < width ? a << c & everywhere((1L << width) - (1L << c), width) : 0;
    }

    private static long shiftArithmetic(long a, int c, int width, long top) {
        long signs = spread(a & top, width) & ~everywhere(-1L >>> 64 - width >>> c, width);
        return shiftRight(a, c, width) | signs;
    }

    private static long everywhere(long lane, int width) {
        return width == 16 ? lane * 0x0001000100010001L : lane * 0x0000000100000001L;
    }
}
