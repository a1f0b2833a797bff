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
    private SseShuffle() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        int immediate = (int) i.immediate & 0xff;
        if (isImmediateShift(i.op)) {
            lane(cpu.vector, i.op, immediate, 4 * i.rm, 0);
        } else if (i.op == MOVDDUP) {
            long low = Xmm.source64(cpu, i);
            cpu.vector[4 * i.reg] = low;
            cpu.vector[4 * i.reg + 1] = low;
        } else if (i.op == INSERTPS) {
            insertPs(cpu, i, 4 * i.reg, immediate);
        } else {
            int s = Xmm.source(cpu, i);
            if (isVariableBlend(i.op)) {
                blendVariable(cpu.vector, i.op, 4 * i.reg, s, 0);
            } else {
                lane(cpu.vector, i.op, immediate, 4 * i.reg, s);
            }
        }
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int op = Family.withoutVex(i.op);
        int immediate = (int) i.immediate & 0xff;
        if (isImmediateShift(op)) {
            Ymm.begin(cpu, i.rm);
            lanes(cpu, i, op, immediate, 0, 0);
            Ymm.write(cpu, i.vvvv, i.wide);
            return;
        }
        if (op == INSERTPS) {
            Ymm.begin(cpu, i.vvvv);
            insertPs(cpu, i, Xmm.RESULT, immediate);
        } else if (op == MOVDDUP) {
            duplicate(cpu, i);
        } else if (isVariableBlend(op)) {
            int s = Ymm.source(cpu, i);
            int m = 4 * (int) i.immediate;
            Ymm.begin(cpu, i.vvvv);
            blendVariable(cpu.vector, op, Xmm.RESULT, s, m);
            blendVariable(cpu.vector, op, Xmm.RESULT + 2, s + 2, m + 2);
        } else if (isShift(op)) {
            int s = Xmm.unalignedSource(cpu, i);
            Ymm.begin(cpu, i.vvvv);
            lanes(cpu, i, op, immediate, s, s);
        } else {
            int s = Ymm.source(cpu, i);
            Ymm.begin(cpu, i.vvvv);
            lanes(cpu, i, op, immediate, s, s + 2);
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    /** Both lanes of the result, whose sources are at {@code s0} and {@code s1}. */
    private static void lanes(Cpu cpu, Insn i, int op, int immediate, int s0, int s1) {
        lane(cpu.vector, op, immediate, Xmm.RESULT, s0);
        if (i.wide) {
            int upper =
                    switch (op) {
                        case SHUFPD, BLENDPD -> immediate >> 2;
                        case BLENDPS -> immediate >> 4;
                        default -> immediate;
                    };
            lane(cpu.vector, op, upper, Xmm.RESULT + 2, s1);
        }
    }

    private static boolean isShift(int op) {
        int n = op & 63;
        return n >= PSRLW && n <= PSLLQ;
    }

    private static boolean isImmediateShift(int op) {
        int n = op & 63;
        return n >= PSRLW_IB && op <= PSLLDQ_IB;
    }

    private static boolean isVariableBlend(int op) {
        return op >= PBLENDVB && op <= BLENDVPD;
    }

    /** 128 bits: the operand at {@code d} becomes the result, the other one is at {@code s}. */
    private static void lane(long[] v, int op, int immediate, int d, int s) {
        int n = op & 63;
        if (n <= PHSUBSW) {
            long high = Packed.pair(n, v[s], v[s + 1]);
            v[d] = Packed.pair(n, v[d], v[d + 1]);
            v[d + 1] = high;
        } else if (n <= PALIGNR) {
            interleave(v, n, immediate, d, s);
        } else if (n <= PSLLQ) {
            shift(v, n, d, v[s]);
        } else if (n <= PSLLQ_IB) {
            shift(v, n - IMMEDIATE, d, immediate);
        } else if (op <= PSLLDQ_IB) {
            shiftBytes(v, op, Math.min(immediate, 16), d);
        } else if (op <= MOVSHDUP) {
            shuffle(v, op, immediate, d, s);
        } else {
            blend(v, op, immediate, d, s);
        }
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

    private static void interleave(long[] v, int n, int immediate, int d, int s) {
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
            default -> palignr(v, d, s, immediate);
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

    private static void shuffle(long[] v, int op, int select, int d, int s) {
        long b0 = v[s];
        long b1 = v[s + 1];
        long a0 = v[d];
        long a1 = v[d + 1];
        switch (op) {
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

    private static void shiftBytes(long[] v, int op, int bytes, int d) {
        long a0 = v[d];
        long a1 = v[d + 1];
        if (op == PSRLDQ_IB) {
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

    /** Doublewords that the low four bits of {@code select} choose. */
    static long two(long low, long high, int select) {
        return doubleword(low, high, select) | doubleword(low, high, select >> 2) << 32;
    }

    private static void blend(long[] v, int op, int select, int d, int s) {
        switch (op) {
            case BLENDPS -> merge(v, d, s, laneMask(select, 32), laneMask(select >> 2, 32));
            case BLENDPD -> merge(v, d, s, -(select & 1L), -(select >> 1 & 1L));
            default -> // PBLENDW
                    merge(v, d, s, laneMask(select, 16), laneMask(select >> 4, 16));
        }
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
