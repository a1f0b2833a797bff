package vmm.cpu.exec;

import static vmm.cpu.isa.PackedRows.*;
import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family SSE_SHUFFLE: packs, interleaves, shifts, shuffles and blends of XMM registers. */
final class SseShuffle {
    private SseShuffle() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        int n = i.op & 63;
        if (n <= PHSUBSW) {
            int s = Xmm.source(cpu, i);
            long[] v = cpu.vector;
            int d = 4 * i.reg;
            long high = Packed.pair(n, v[s], v[s + 1]);
            v[d] = Packed.pair(n, v[d], v[d + 1]);
            v[d + 1] = high;
        } else if (n <= PALIGNR) {
            interleave(cpu, i, n);
        } else if (n <= PSLLQ) {
            int s = Xmm.source(cpu, i);
            shift(cpu, n, 4 * i.reg, cpu.vector[s]);
        } else if (n <= PSLLQ_IB) {
            shift(cpu, n - IMMEDIATE, 4 * i.rm, i.immediate & 0xff);
        } else if (i.op <= MOVSHDUP) {
            shuffle(cpu, i);
        } else {
            blend(cpu, i);
        }
    }

    private static void shift(Cpu cpu, int n, int d, long count) {
        long[] v = cpu.vector;
        v[d] = Packed.shift(n, v[d], count);
        v[d + 1] = Packed.shift(n, v[d + 1], count);
    }

    private static void interleave(Cpu cpu, Insn i, int n) {
        int s = Xmm.source(cpu, i);
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        long a0 = v[d];
        long a1 = v[d + 1];
        long b0 = v[s];
        long b1 = v[s + 1];
        switch (n) {
            case PUNPCKLBW -> unpack(v, d, a0, b0, 8);
            case PUNPCKLWD -> unpack(v, d, a0, b0, 16);
            case PUNPCKLDQ -> unpack(v, d, a0, b0, 32);
            case PUNPCKLQDQ -> v[d + 1] = b0;
            case PUNPCKHBW -> unpack(v, d, a1, b1, 8);
            case PUNPCKHWD -> unpack(v, d, a1, b1, 16);
            case PUNPCKHDQ -> unpack(v, d, a1, b1, 32);
            case PUNPCKHQDQ -> {
                v[d] = a1;
                v[d + 1] = b1;
            }
            case PSHUFB -> {
                v[d] = shuffleBytes(a0, a1, b0);
                v[d + 1] = shuffleBytes(a0, a1, b1);
            }
            default -> palignr(v, d, s, (int) i.immediate & 0xff);
        }
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

    private static void shuffle(Cpu cpu, Insn i) {
        if (i.op <= PSLLDQ_IB) {
            shiftBytes(cpu.vector, i, 4 * i.rm);
            return;
        }
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        int select = (int) i.immediate & 0xff;
        if (i.op == MOVDDUP) {
            v[d] = Xmm.source64(cpu, i);
            v[d + 1] = v[d];
            return;
        }
        int s = Xmm.source(cpu, i);
        long b0 = v[s];
        long b1 = v[s + 1];
        long a0 = v[d];
        long a1 = v[d + 1];
        switch (i.op) {
            case PSHUFD -> {
                v[d] = two(b0, b1, select);
                v[d + 1] = two(b0, b1, select >> 4);
            }
            case PSHUFLW -> {
                v[d] = shuffleWords(b0, select);
                v[d + 1] = b1;
            }
            case PSHUFHW -> {
                v[d] = b0;
                v[d + 1] = shuffleWords(b1, select);
            }
            case SHUFPS -> {
                v[d] = two(a0, a1, select);
                v[d + 1] = two(b0, b1, select >> 4);
            }
            case SHUFPD -> {
                v[d] = (select & 1) == 0 ? a0 : a1;
                v[d + 1] = (select & 2) == 0 ? b0 : b1;
            }
            case MOVSLDUP -> {
                v[d] = b0 & 0xffff_ffffL | b0 << 32;
                v[d + 1] = b1 & 0xffff_ffffL | b1 << 32;
            }
            default -> { // MOVSHDUP
                v[d] = b0 >>> 32 | b0 >>> 32 << 32;
                v[d + 1] = b1 >>> 32 | b1 >>> 32 << 32;
            }
        }
    }

    private static void shiftBytes(long[] v, Insn i, int d) {
        int bytes = Math.min((int) i.immediate & 0xff, 16);
        long a0 = v[d];
        long a1 = v[d + 1];
        if (i.op == PSRLDQ_IB) {
            v[d] = align(a0, a1, 0, bytes);
            v[d + 1] = align(a1, 0, 0, bytes);
        } else {
            // Left by n is the top of a1:a0:0 shifted right by 16 - n.
            v[d] = align(0, 0, a0, 16 - bytes);
            v[d + 1] = align(0, a0, a1, 16 - bytes);
        }
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

    private static long two(long low, long high, int select) {
        return doubleword(low, high, select) | doubleword(low, high, select >> 2) << 32;
    }

    private static void blend(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        int select = (int) i.immediate & 0xff;
        if (i.op == INSERTPS) {
            insertPs(cpu, i, d, select);
            return;
        }
        int s = Xmm.source(cpu, i);
        long mask0 = v[0];
        long mask1 = v[1];
        switch (i.op) {
            case BLENDPS -> {
                mask0 = laneMask(select, 32);
                mask1 = laneMask(select >> 2, 32);
            }
            case BLENDPD -> {
                mask0 = -(select & 1L);
                mask1 = -(select >> 1 & 1L);
            }
            case PBLENDW -> {
                mask0 = laneMask(select, 16);
                mask1 = laneMask(select >> 4, 16);
            }
            case PBLENDVB -> {
                mask0 = Packed.spread(mask0 & Packed.TOP8, 8);
                mask1 = Packed.spread(mask1 & Packed.TOP8, 8);
            }
            case BLENDVPS -> {
                mask0 = Packed.spread(mask0 & Packed.TOP32, 32);
                mask1 = Packed.spread(mask1 & Packed.TOP32, 32);
            }
            default -> { // BLENDVPD
                mask0 >>= 63;
                mask1 >>= 63;
            }
        }
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
