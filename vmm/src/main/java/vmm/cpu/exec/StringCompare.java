package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/**
 * PCMPESTRx and PCMPISTRx, SDM volume 2 section 4.1. The first operand is the register: a set, a
 * list of ranges or a substring; the second, which may be in memory, is the text.
 */
final class StringCompare {
    private static final int WORDS = 1, SIGNED = 2;

    private StringCompare() {}

    static void execute(Cpu cpu, Insn i, int op) {
        int s = Xmm.unalignedSource(cpu, i);
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        int control = (int) i.immediate & 0xff;
        int count = (control & WORDS) != 0 ? 8 : 16;
        int lengthA;
        int lengthB;
        if (op >= PCMPISTRM) {
            lengthA = implicitLength(v, d, control, count);
            lengthB = implicitLength(v, s, control, count);
        } else {
            boolean wide = op == PCMPESTRM_64 || op == PCMPESTRI_64;
            lengthA = explicitLength(cpu.gpr[Cpu.RAX], wide, count);
            lengthB = explicitLength(cpu.gpr[Cpu.RDX], wide, count);
        }
        int all = (1 << count) - 1;
        int validB = (1 << lengthB) - 1;
        int result =
                switch (control >> 2 & 3) {
                    case 0 -> equalAny(v, d, s, control, lengthA) & validB;
                    case 1 -> ranges(v, d, s, control, lengthA) & validB;
                    case 2 -> equalEach(v, d, s, control, lengthA, lengthB, all);
                    default -> equalOrdered(v, d, s, control, lengthA, validB, all);
                };
        result ^= (control & 0x10) == 0 ? 0 : (control & 0x20) == 0 ? all : validB;
        boolean mask = op == PCMPESTRM || op == PCMPESTRM_64 || op == PCMPISTRM;
        if (mask) {
            storeMask(v, result, control);
        } else {
            cpu.gpr[Cpu.RCX] = index(result, control, count);
        }
        cpu.arithmeticFlags(
                (result != 0 ? Cpu.FLAG_CF : 0)
                        | (lengthB < count ? Cpu.FLAG_ZF : 0)
                        | (lengthA < count ? Cpu.FLAG_SF : 0)
                        | ((result & 1) != 0 ? Cpu.FLAG_OF : 0));
    }

    private static int explicitLength(long register, boolean wide, int count) {
        long length = wide ? register : (int) register;
        // The most negative number has no absolute value, but is long enough.
        return length == Long.MIN_VALUE ? count : (int) Math.min(Math.abs(length), count);
    }

    private static int implicitLength(long[] v, int at, int control, int count) {
        return Math.min(Integer.numberOfTrailingZeros(equalTo(v, at, control, 0)), count);
    }

    /** Element {@code k} of the first operand, repeated in all lanes of 64 bits. */
    private static long repeated(long[] v, int at, int control, int k) {
        return (control & WORDS) != 0
                ? (v[at + (k >> 2)] >>> 16 * (k & 3) & 0xffff) * 0x0001000100010001L
                : (v[at + (k >> 3)] >>> 8 * (k & 7) & 0xff) * 0x0101010101010101L;
    }

    /** One bit for each lane of a mask. */
    private static int bits(long low, long high, int control) {
        if ((control & WORDS) == 0) {
            return SseIntegerMore.byteMask(low) | SseIntegerMore.byteMask(high) << 8;
        }
        return wordBits(low) | wordBits(high) << 4;
    }

    private static int wordBits(long mask) {
        return (int) (mask & 1 | mask >>> 15 & 2 | mask >>> 30 & 4 | mask >>> 45 & 8);
    }

    private static long equal(long a, long b, int control) {
        return (control & WORDS) != 0
                ? Packed.equal(a, b, Packed.TOP16, 16)
                : Packed.equal(a, b, Packed.TOP8, 8);
    }

    private static long less(long a, long b, int control) {
        long top = (control & WORDS) != 0 ? Packed.TOP16 : Packed.TOP8;
        int width = (control & WORDS) != 0 ? 16 : 8;
        return (control & SIGNED) != 0
                ? Packed.lessSigned(a, b, top, width)
                : Packed.lessUnsigned(a, b, top, width);
    }

    /** The lanes of the operand at {@code at} that equal {@code value}, which is repeated. */
    private static int equalTo(long[] v, int at, int control, long value) {
        return bits(equal(v[at], value, control), equal(v[at + 1], value, control), control);
    }

    private static int equalAny(long[] v, int d, int s, int control, int lengthA) {
        int result = 0;
        for (int k = 0; k < lengthA; k++) {
            result |= equalTo(v, s, control, repeated(v, d, control, k));
        }
        return result;
    }

    private static int ranges(long[] v, int d, int s, int control, int lengthA) {
        int result = 0;
        for (int k = 0; k + 1 < lengthA; k += 2) {
            long from = repeated(v, d, control, k);
            long to = repeated(v, d, control, k + 1);
            long low = less(v[s], from, control) | less(to, v[s], control);
            long high = less(v[s + 1], from, control) | less(to, v[s + 1], control);
            result |= bits(~low, ~high, control);
        }
        return result;
    }

    private static int equalEach(
            long[] v, int d, int s, int control, int lengthA, int lengthB, int all) {
        int same = bits(equal(v[d], v[s], control), equal(v[d + 1], v[s + 1], control), control);
        int bothValid = (1 << Math.min(lengthA, lengthB)) - 1;
        int bothInvalid = all & ~((1 << Math.max(lengthA, lengthB)) - 1);
        return same & bothValid | bothInvalid;
    }

    /** Bit j: the substring is found at j, or starts there and runs off the end of the register. */
    private static int equalOrdered(
            long[] v, int d, int s, int control, int lengthA, int validB, int all) {
        int result = all;
        for (int k = 0; k < lengthA; k++) {
            int found = equalTo(v, s, control, repeated(v, d, control, k)) & validB;
            int beyond = ~(all >> k);
            result &= found >> k | beyond;
        }
        return result;
    }

    private static int index(int result, int control, int count) {
        if (result == 0) {
            return count;
        }
        return (control & 0x40) != 0
                ? 31 - Integer.numberOfLeadingZeros(result)
                : Integer.numberOfTrailingZeros(result);
    }

    private static void storeMask(long[] v, int result, int control) {
        if ((control & 0x40) == 0) {
            v[0] = result;
            v[1] = 0;
            return;
        }
        int width = (control & WORDS) != 0 ? 16 : 8;
        v[0] = SseShuffle.laneMask(result, width);
        v[1] = SseShuffle.laneMask(result >> 64 / width, width);
    }
}
