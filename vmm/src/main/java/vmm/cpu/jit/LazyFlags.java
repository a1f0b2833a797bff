package vmm.cpu.jit;

import static vmm.cpu.exec.Operands.carries;

import vmm.cpu.Cpu;

/**
 * The lazy flags of {@link Cpu} as values instead of fields: translated code holds them in local
 * variables. {@code result}, {@code carry} and {@code aux} are {@link Cpu#flagResult}, {@link
 * Cpu#flagCarry} and {@link Cpu#flagAux}.
 */
public final class LazyFlags {
    private LazyFlags() {}

    /** Carries out of each bit of {@code r = a + b (+ carry)}. */
    public static long addCarry(long a, long b, long r) {
        return a & b | (a | b) & ~r;
    }

    /** Borrows of each bit of {@code r = a - b (- borrow)}. */
    public static long subCarry(long a, long b, long r) {
        return ~a & b | (~a | b) & r;
    }

    /** AF of a sum or difference. */
    public static long aux(long a, long b, long r) {
        return (a ^ b ^ r) & 0x10;
    }

    // For shifts of a, clean above its width, by count (1..width - 1) to r.

    public static long shlCarry(long a, long r, int count, int width) {
        boolean carry = (a >>> (width - count) & 1) != 0;
        return carries(carry, carry != ((r >>> (width - 1) & 1) != 0));
    }

    public static long shrCarry(long a, long r, int count, int width) {
        return carries((a >>> (count - 1) & 1) != 0, a >>> (width - 1) != 0);
    }

    public static long sarCarry(long a, long r, int count, int width) {
        return carries((a >>> (count - 1) & 1) != 0, false);
    }

    public static long shldCarry(long a, long r, int count, int width) {
        return carries((a >>> (width - count) & 1) != 0, ((a ^ r) >>> (width - 1) & 1) != 0);
    }

    public static long shrdCarry(long a, long r, int count, int width) {
        return carries((a >>> (count - 1) & 1) != 0, ((a ^ r) >>> (width - 1) & 1) != 0);
    }

    /** For a rotation to the left to {@code r}. */
    public static long rolCarry(long r, int width) {
        return carries((r & 1) != 0, (r >>> (width - 1) & 1) != (r & 1));
    }

    /** For a rotation to the right to {@code r}. */
    public static long rorCarry(long r, int width) {
        boolean carry = (r >>> (width - 1) & 1) != 0;
        return carries(carry, carry != ((r >>> (width - 2) & 1) != 0));
    }

    /** For IMUL of 64 bits. */
    public static long imulCarry(long a, long b) {
        return Math.multiplyHigh(a, b) != a * b >> 63 ? 1L << 63 : 0;
    }

    /** INC and DEC keep CF, 0 or 1 in {@code carryBit}; OF if {@code result} is {@code edge}. */
    public static long keptCarry(long carryBit, long result, long edge) {
        return carries(carryBit != 0, result == edge);
    }

    /** CF as a number, from flags that may be in RFLAGS. */
    public static long carryBit(Cpu cpu, long carry, long aux) {
        return aux >= 0 ? carry >>> 63 : cpu.rflags & Cpu.FLAG_CF;
    }

    /**
     * Whether condition {@code condition} of SDM volume 2 table B-10 holds. Without calls, which
     * HotSpot might leave calls: all flags would have to be computed for them.
     */
    public static boolean holds(int condition, long result, long carry) {
        boolean positive =
                switch (condition >> 1) {
                    case 0 -> (carry ^ carry << 1) < 0;
                    case 1 -> carry < 0;
                    case 2 -> result == 0;
                    case 3 -> carry < 0 || result == 0;
                    case 4 -> result < 0;
                    case 5 -> (Long.bitCount(result & 0xff) & 1) == 0;
                    case 6 -> (result ^ carry ^ carry << 1) < 0;
                    default -> result == 0 || (result ^ carry ^ carry << 1) < 0;
                };
        return positive == ((condition & 1) == 0);
    }
}
