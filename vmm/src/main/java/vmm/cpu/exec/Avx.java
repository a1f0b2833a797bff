package vmm.cpu.exec;

import static vmm.cpu.isa.AvxRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family AVX: broadcasts, permutations across 128 bits, variable shifts, half precision. */
final class Avx {
    private static final long LOW32 = 0xffff_ffffL;

    private Avx() {}

    static void execute(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        if (i.op <= VPBROADCASTW) {
            broadcast(cpu, i);
        } else if (i.op <= VPERMILPD_IB) {
            permuteWithin(cpu, i);
        } else if (i.op <= VPERMD) {
            permuteAcross(cpu, i);
        } else if (i.op <= VTESTPD) {
            other(cpu, i);
        } else if (i.op <= VPSLLVQ) {
            shift(cpu, i);
        } else if (i.op <= VZEROALL) {
            clear(cpu, i);
        } else {
            halfPrecision(cpu, i);
        }
    }

    private static void broadcast(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        if (i.op == VBROADCAST128) {
            int s = Xmm.unalignedSource(cpu, i);
            Ymm.set(cpu, i.reg, v[s], v[s + 1], v[s], v[s + 1]);
            return;
        }
        long value =
                switch (i.op) {
                    case VBROADCASTSS -> (Xmm.source32(cpu, i) & LOW32) * 0x1_0000_0001L;
                    case VBROADCASTSD -> Xmm.source64(cpu, i);
                    case VPBROADCASTB -> (element(cpu, i, 1) & 0xff) * 0x0101_0101_0101_0101L;
                    default -> (element(cpu, i, 2) & 0xffff) * 0x0001_0001_0001_0001L;
                };
        Ymm.set(cpu, i.reg, value, value, i.wide ? value : 0, i.wide ? value : 0);
    }

