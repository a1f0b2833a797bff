package vmm.cpu.exec;

import static vmm.cpu.isa.AvxRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/**
 * Family FMA: a product and a sum with one rounding. Kinds differ in the signs of the product and
 * of the addend; the orders 132, 213 and 231 in which operand is which, SDM volume 2 VFMADD132PD.
 */
final class Fma {
    private static final long LOW32 = 0xffff_ffffL;
    private static final int ORDER = FMA213 - FMA132;

    /** What to negate in even and in odd elements: product 1, addend 2. */
    private static final int PRODUCT = 1, ADDEND = 2;

    private Fma() {}

    static void execute(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        Xmm.begin(cpu);
        int n = i.op - FMA132;
        int kind = n % ORDER & ~1;
        boolean doubles = (n & 1) != 0;
        boolean scalar = kind >= MADD && (kind & 2) != 0;
        int s = 4 * i.rm;
        if (i.memory && scalar) {
            s = Xmm.FROM_MEMORY;
            cpu.vector[s] = doubles ? Xmm.source64(cpu, i) : Xmm.source32(cpu, i);
        } else if (i.memory) {
            s = Ymm.source(cpu, i);
        }
        int d = 4 * i.reg;
        int h = 4 * i.vvvv;
        // x * y + z
        int x = n < ORDER ? d : h;
        int y = n < 2 * ORDER && n >= ORDER ? d : s;
        int z = n < ORDER ? h : n < 2 * ORDER ? s : d;
        if (scalar) {
            scalar(cpu, i, kind, doubles, x, y, z);
            return;
        }
        int even = signs(kind, ADDEND);
        int odd = signs(kind, 0);
        long[] v = cpu.vector;
        for (int k = 0; k < (i.wide ? 4 : 2); k++) {
            v[Xmm.RESULT + k] =
                    doubles
                            ? fused64(cpu, (k & 1) == 0 ? even : odd, v[x + k], v[y + k], v[z + k])
                            : two32(cpu, even, odd, v[x + k], v[y + k], v[z + k]);
        }
        Xmm.finish(cpu);
        Ymm.write(cpu, i.reg, i.wide);
    }

    /**
     * Signs of a kind; {@code alternating} is the addend's for MADDSUB, the reverse is MSUBADD's.
     */
    private static int signs(int kind, int alternating) {
        return switch (kind) {
            case MADDSUB -> alternating;
            case MSUBADD -> alternating ^ ADDEND;
            case MADD, MADD_SCALAR -> 0;
            case MSUB, MSUB_SCALAR -> ADDEND;
            case NMADD, NMADD_SCALAR -> PRODUCT;
            default -> PRODUCT | ADDEND;
        };
    }

    private static void scalar(Cpu cpu, Insn i, int kind, boolean doubles, int x, int y, int z) {
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        int signs = signs(kind, 0);
        long low;
        if (doubles) {
            low = fused64(cpu, signs, v[x], v[y], v[z]);
        } else {
            int result = fused32(cpu, signs, (int) v[x], (int) v[y], (int) v[z]);
            low = v[d] & ~LOW32 | result & LOW32;
        }
        Xmm.finish(cpu);
        Ymm.set(cpu, i.reg, low, v[d + 1]);
    }

    private static long two32(Cpu cpu, int even, int odd, long x, long y, long z) {
        int low = fused32(cpu, even, (int) x, (int) y, (int) z);
        int high = fused32(cpu, odd, (int) (x >>> 32), (int) (y >>> 32), (int) (z >>> 32));
        return (long) high << 32 | low & LOW32;
    }

    private static int fused32(Cpu cpu, int signs, int x, int y, int z) {
        return Sse32.fused(cpu, x, y, z, (signs & PRODUCT) != 0, (signs & ADDEND) != 0);
    }

    private static long fused64(Cpu cpu, int signs, long x, long y, long z) {
        return Sse64.fused(cpu, x, y, z, (signs & PRODUCT) != 0, (signs & ADDEND) != 0);
    }
}
