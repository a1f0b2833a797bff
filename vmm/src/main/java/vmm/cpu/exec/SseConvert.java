package vmm.cpu.exec;

import static vmm.cpu.fpu.SoftFloat.DOUBLE;
import static vmm.cpu.fpu.SoftFloat.SINGLE;
import static vmm.cpu.isa.SseFloatRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.fpu.SoftFloat;

/** Family SSE_CONVERT: conversions between integers, single and double precision. */
final class SseConvert {
    private static final long LOW32 = 0xffff_ffffL;

    private SseConvert() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        Xmm.begin(cpu);
        if (i.op <= CVTPI2PD || i.op >= CVTTPS2PI && i.op <= CVTPD2PI) {
            mmx(cpu, i);
        } else if (i.op <= CVTSI2SD_64) {
            fromGeneral(cpu, i);
        } else if (i.op <= CVTSD2SI_64) {
            toGeneral(cpu, i);
        } else if (i.op <= CVTSD2SS) {
            floats(cpu, i);
        } else {
            packedIntegers(cpu, i);
        }
    }

    private static void fromGeneral(Cpu cpu, Insn i) {
        boolean wide = i.op >= CVTSI2SS_64;
        long value =
                i.memory
                        ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), wide ? 8 : 4)
                        : cpu.gpr[i.rm];
        if (!wide) {
            value = value << 32 >> 32;
        }
        int d = 4 * i.reg;
        if ((i.op & 1) == 0) {
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

    private static void toGeneral(Cpu cpu, Insn i) {
        boolean truncate = i.op <= CVTTSD2SI_64;
        int n = i.op - (truncate ? CVTTSS2SI : CVTSS2SI);
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

    private static void floats(Cpu cpu, Insn i) {
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        switch (i.op) {
            case CVTPS2PD -> {
                long a = Xmm.source64(cpu, i);
                long low = cpu.soft.convert(a & LOW32, SINGLE, DOUBLE);
                long high = cpu.soft.convert(a >>> 32, SINGLE, DOUBLE);
                Xmm.finish(cpu);
                v[d] = low;
                v[d + 1] = high;
            }
            case CVTPD2PS -> {
                int s = Xmm.source(cpu, i);
                long low = cpu.soft.convert(v[s], DOUBLE, SINGLE);
                long high = cpu.soft.convert(v[s + 1], DOUBLE, SINGLE);
                Xmm.finish(cpu);
                v[d] = low | high << 32;
                v[d + 1] = 0;
            }
            case CVTSS2SD -> {
                long result = cpu.soft.convert(Xmm.source32(cpu, i) & LOW32, SINGLE, DOUBLE);
                Xmm.finish(cpu);
                v[d] = result;
            }
            default -> {
                long result = cpu.soft.convert(Xmm.source64(cpu, i), DOUBLE, SINGLE);
                Xmm.finish(cpu);
                v[d] = v[d] & ~LOW32 | result;
            }
        }
    }

    private static void packedIntegers(Cpu cpu, Insn i) {
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        long low;
        long high = 0;
        if (i.op == CVTDQ2PD) {
            long a = Xmm.source64(cpu, i);
            low = toDouble(cpu, (int) a);
            high = toDouble(cpu, a >> 32);
        } else {
            int s = Xmm.source(cpu, i);
            boolean truncate = i.op == CVTTPS2DQ || i.op == CVTTPD2DQ;
            switch (i.op) {
                case CVTDQ2PS -> {
                    low = integersToSingles(cpu, v[s]);
                    high = integersToSingles(cpu, v[s + 1]);
                }
                case CVTPS2DQ, CVTTPS2DQ -> {
                    low = singlesToIntegers(cpu, v[s], truncate);
                    high = singlesToIntegers(cpu, v[s + 1], truncate);
                }
                default -> low = doublesToIntegers(cpu, v[s], v[s + 1], truncate);
            }
        }
        Xmm.finish(cpu);
        v[d] = low;
        v[d + 1] = high;
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
