package vmm.cpu.exec;

import static vmm.cpu.isa.SseFloatRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.fpu.SoftFloat;

/** Family SSE_FLOAT: arithmetic and comparison of single and double precision numbers. */
final class SseFloat {
    private static final long LOW32 = 0xffff_ffffL;

    private SseFloat() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        Xmm.begin(cpu);
        if (i.op >= UCOMISS) {
            compareToFlags(cpu, i);
        } else if (i.op >= ADDSUB) {
            horizontal(cpu, i);
        } else {
            int kind = i.op & ~3;
            int immediate = (int) i.immediate & 0xff;
            switch (i.op & 3) {
                case PS -> packed32(cpu, i, kind, immediate);
                case PD -> packed64(cpu, i, kind, immediate);
                case SS -> scalar32(cpu, i, kind, immediate);
                default -> scalar64(cpu, i, kind, immediate);
            }
        }
    }

    private static void packed32(Cpu cpu, Insn i, int kind, int immediate) {
        int s = Xmm.source(cpu, i);
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        long low = two32(cpu, kind, v[d], v[s], immediate);
        long high = two32(cpu, kind, v[d + 1], v[s + 1], immediate);
        Xmm.finish(cpu);
        v[d] = low;
        v[d + 1] = high;
    }

    private static long two32(Cpu cpu, int kind, long a, long b, int immediate) {
        int low = lane32(cpu, kind, (int) a, (int) b, immediate);
        int high = lane32(cpu, kind, (int) (a >>> 32), (int) (b >>> 32), immediate);
        return (long) high << 32 | low & LOW32;
    }

    private static void packed64(Cpu cpu, Insn i, int kind, int immediate) {
        int s = Xmm.source(cpu, i);
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        long low = lane64(cpu, kind, v[d], v[s], immediate);
        long high = lane64(cpu, kind, v[d + 1], v[s + 1], immediate);
        Xmm.finish(cpu);
        v[d] = low;
        v[d + 1] = high;
    }

    private static void scalar32(Cpu cpu, Insn i, int kind, int immediate) {
        int b = Xmm.source32(cpu, i);
        int d = 4 * i.reg;
        int result = lane32(cpu, kind, (int) cpu.vector[d], b, immediate);
        Xmm.finish(cpu);
        cpu.vector[d] = cpu.vector[d] & ~LOW32 | result & LOW32;
    }

    private static void scalar64(Cpu cpu, Insn i, int kind, int immediate) {
        long b = Xmm.source64(cpu, i);
        int d = 4 * i.reg;
        long result = lane64(cpu, kind, cpu.vector[d], b, immediate);
        Xmm.finish(cpu);
        cpu.vector[d] = result;
    }

    private static int lane32(Cpu cpu, int kind, int a, int b, int immediate) {
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
            case RSQRT -> Sse32.reciprocalRoot(b);
            default -> Sse32.reciprocal(b);
        };
    }

    private static long lane64(Cpu cpu, int kind, long a, long b, int immediate) {
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

    /** LT, LE, NLT and NLE take exception to quiet NaNs. */
    private static boolean signaling(int predicate) {
        return (predicate & 3) == 1 || (predicate & 3) == 2;
    }

    /** 1 if {@code order} satisfies a predicate of CMPPS, else 0. */
    private static int predicate(int order, int predicate) {
        boolean holds =
                switch (predicate & 3) {
                    case 0 -> order == SoftFloat.EQUAL;
                    case 1 -> order == SoftFloat.LESS;
                    case 2 -> order <= SoftFloat.EQUAL;
                    default -> order == SoftFloat.UNORDERED;
                };
        return holds != ((predicate & 4) != 0) ? 1 : 0;
    }

    private static void compareToFlags(Cpu cpu, Insn i) {
        boolean signaling = i.op >= COMISS;
        long a = cpu.vector[4 * i.reg];
        int order =
                (i.op & 1) == 0
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

    private static void horizontal(Cpu cpu, Insn i) {
        int s = Xmm.source(cpu, i);
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        long a0 = v[d];
        long a1 = v[d + 1];
        long b0 = v[s];
        long b1 = v[s + 1];
        long low;
        long high;
        switch (i.op) {
            case ADDSUB + PS -> {
                low = pair32(Sse32.sub(cpu, (int) a0, (int) b0), upper(cpu, a0, b0));
                high = pair32(Sse32.sub(cpu, (int) a1, (int) b1), upper(cpu, a1, b1));
            }
            case ADDSUB + PD -> {
                low = Sse64.sub(cpu, a0, b0);
                high = Sse64.add(cpu, a1, b1);
            }
            case HADD + PS -> {
                low = pair32(within(cpu, a0, false), within(cpu, a1, false));
                high = pair32(within(cpu, b0, false), within(cpu, b1, false));
            }
            case HADD + PD -> {
                low = Sse64.add(cpu, a0, a1);
                high = Sse64.add(cpu, b0, b1);
            }
            case HSUB + PS -> {
                low = pair32(within(cpu, a0, true), within(cpu, a1, true));
                high = pair32(within(cpu, b0, true), within(cpu, b1, true));
            }
            case HSUB + PD -> {
                low = Sse64.sub(cpu, a0, a1);
                high = Sse64.sub(cpu, b0, b1);
            }
            default -> {
                dotProduct(cpu, i, d, s);
                return;
            }
        }
        Xmm.finish(cpu);
        v[d] = low;
        v[d + 1] = high;
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
    private static void dotProduct(Cpu cpu, Insn i, int d, int s) {
        long[] v = cpu.vector;
        int select = (int) i.immediate & 0xff;
        if (i.op == DP + PD) {
            long p0 = (select & 0x10) != 0 ? Sse64.mul(cpu, v[d], v[s]) : 0;
            long p1 = (select & 0x20) != 0 ? Sse64.mul(cpu, v[d + 1], v[s + 1]) : 0;
            Xmm.finish(cpu);
            long sum = Sse64.add(cpu, p0, p1);
            Xmm.finish(cpu);
            v[d] = (select & 1) != 0 ? sum : 0;
            v[d + 1] = (select & 2) != 0 ? sum : 0;
            return;
        }
        int p0 = product(cpu, select, 0x10, v[d], v[s]);
        int p1 = product(cpu, select, 0x20, v[d] >>> 32, v[s] >>> 32);
        int p2 = product(cpu, select, 0x40, v[d + 1], v[s + 1]);
        int p3 = product(cpu, select, 0x80, v[d + 1] >>> 32, v[s + 1] >>> 32);
        Xmm.finish(cpu);
        int low = Sse32.add(cpu, p0, p1);
        int high = Sse32.add(cpu, p2, p3);
        Xmm.finish(cpu);
        int sum = Sse32.add(cpu, low, high);
        Xmm.finish(cpu);
        v[d] = pair32((select & 1) != 0 ? sum : 0, (select & 2) != 0 ? sum : 0);
        v[d + 1] = pair32((select & 4) != 0 ? sum : 0, (select & 8) != 0 ? sum : 0);
    }

    private static int product(Cpu cpu, int select, int bit, long a, long b) {
        return (select & bit) != 0 ? Sse32.mul(cpu, (int) a, (int) b) : 0;
    }
}
