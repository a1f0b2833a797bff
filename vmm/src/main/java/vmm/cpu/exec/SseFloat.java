package vmm.cpu.exec;

import static vmm.cpu.isa.SseFloatRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.fpu.Approximations;
import vmm.cpu.fpu.SoftFloat;
import vmm.cpu.isa.Family;

/** Families SSE_FLOAT and VEX_FLOAT: arithmetic and comparison of numbers. */
final class SseFloat {
    private static final long LOW32 = 0xffff_ffffL;

    /** Predicates of SSE's CMPPS and of VCMPPS. */
    private static final int LEGACY_PREDICATES = 7, PREDICATES = 31;

    /**
     * By predicate, 4 bits each: whether it holds for less, equal, greater, unordered (bits 0..3),
     * SDM volume 2 table 3-1.
     */
    private static final long HOLDS = 0xf465_0b9a_7ced_8312L;

    private SseFloat() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        Xmm.begin(cpu);
        int d = 4 * i.reg;
        if (i.op >= UCOMISS) {
            compareToFlags(cpu, i, i.op);
        } else if (i.op >= ADDSUB) {
            int s = Xmm.source(cpu, i);
            horizontal(cpu, i, i.op, d, s, false);
            Xmm.write(cpu, d);
        } else {
            int kind = i.op & ~3;
            int immediate = (int) i.immediate & (kind == CMP ? LEGACY_PREDICATES : 0xff);
            arithmetic(cpu, i, i.op, immediate, d);
        }
    }

    private static void arithmetic(Cpu cpu, Insn i, int op, int immediate, int d) {
        int kind = op & ~3;
        switch (op & 3) {
            case PS -> {
                int s = Xmm.source(cpu, i);
                long[] v = cpu.vector;
                long low = two32(cpu, kind, v[d], v[s], immediate);
                long high = two32(cpu, kind, v[d + 1], v[s + 1], immediate);
                Xmm.finish(cpu);
                v[d] = low;
                v[d + 1] = high;
            }
            case PD -> {
                int s = Xmm.source(cpu, i);
                long[] v = cpu.vector;
                long low = one64(cpu, kind, v[d], v[s], immediate);
                long high = one64(cpu, kind, v[d + 1], v[s + 1], immediate);
                Xmm.finish(cpu);
                v[d] = low;
                v[d + 1] = high;
            }
            case SS -> scalar32(cpu, i, kind, immediate, d);
            default -> scalar64(cpu, i, kind, immediate, d);
        }
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        Xmm.begin(cpu);
        int op = Family.withoutVex(i.op);
        if (op >= UCOMISS) {
            compareToFlags(cpu, i, op);
            return;
        }
        int a = 4 * i.vvvv;
        if (op >= ADDSUB) {
            int s = Ymm.source(cpu, i);
            horizontal(cpu, i, op, a, s, i.wide);
            Ymm.write(cpu, i.reg, i.wide);
            return;
        }
        int kind = op & ~3;
        int immediate = (int) i.immediate & (kind == CMP ? PREDICATES : 0xff);
        if ((op & 3) >= SS) {
            Ymm.begin(cpu, i.vvvv);
            if ((op & 3) == SS) {
                scalar32(cpu, i, kind, immediate, Xmm.RESULT);
            } else {
                scalar64(cpu, i, kind, immediate, Xmm.RESULT);
            }
            Ymm.write(cpu, i.reg, false);
            return;
        }
        int s = Ymm.source(cpu, i);
        for (int k = 0; k < (i.wide ? 4 : 2); k += 2) {
            if ((op & 3) == PS) {
                lane32(cpu, kind, immediate, a + k, s + k, Xmm.RESULT + k);
            } else {
                lane64(cpu, kind, immediate, a + k, s + k, Xmm.RESULT + k);
            }
        }
        Xmm.finish(cpu);
        Ymm.write(cpu, i.reg, i.wide);
    }

    /** Four singles. */
    private static void lane32(Cpu cpu, int kind, int immediate, int a, int s, int result) {
        long[] v = cpu.vector;
        v[result] = two32(cpu, kind, v[a], v[s], immediate);
        v[result + 1] = two32(cpu, kind, v[a + 1], v[s + 1], immediate);
    }

    private static long two32(Cpu cpu, int kind, long a, long b, int immediate) {
        int low = one32(cpu, kind, (int) a, (int) b, immediate);
        int high = one32(cpu, kind, (int) (a >>> 32), (int) (b >>> 32), immediate);
        return (long) high << 32 | low & LOW32;
    }

    /** Two doubles. */
    private static void lane64(Cpu cpu, int kind, int immediate, int a, int s, int result) {
        long[] v = cpu.vector;
        v[result] = one64(cpu, kind, v[a], v[s], immediate);
        v[result + 1] = one64(cpu, kind, v[a + 1], v[s + 1], immediate);
    }

    private static void scalar32(Cpu cpu, Insn i, int kind, int immediate, int d) {
        int b = Xmm.source32(cpu, i);
        int result = one32(cpu, kind, (int) cpu.vector[d], b, immediate);
        Xmm.finish(cpu);
        cpu.vector[d] = cpu.vector[d] & ~LOW32 | result & LOW32;
    }

    private static void scalar64(Cpu cpu, Insn i, int kind, int immediate, int d) {
        long b = Xmm.source64(cpu, i);
        long result = one64(cpu, kind, cpu.vector[d], b, immediate);
        Xmm.finish(cpu);
        cpu.vector[d] = result;
    }

    private static int one32(Cpu cpu, int kind, int a, int b, int immediate) {
        return switch (kind) {
            case ADD -> Sse32.add(cpu, a, b);
            case MUL -> Sse32.mul(cpu, a, b);
            case SUB -> Sse32.sub(cpu, a, b);
            case MIN -> Sse32.min(cpu, a, b);
            case DIV -> Sse32.div(cpu, a, b);
            case MAX -> Sse32.max(cpu, a, b);
            case SQRT -> Sse32.sqrt(cpu, b);
            case CMP -> -predicate(Sse32.compare(cpu, a, b, signaling(immediate)), immediate);
            case ROUND -> Sse32.round(cpu, b, mode(cpu, immediate), (immediate & 8) == 0);
            case RSQRT -> Approximations.reciprocalRoot(b);
            default -> Approximations.reciprocal(b);
        };
    }

    private static long one64(Cpu cpu, int kind, long a, long b, int immediate) {
        return switch (kind) {
            case ADD -> Sse64.add(cpu, a, b);
            case MUL -> Sse64.mul(cpu, a, b);
            case SUB -> Sse64.sub(cpu, a, b);
            case MIN -> Sse64.min(cpu, a, b);
            case DIV -> Sse64.div(cpu, a, b);
            case MAX -> Sse64.max(cpu, a, b);
            case SQRT -> Sse64.sqrt(cpu, b);
            case CMP -> -predicate(Sse64.compare(cpu, a, b, signaling(immediate)), immediate);
            default -> Sse64.round(cpu, b, mode(cpu, immediate), (immediate & 8) == 0);
        };
    }

    /** Rounding mode of ROUNDxx: the immediate's, or MXCSR's if bit 2 is set. */
    private static int mode(Cpu cpu, int immediate) {
        return (immediate & 4) != 0 ? cpu.soft.rounding() : immediate & 3;
    }

    /** LT, LE, NLT and NLE take exception to quiet NaNs; predicates from 16 are the reverse. */
    private static boolean signaling(int predicate) {
        boolean less = (predicate & 3) == 1 || (predicate & 3) == 2;
        return less != ((predicate & 16) != 0);
    }

    /** 1 if {@code order} satisfies a predicate of CMPPS, else 0. */
    private static int predicate(int order, int predicate) {
        return (int) (HOLDS >>> (predicate & 15) * 4 + order - SoftFloat.LESS) & 1;
    }

    private static void compareToFlags(Cpu cpu, Insn i, int op) {
        boolean signaling = op >= COMISS;
        long a = cpu.vector[4 * i.reg];
        int order =
                (op & 1) == 0
                        ? Sse32.compare(cpu, (int) a, Xmm.source32(cpu, i), signaling)
                        : Sse64.compare(cpu, a, Xmm.source64(cpu, i), signaling);
        Xmm.finish(cpu);
        cpu.arithmeticFlags(
                switch (order) {
                    case SoftFloat.LESS -> Cpu.FLAG_CF;
                    case SoftFloat.EQUAL -> Cpu.FLAG_ZF;
                    case SoftFloat.GREATER -> 0;
                    default -> Cpu.FLAG_ZF | Cpu.FLAG_PF | Cpu.FLAG_CF;
                });
    }

    /** ADDSUB, HADD, HSUB and DP; the exceptions have been raised when it returns. */
    private static void horizontal(Cpu cpu, Insn i, int op, int a, int s, boolean wide) {
        if (op >= DP) {
            dotProduct(cpu, op, (int) i.immediate & 0xff, a, s, wide);
            return;
        }
        horizontalLane(cpu, op, a, s, Xmm.RESULT);
        if (wide) {
            horizontalLane(cpu, op, a + 2, s + 2, Xmm.RESULT + 2);
        }
        Xmm.finish(cpu);
    }

    private static void horizontalLane(Cpu cpu, int op, int a, int s, int result) {
        long[] v = cpu.vector;
        long a0 = v[a];
        long a1 = v[a + 1];
        long b0 = v[s];
        long b1 = v[s + 1];
        switch (op) {
            case ADDSUB + PS -> {
                v[result] = pair32(Sse32.sub(cpu, (int) a0, (int) b0), upper(cpu, a0, b0));
                v[result + 1] = pair32(Sse32.sub(cpu, (int) a1, (int) b1), upper(cpu, a1, b1));
            }
            case ADDSUB + PD -> {
                v[result] = Sse64.sub(cpu, a0, b0);
                v[result + 1] = Sse64.add(cpu, a1, b1);
            }
            case HADD + PS -> {
                v[result] = pair32(within(cpu, a0, false), within(cpu, a1, false));
                v[result + 1] = pair32(within(cpu, b0, false), within(cpu, b1, false));
            }
            case HADD + PD -> {
                v[result] = Sse64.add(cpu, a0, a1);
                v[result + 1] = Sse64.add(cpu, b0, b1);
            }
            case HSUB + PS -> {
                v[result] = pair32(within(cpu, a0, true), within(cpu, a1, true));
                v[result + 1] = pair32(within(cpu, b0, true), within(cpu, b1, true));
            }
            default -> { // HSUB + PD
                v[result] = Sse64.sub(cpu, a0, a1);
                v[result + 1] = Sse64.sub(cpu, b0, b1);
            }
        }
    }

    private static long pair32(int low, int high) {
        return (long) high << 32 | low & LOW32;
    }

    private static int upper(Cpu cpu, long a, long b) {
        return Sse32.add(cpu, (int) (a >>> 32), (int) (b >>> 32));
    }

    private static int within(Cpu cpu, long a, boolean subtract) {
        int low = (int) a;
        int high = (int) (a >>> 32);
        return subtract ? Sse32.sub(cpu, low, high) : Sse32.add(cpu, low, high);
    }

    /** DPPS and DPPD; the exceptions of each step are raised before the next. */
    private static void dotProduct(Cpu cpu, int op, int select, int a, int s, boolean wide) {
        long[] v = cpu.vector;
        int result = Xmm.RESULT;
        if (op == DP + PD) {
            long p0 = (select & 0x10) != 0 ? Sse64.mul(cpu, v[a], v[s]) : 0;
            long p1 = (select & 0x20) != 0 ? Sse64.mul(cpu, v[a + 1], v[s + 1]) : 0;
            Xmm.finish(cpu);
            long sum = Sse64.add(cpu, p0, p1);
            Xmm.finish(cpu);
            v[result] = (select & 1) != 0 ? sum : 0;
            v[result + 1] = (select & 2) != 0 ? sum : 0;
            return;
        }
        int longs = wide ? 4 : 2;
        for (int k = 0; k < longs; k += 2) {
            v[result + k] = products(cpu, select, v[a + k], v[s + k]);
            v[result + k + 1] = products(cpu, select >> 2, v[a + k + 1], v[s + k + 1]);
        }
        Xmm.finish(cpu);
        for (int k = 0; k < longs; k++) {
            v[result + k] = within(cpu, v[result + k], false) & LOW32;
        }
        Xmm.finish(cpu);
        for (int k = 0; k < longs; k += 2) {
            int sum = Sse32.add(cpu, (int) v[result + k], (int) v[result + k + 1]);
            v[result + k] = pair32(sum, sum) & SseShuffle.laneMask(select, 32);
            v[result + k + 1] = pair32(sum, sum) & SseShuffle.laneMask(select >> 2, 32);
        }
        Xmm.finish(cpu);
    }

    private static long products(Cpu cpu, int select, long a, long b) {
        return pair32(
                product(cpu, select, 0x10, a, b), product(cpu, select, 0x20, a >>> 32, b >>> 32));
    }

    private static int product(Cpu cpu, int select, int bit, long a, long b) {
        return (select & bit) != 0 ? Sse32.mul(cpu, (int) a, (int) b) : 0;
    }
}