    private static long element(Cpu cpu, Insn i, int size) {
        return i.memory
                ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), size)
                : cpu.vector[4 * i.rm];
    }

    private static void permuteWithin(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int s = Ymm.source(cpu, i);
        int select = (int) i.immediate & 0xff;
        boolean immediate = i.op >= VPERMILPS_IB;
        boolean singles = i.op == VPERMILPS || i.op == VPERMILPS_IB;
        int data = immediate ? s : 4 * i.vvvv;
        for (int k = 0; k < 4; k++) {
            long low = v[data + (k & 2)];
            long high = v[data + (k & 2) + 1];
            long c = v[s + k];
            if (singles) {
                int two = immediate ? select >> 4 * (k & 1) : (int) (c & 3 | c >>> 30 & 12);
                v[Xmm.RESULT + k] = SseShuffle.two(low, high, two);
            } else {
                boolean upper = ((immediate ? select >> k : (int) c >> 1) & 1) != 0;
                v[Xmm.RESULT + k] = upper ? high : low;
            }
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    private static void permuteAcross(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int s = Ymm.source(cpu, i);
        int select = (int) i.immediate & 0xff;
        switch (i.op) {
            case VPERM2F128 -> {
                half(v, Xmm.RESULT, 4 * i.vvvv, s, select);
                half(v, Xmm.RESULT + 2, 4 * i.vvvv, s, select >> 4);
            }
            case VPERMQ_IB -> {
                for (int k = 0; k < 4; k++) {
                    v[Xmm.RESULT + k] = v[s + (select >> 2 * k & 3)];
                }
            }
            default -> { // VPERMD
                for (int k = 0; k < 4; k++) {
                    long c = v[4 * i.vvvv + k];
                    v[Xmm.RESULT + k] =
                            doubleword(v, s, (int) c) | doubleword(v, s, (int) (c >>> 32)) << 32;
                }
            }
        }
        Ymm.write(cpu, i.reg, true);
    }

    /** One half of VPERM2F128: one of four, or zeros. */
    private static void half(long[] v, int d, int a, int b, int select) {
        int from = ((select & 2) == 0 ? a : b) + (select & 1) * 2;
        boolean zero = (select & 8) != 0;
        v[d] = zero ? 0 : v[from];
        v[d + 1] = zero ? 0 : v[from + 1];
    }

    private static long doubleword(long[] v, int at, int k) {
        return v[at + (k >> 1 & 3)] >>> 32 * (k & 1) & LOW32;
    }

    private static void other(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int select = (int) i.immediate & 0xff;
        switch (i.op) {
            case VINSERT128 -> {
                int s = Xmm.unalignedSource(cpu, i);
                Ymm.begin(cpu, i.vvvv);
                int at = Xmm.RESULT + 2 * (select & 1);
                v[at] = v[s];
                v[at + 1] = v[s + 1];
                Ymm.write(cpu, i.reg, true);
            }
            case VEXTRACT128 -> {
                int s = 4 * i.reg + 2 * (select & 1);
                if (i.memory) {
                    cpu.mmu.store128(i.segment, cpu.effectiveAddress(i), v[s], v[s + 1]);
                } else {
                    Ymm.set(cpu, i.rm, v[s], v[s + 1]);
                }
            }
            case VPBLENDD -> {
                int s = Ymm.source(cpu, i);
                for (int k = 0; k < 4; k++) {
                    long mask = SseShuffle.laneMask(select >> 2 * k, 32);
                    v[Xmm.RESULT + k] = v[4 * i.vvvv + k] & ~mask | v[s + k] & mask;
                }
                Ymm.write(cpu, i.reg, i.wide);
            }
            default -> test(cpu, i);
        }
    }

    /** VTESTPS and VTESTPD: PTEST of the signs. */
    private static void test(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int s = Ymm.source(cpu, i);
        int d = 4 * i.reg;
        long signs = i.op == VTESTPS ? Packed.TOP32 : 1L << 63;
        long both = 0;
        long only = 0;
        for (int k = 0; k < (i.wide ? 4 : 2); k++) {
            both |= v[s + k] & v[d + k];
            only |= v[s + k] & ~v[d + k];
        }
        cpu.arithmeticFlags(
                ((both & signs) == 0 ? Cpu.FLAG_ZF : 0) | ((only & signs) == 0 ? Cpu.FLAG_CF : 0));
    }

    private static void shift(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int s = Ymm.source(cpu, i);
        int a = 4 * i.vvvv;
        for (int k = 0; k < (i.wide ? 4 : 2); k++) {
            v[Xmm.RESULT + k] = shifted(i.op, v[a + k], v[s + k]);
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    private static long shifted(int op, long a, long count) {
        return switch (op) {
            case VPSRLVQ -> count >>> 6 != 0 ? 0 : a >>> count;
            case VPSLLVQ -> count >>> 6 != 0 ? 0 : a << count;
            default ->
                    shifted32(op, (int) a, (int) count) & LOW32
                            | (long) shifted32(op, (int) (a >>> 32), (int) (count >>> 32)) << 32;
        };
    }

    private static int shifted32(int op, int a, int count) {
        boolean beyond = count >>> 5 != 0;
        return switch (op) {
            case VPSRLVD -> beyond ? 0 : a >>> count;
            case VPSLLVD -> beyond ? 0 : a << count;
            default -> beyond ? a >> 31 : a >> count;
        };
    }

    /** VZEROUPPER and VZEROALL; outside 64-bit mode there are only eight registers. */
    private static void clear(Cpu cpu, Insn i) {
        int registers = cpu.longMode() ? 16 : 8;
        long[] v = cpu.vector;
        for (int r = 0; r < 4 * registers; r += 4) {
            if (i.op == VZEROALL) {
                v[r] = 0;
                v[r + 1] = 0;
            }
            v[r + 2] = 0;
            v[r + 3] = 0;
        }
    }

    private static void halfPrecision(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        Xmm.begin(cpu);
        if (i.op == VCVTPH2PS) {
            int s = 4 * i.rm;
            if (i.memory) {
                s = Xmm.FROM_MEMORY;
                if (i.wide) {
                    Xmm.unalignedSource(cpu, i);
                } else {
                    v[s] = Xmm.source64(cpu, i);
                }
            }
            for (int k = 0; k < (i.wide ? 4 : 2); k++) {
                long two = v[s + (k >> 1)] >>> 32 * (k & 1);
                v[Xmm.RESULT + k] =
                        cpu.soft.fromHalf(two & 0xffff)
                                | cpu.soft.fromHalf(two >>> 16 & 0xffff) << 32;
            }
            Xmm.finish(cpu);
            Ymm.write(cpu, i.reg, i.wide);
            return;
        }
        int mode = (i.immediate & 4) != 0 ? cpu.soft.rounding() : (int) i.immediate & 3;
        int s = 4 * i.reg;
        long low = halves(cpu, v[s], mode) | halves(cpu, v[s + 1], mode) << 32;
        long high = i.wide ? halves(cpu, v[s + 2], mode) | halves(cpu, v[s + 3], mode) << 32 : 0;
        storeHalves(cpu, i, low, high);
    }

    private static void storeHalves(Cpu cpu, Insn i, long low, long high) {
        if (!i.memory) {
            Xmm.finish(cpu);
            Ymm.set(cpu, i.rm, low, high);
            return;
        }
        long address = cpu.effectiveAddress(i);
        // A page fault comes first, or else the flags would be set twice.
        cpu.mmu.probe(i.segment, address, i.wide ? 16 : 8, true);
        Xmm.finish(cpu);
        if (i.wide) {
            cpu.mmu.store128(i.segment, address, low, high);
        } else {
            cpu.mmu.store64(i.segment, address, low);
        }
    }

    private static long halves(Cpu cpu, long two, int mode) {
        return cpu.soft.toHalf(two & LOW32, mode) | cpu.soft.toHalf(two >>> 32, mode) << 16;
    }
}
