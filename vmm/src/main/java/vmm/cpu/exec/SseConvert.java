package vmm.cpu.exec;

import static vmm.cpu.fpu.SoftFloat.DOUBLE;
import static vmm.cpu.fpu.SoftFloat.SINGLE;
import static vmm.cpu.isa.SseFloatRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.fpu.SoftFloat;
import vmm.cpu.isa.Family;

/** Families SSE_CONVERT and VEX_CONVERT: between integers, single and double precision. */
final class SseConvert {
    private static final long LOW32 = 0xffff_ffffL;

    private SseConvert() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        Xmm.begin(cpu);
        int d = 4 * i.reg;
        if (i.op <= CVTPI2PD || i.op >= CVTTPS2PI && i.op <= CVTPD2PI) {
            mmx(cpu, i);
        } else if (i.op <= CVTSI2SD_64) {
            fromGeneral(cpu, i, i.op, d);
        } else if (i.op <= CVTSD2SI_64) {
            toGeneral(cpu, i, i.op);
        } else if (i.op == CVTSS2SD || i.op == CVTSD2SS) {
            scalar(cpu, i, i.op, d);
        } else {
            if (i.op == CVTPS2PD || i.op == CVTDQ2PD) {
                widen(cpu, i.op, Xmm.source64(cpu, i), Xmm.RESULT);
            } else {
                packed(cpu, i.op, Xmm.source(cpu, i), Xmm.RESULT);
            }
            Xmm.finish(cpu);
            Xmm.write(cpu, d);
        }
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        Xmm.begin(cpu);
        int op = Family.withoutVex(i.op);
        if (op >= CVTTSS2SI && op <= CVTSD2SI_64) {
            toGeneral(cpu, i, op);
        } else if (op <= CVTSI2SD_64 || op == CVTSS2SD || op == CVTSD2SS) {
            Ymm.begin(cpu, i.vvvv);
            if (op <= CVTSI2SD_64) {
                fromGeneral(cpu, i, op, Xmm.RESULT);
            } else {
                scalar(cpu, i, op, Xmm.RESULT);
            }
            Ymm.write(cpu, i.reg, false);
        } else {
            packedVex(cpu, i, op);
        }
    }

    private static void packedVex(Cpu cpu, Insn i, int op) {
        long[] v = cpu.vector;
        boolean wide = i.wide;
        if (op == CVTPS2PD || op == CVTDQ2PD) {
            int s = 4 * i.rm;
            if (i.memory) {
                s = Xmm.FROM_MEMORY;
                if (wide) {
                    Xmm.unalignedSource(cpu, i);
                } else {
                    v[s] = Xmm.source64(cpu, i);
                }
            }
            widen(cpu, op, v[s], Xmm.RESULT);
            if (wide) {
                widen(cpu, op, v[s + 1], Xmm.RESULT + 2);
            }
        } else {
            int s = Ymm.source(cpu, i);
            packed(cpu, op, s, Xmm.RESULT);
            if (wide) {
                packed(cpu, op, s + 2, Xmm.RESULT + 2);
            }
            if (op != CVTDQ2PS && op != CVTPS2DQ && op != CVTTPS2DQ) {
                // Doubles became elements of half the size.
                v[Xmm.RESULT + 1] = wide ? v[Xmm.RESULT + 2] : 0;
                wide = false;
            }
        }
        Xmm.finish(cpu);
        Ymm.write(cpu, i.reg, wide);
    }

    private static void fromGeneral(Cpu cpu, Insn i, int op, int d) {
        boolean wide = op >= CVTSI2SS_64;
        long value =
                i.memory
                        ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), wide ? 8 : 4)
                        : cpu.gpr[i.rm];
        if (!wide) {
            value = value << 32 >> 32;
        }
        if ((op & 1) == 0) {
            long result = cpu.soft.fromInteger(value, SINGLE);
            Xmm.finish(cpu);
            cpu.vector[d] = cpu.vector[d] & ~LOW32 | result;
        } else {
            long result = toDouble(cpu, value);
            Xmm.finish(cpu);
            cpu.vector[d] = result;
        }
    }

    private static long toDouble(Cpu cpu, long value) {
        // Exact whenever it is an int, whatever the rounding mode.
        return value == (int) value
                ? Double.doubleToRawLongBits((double) value)
                : cpu.soft.fromInteger(value, DOUBLE);
    }

    private static void toGeneral(Cpu cpu, Insn i, int op) {
        boolean truncate = op <= CVTTSD2SI_64;
        int n = op - (truncate ? CVTTSS2SI : CVTSS2SI);
        int width = n >= 2 ? 64 : 32;
        long result =
                (n & 1) == 0
                        ? toInteger32(cpu, Xmm.source32(cpu, i), width, truncate)
                        : toInteger64(cpu, Xmm.source64(cpu, i), width, truncate);
        Xmm.finish(cpu);
        cpu.gpr[i.reg] = width == 64 ? result : result & LOW32;
    }

    private static long toInteger32(Cpu cpu, int a, int width, boolean truncate) {
        int mode = truncate ? SoftFloat.TO_ZERO : cpu.soft.rounding();
        return cpu.soft.toInteger(a & LOW32, width, mode, SINGLE);
    }

    private static long toInteger64(Cpu cpu, long a, int width, boolean truncate) {
        double x = Double.longBitsToDouble(a);
        int whole = (int) x;
        if (whole == x) {
            // An integer already (a denormal never is one).
            return whole;
        }
        int mode = truncate ? SoftFloat.TO_ZERO : cpu.soft.rounding();
        return cpu.soft.toInteger(a, width, mode, DOUBLE);
    }

    private static void scalar(Cpu cpu, Insn i, int op, int d) {
        long[] v = cpu.vector;
        if (op == CVTSS2SD) {
            long result = cpu.soft.convert(Xmm.source32(cpu, i) & LOW32, SINGLE, DOUBLE);
            Xmm.finish(cpu);
            v[d] = result;
        } else {
            long result = cpu.soft.convert(Xmm.source64(cpu, i), DOUBLE, SINGLE);
            Xmm.finish(cpu);
            v[d] = v[d] & ~LOW32 | result;
        }
    }

    /** Two elements of 32 bits to two doubles. */
    private static void widen(Cpu cpu, int op, long a, int result) {
        long[] v = cpu.vector;
        if (op == CVTDQ2PD) {
            v[result] = toDouble(cpu, (int) a);
            v[result + 1] = toDouble(cpu, a >> 32);
        } else {
            v[result] = cpu.soft.convert(a & LOW32, SINGLE, DOUBLE);
            v[result + 1] = cpu.soft.convert(a >>> 32, SINGLE, DOUBLE);
        }
    }

    /** 128 bits to 128, or to 64 with zeros above. */
    private static void packed(Cpu cpu, int op, int s, int result) {
        long[] v = cpu.vector;
        long high = 0;
        switch (op) {
            case CVTDQ2PS -> {
                v[result] = integersToSingles(cpu, v[s]);
                high = integersToSingles(cpu, v[s + 1]);
            }
            case CVTPS2DQ, CVTTPS2DQ -> {
                boolean truncate = op == CVTTPS2DQ;
                v[result] = singlesToIntegers(cpu, v[s], truncate);
                high = singlesToIntegers(cpu, v[s + 1], truncate);
            }
            case CVTPD2PS ->
                    v[result] =
                            cpu.soft.convert(v[s], DOUBLE, SINGLE)
                                    | cpu.soft.convert(v[s + 1], DOUBLE, SINGLE) << 32;
            default -> v[result] = doublesToIntegers(cpu, v[s], v[s + 1], op == CVTTPD2DQ);
        }
        v[result + 1] = high;
    }

    private static long integersToSingles(Cpu cpu, long a) {
        return cpu.soft.fromInteger((int) a, SINGLE) | cpu.soft.fromInteger(a >> 32, SINGLE) << 32;
    }

    private static long singlesToIntegers(Cpu cpu, long a, boolean truncate) {
        return toInteger32(cpu, (int) a, 32, truncate) & LOW32
                | toInteger32(cpu, (int) (a >>> 32), 32, truncate) << 32;
    }

    private static long doublesToIntegers(Cpu cpu, long a, long b, boolean truncate) {
        return toInteger64(cpu, a, 32, truncate) & LOW32 | toInteger64(cpu, b, 32, truncate) << 32;
    }

    private static void mmx(Cpu cpu, Insn i) {
        Mmx.available(cpu);
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        boolean truncate = i.op == CVTTPS2PI || i.op == CVTTPD2PI;
        switch (i.op) {
            // With a memory operand the first two are no MMX instructions.
            case CVTPI2PS -> {
                long result = integersToSingles(cpu, Mmx.source(cpu, i));
                if (!i.memory) {
                    cpu.x87.enterMmx();
                }
                Xmm.finish(cpu);
                v[d] = result;
            }
            case CVTPI2PD -> {
                long a = Mmx.source(cpu, i);
                if (!i.memory) {
                    cpu.x87.enterMmx();
                }
                v[d] = toDouble(cpu, (int) a);
                v[d + 1] = toDouble(cpu, a >> 32);
            }
            case CVTTPS2PI, CVTPS2PI -> {
                long result = singlesToIntegers(cpu, Xmm.source64(cpu, i), truncate);
                cpu.x87.enterMmx(); // also when the result is withheld
                Xmm.finish(cpu);
                cpu.x87.mmx(i.reg & 7, result);
            }
            default -> {
                int s = Xmm.source(cpu, i);
                long result = doublesToIntegers(cpu, v[s], v[s + 1], truncate);
                cpu.x87.enterMmx(); // also when the result is withheld
                Xmm.finish(cpu);
                cpu.x87.mmx(i.reg & 7, result);
            }
        }
    }
}
