package vmm.cpu.exec;

import static vmm.cpu.isa.PackedRows.*;
import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/**
 * Families SSE_SHUFFLE and VEX_SHUFFLE: packs, interleaves, shifts, shuffles and blends within 128
 * bits.
 */
final class SseShuffle {
    // Behind the shifts; up to LAST_LANEWISE, but for MOVDDUP, 128 bits depend on 128 bits.
    private static final int FIRST_SHUFFLE = PSHUFD & 63, LAST_LANEWISE = PBLENDW & 63;

    private SseShuffle() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        int n = i.op & 63;
        int immediate = (int) i.immediate & 0xff;
        if (n <= PSLLQ || isLanewise(n)) {
            int s = Xmm.source(cpu, i);
            lane(cpu.vector, n, immediate, 4 * i.reg, s);
        } else if (n < FIRST_SHUFFLE) {
            lane(cpu.vector, n, immediate, 4 * i.rm, 0);
        } else if (i.op == MOVDDUP) {
            long low = Xmm.source64(cpu, i);
            cpu.vector[4 * i.reg] = low;
            cpu.vector[4 * i.reg + 1] = low;
        } else if (i.op == INSERTPS) {
            insertPs(cpu, i, 4 * i.reg, immediate);
        } else {
            blendVariable(cpu.vector, i.op, 4 * i.reg, Xmm.source(cpu, i), 0);
        }
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int n = i.op & 63;
        int immediate = (int) i.immediate & 0xff;
        if (n <= PSLLQ || isLanewise(n)) {
            // The count of a shift is in the first 128 bits.
            boolean shift = n >= PSRLW && n <= PSLLQ;
            int s = shift ? Xmm.unalignedSource(cpu, i) : Ymm.source(cpu, i);
            Ymm.begin(cpu, i.vvvv);
            lane(cpu.vector, n, immediate, Xmm.RESULT, s);
            if (i.wide) {
                int upper = upperImmediate(n, immediate);
                lane(cpu.vector, n, upper, Xmm.RESULT + 2, shift ? s : s + 2);
            }
            Ymm.write(cpu, i.reg, i.wide);
        } else if (n < FIRST_SHUFFLE) {
            Ymm.begin(cpu, i.rm);
            lane(cpu.vector, n, immediate, Xmm.RESULT, 0);
            if (i.wide) {
                lane(cpu.vector, n, immediate, Xmm.RESULT + 2, 0);
            }
            Ymm.write(cpu, i.vvvv, i.wide);
        } else {
            special(cpu, i, immediate);
            Ymm.write(cpu, i.reg, i.wide);
        }
    }

    private static void special(Cpu cpu, Insn i, int immediate) {
        int op = Family.withoutVex(i.op);
        if (op == INSERTPS) {
            Ymm.begin(cpu, i.vvvv);
            insertPs(cpu, i, Xmm.RESULT, immediate);
        } else if (op == MOVDDUP) {
            duplicate(cpu, i);
        } else {
            int s = Ymm.source(cpu, i);
            int m = 4 * (int) i.immediate;
            Ymm.begin(cpu, i.vvvv);
            blendVariable(cpu.vector, op, Xmm.RESULT, s, m);
            blendVariable(cpu.vector, op, Xmm.RESULT + 2, s + 2, m + 2);
        }
    }

    private static boolean isLanewise(int n) {
        return n >= FIRST_SHUFFLE && n <= LAST_LANEWISE && n != (MOVDDUP & 63);
    }

    /** Bits of the immediate operand that the upper 128 bits use. */
    private static int upperImmediate(int n, int immediate) {
        return switch (n) {
            case SHUFPD & 63, BLENDPD & 63 -> immediate >> 2;
            case BLENDPS & 63 -> immediate >> 4;
            default -> immediate;
        };
    }

    /** 128 bits: the operand at {@code d} becomes the result, the other one is at {@code s}. */
    private static void lane(long[] v, int n, int immediate, int d, int s) {
        switch (n) {
            case PUNPCKLBW -> unpack(v, d, v[d], v[s], 8);
            case PUNPCKLWD -> unpack(v, d, v[d], v[s], 16);
            case PUNPCKLDQ -> unpack(v, d, v[d], v[s], 32);
            case PUNPCKLQDQ -> v[d + 1] = v[s];
            case PUNPCKHBW -> unpack(v, d, v[d + 1], v[s + 1], 8);
            case PUNPCKHWD -> unpack(v, d, v[d + 1], v[s + 1], 16);
            case PUNPCKHDQ -> unpack(v, d, v[d + 1], v[s + 1], 32);
            case PUNPCKHQDQ -> set(v, d, v[d + 1], v[s + 1]);
            case PSHUFB -> {
                long low = shuffleBytes(v[d], v[d + 1], v[s]);
                set(v, d, low, shuffleBytes(v[d], v[d + 1], v[s + 1]));
            }
            case PALIGNR -> palignr(v, d, s, immediate);
            case PSRLW, PSRLD, PSRLQ, PSRAW, PSRAD, PSLLW, PSLLD, PSLLQ -> shift(v, n, d, v[s]);
            case PSRLW_IB, PSRLD_IB, PSRLQ_IB, PSRAW_IB, PSRAD_IB, PSLLW_IB, PSLLD_IB, PSLLQ_IB ->
                    shift(v, n - IMMEDIATE, d, immediate);
            case PSRLDQ_IB & 63 -> shiftRight(v, d, Math.min(immediate, 16));
            case PSLLDQ_IB & 63 -> shiftLeft(v, d, Math.min(immediate, 16));
            case PSHUFD & 63 ->
                    set(v, d, two(v[s], v[s + 1], immediate), two(v[s], v[s + 1], immediate >> 4));
            case PSHUFLW & 63 -> set(v, d, shuffleWords(v[s], immediate), v[s + 1]);
            case PSHUFHW & 63 -> set(v, d, v[s], shuffleWords(v[s + 1], immediate));
            case SHUFPS & 63 ->
                    set(v, d, two(v[d], v[d + 1], immediate), two(v[s], v[s + 1], immediate >> 4));
            case SHUFPD & 63 -> set(v, d, v[d + (immediate & 1)], v[s + (immediate >> 1 & 1)]);
            case MOVSLDUP & 63 -> set(v, d, twice(v[s]), twice(v[s + 1]));
            case MOVSHDUP & 63 -> set(v, d, twice(v[s] >>> 32), twice(v[s + 1] >>> 32));
            case BLENDPS & 63 ->
                    merge(v, d, s, laneMask(immediate, 32), laneMask(immediate >> 2, 32));
            case BLENDPD & 63 -> merge(v, d, s, -(immediate & 1L), -(immediate >> 1 & 1L));
            case PBLENDW & 63 ->
                    merge(v, d, s, laneMask(immediate, 16), laneMask(immediate >> 4, 16));
            default -> { // packs, horizontal sums and differences
                long high = Packed.pair(n, v[s], v[s + 1]);
                set(v, d, Packed.pair(n, v[d], v[d + 1]), high);
            }
        }
    }

    private static void set(long[] v, int d, long low, long high) {
        v[d] = low;
        v[d + 1] = high;
    }

    /** The low doubleword in both places. */
    private static long twice(long a) {
        return a & 0xffff_ffffL | a << 32;
    }

    private static void duplicate(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        if (!i.wide) {
            long low = Xmm.source64(cpu, i);
            v[Xmm.RESULT] = low;
            v[Xmm.RESULT + 1] = low;
            return;
        }
        int s = Ymm.source(cpu, i);
        long low = v[s];
        long high = v[s + 2];
        v[Xmm.RESULT] = low;
        v[Xmm.RESULT + 1] = low;
        v[Xmm.RESULT + 2] = high;
        v[Xmm.RESULT + 3] = high;
    }

    private static void shift(long[] v, int n, int d, long count) {
        v[d] = Packed.shift(n, v[d], count);
        v[d + 1] = Packed.shift(n, v[d + 1], count);
    }

    private static void shiftRight(long[] v, int d, int bytes) {
        long a0 = v[d];
        long a1 = v[d + 1];
        v[d] = align(a0, a1, 0, bytes);
        v[d + 1] = align(a1, 0, 0, bytes);
    }

    /** Left by n is the top of a1:a0:0 shifted right by 16 - n. */
    private static void shiftLeft(long[] v, int d, int bytes) {
        long a0 = v[d];
        long a1 = v[d + 1];
        v[d] = align(0, 0, a0, 16 - bytes);
        v[d + 1] = align(0, a0, a1, 16 - bytes);
    }

    private static void unpack(long[] v, int d, long a, long b, int width) {
        v[d] = Packed.unpackLow(a, b, width);
        v[d + 1] = Packed.unpackHigh(a, b, width);
    }

    /** Eight bytes of the sixteen in high and low, as the bytes of {@code control} select them. */
    static long shuffleBytes(long low, long high, long control) {
        long result = 0;
        for (int s = 0; s < 64; s += 8) {
            int select = (int) (control >>> s) & 0xff;
            if (select < 0x80) {
                long from = (select & 8) != 0 ? high : low;
                result |= (from >>> (select & 7) * 8 & 0xff) << s;
            }
        }
        return result;
    }

    private static void palignr(long[] v, int d, int s, int bytes) {
        long a0 = v[d];
        long a1 = v[d + 1];
        long b0 = v[s];
        long b1 = v[s + 1];
        if (bytes >= 16) {
            v[d] = align(a0, a1, 0, bytes - 16);
            v[d + 1] = align(a1, 0, 0, bytes - 16);
        } else {
            v[d] = align(b0, b1, a0, bytes);
            v[d + 1] = align(b1, a0, a1, bytes);
        }
    }

    /** The low 64 bits of the 192 bits c:b:a shifted right by {@code bytes}. */
    static long align(long a, long b, long c, int bytes) {
        if (bytes >= 16) {
            return bytes == 16 ? c : bytes < 24 ? c >>> 8 * (bytes - 16) : 0;
        }
        long low = bytes < 8 ? a : b;
        long high = bytes < 8 ? b : c;
        int shift = 8 * (bytes & 7);
        return shift == 0 ? low : low >>> shift | high << 64 - shift;
    }

    static long shuffleWords(long a, int select) {
        return a >>> (select & 3) * 16 & 0xffff
                | (a >>> (select >> 2 & 3) * 16 & 0xffff) << 16
                | (a >>> (select >> 4 & 3) * 16 & 0xffff) << 32
                | a >>> (select >> 6 & 3) * 16 << 48;
    }

    /** Doubleword {@code k} (low two bits count) of high:low. */
    static long doubleword(long low, long high, int k) {
        return ((k & 2) == 0 ? low : high) >>> (k & 1) * 32 & 0xffff_ffffL;
    }

    /** Doublewords that the low four bits of {@code select} choose. */
    static long two(long low, long high, int select) {
        return doubleword(low, high, select) | doubleword(low, high, select >> 2) << 32;
    }

    /** PBLENDVB, BLENDVPS and BLENDVPD: the top bits of the lanes at {@code m} select. */
    private static void blendVariable(long[] v, int op, int d, int s, int m) {
        long low = v[m];
        long high = v[m + 1];
        switch (op) {
            case PBLENDVB -> {
                low = Packed.spread(low & Packed.TOP8, 8);
                high = Packed.spread(high & Packed.TOP8, 8);
            }
            case BLENDVPS -> {
                low = Packed.spread(low & Packed.TOP32, 32);
                high = Packed.spread(high & Packed.TOP32, 32);
            }
            default -> { // BLENDVPD
                low >>= 63;
                high >>= 63;
            }
        }
        merge(v, d, s, low, high);
    }

    private static void merge(long[] v, int d, int s, long mask0, long mask1) {
        v[d] = v[d] & ~mask0 | v[s] & mask0;
        v[d + 1] = v[d + 1] & ~mask1 | v[s + 1] & mask1;
    }

    /** All ones in the lanes of 64 bits whose bit in {@code select} is set. */
    static long laneMask(int select, int width) {
        long mask = 0;
        for (int s = 0, k = 0; s < 64; s += width, k++) {
            mask |= (-(select >> k & 1L) & -1L >>> 64 - width) << s;
        }
        return mask;
    }

    private static void insertPs(Cpu cpu, Insn i, int d, int select) {
        long[] v = cpu.vector;
        long value =
                i.memory
                        ? cpu.mmu.load32(i.segment, cpu.effectiveAddress(i)) & 0xffff_ffffL
                        : doubleword(v[4 * i.rm], v[4 * i.rm + 1], select >> 6);
        int to = select >> 4 & 3;
        int at = d + (to >> 1);
        int shift = (to & 1) * 32;
        v[at] = v[at] & ~(0xffff_ffffL << shift) | value << shift;
        v[d] &= ~laneMask(select, 32);
        v[d + 1] &= ~laneMask(select >> 2, 32);
    }
}
