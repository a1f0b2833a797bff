package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family SSE_INTEGER_MORE: masks, insertion, extraction, extension, string comparison. */
final class SseIntegerMore {
    private SseIntegerMore() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        if (i.op <= MOVMSKPD) {
            mask(cpu, i);
        } else if (i.op <= PINSRQ) {
            insert(cpu, i);
        } else if (i.op <= PEXTRQ) {
            extract(cpu, i);
        } else if (i.op <= PMOVZXDQ) {
            extend(cpu, i);
        } else if (i.op <= PTEST) {
            special(cpu, i);
        } else {
            StringCompare.execute(cpu, i);
        }
    }

    /** The top bits of the eight bytes of {@code a}. */
    static int byteMask(long a) {
        // Multiplying gathers bit 7 of byte k at bit 56 + k.
        return (int) (((a & Packed.TOP8) >>> 7) * 0x0102040810204080L >>> 56);
    }

    private static void mask(Cpu cpu, Insn i) {
        int r = 4 * i.rm;
        long low = cpu.vector[r];
        long high = cpu.vector[r + 1];
        cpu.gpr[i.reg] =
                switch (i.op) {
                    case PMOVMSKB -> byteMask(low) | byteMask(high) << 8;
                    case MOVMSKPS ->
                            low >>> 31 & 1 | low >>> 62 & 2 | high >>> 29 & 4 | high >>> 60 & 8;
                    default -> low >>> 63 | high >>> 62 & 2;
                };
    }

    private static void insert(Cpu cpu, Insn i) {
        int size =
                switch (i.op) {
                    case PINSRB -> 1;
                    case PINSRW -> 2;
                    case PINSRD -> 4;
                    default -> 8;
                };
        long value =
                i.memory ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), size) : cpu.gpr[i.rm];
        int bit = ((int) i.immediate & 16 / size - 1) * 8 * size;
        int at = 4 * i.reg + (bit >> 6);
        long mask = -1L >>> 64 - 8 * size;
        cpu.vector[at] = cpu.vector[at] & ~(mask << (bit & 63)) | (value & mask) << (bit & 63);
    }

    private static void extract(Cpu cpu, Insn i) {
        int size =
                switch (i.op) {
                    case PEXTRB -> 1;
                    case PEXTRW, PEXTRW_REG -> 2;
                    case PEXTRD -> 4;
                    default -> 8;
                };
        int bit = ((int) i.immediate & 16 / size - 1) * 8 * size;
        int register = i.op == PEXTRW_REG ? i.rm : i.reg;
        long value = cpu.vector[4 * register + (bit >> 6)] >>> (bit & 63) & -1L >>> 64 - 8 * size;
        if (i.memory) {
            cpu.mmu.store(i.segment, cpu.effectiveAddress(i), size, value);
        } else {
            cpu.gpr[i.op == PEXTRW_REG ? i.reg : i.rm] = value;
        }
    }

    private static void extend(Cpu cpu, Insn i) {
        boolean signed = i.op <= PMOVSXDQ;
        switch (signed ? i.op : i.op - (PMOVZXBW - PMOVSXBW)) {
            case PMOVSXBW -> extend(cpu, i, Xmm.source64(cpu, i), 8, 16, signed);
            case PMOVSXBD -> extend(cpu, i, Xmm.source32(cpu, i), 8, 32, signed);
            case PMOVSXBQ -> extend(cpu, i, source16(cpu, i), 8, 64, signed);
            case PMOVSXWD -> extend(cpu, i, Xmm.source64(cpu, i), 16, 32, signed);
            case PMOVSXWQ -> extend(cpu, i, Xmm.source32(cpu, i), 16, 64, signed);
            default -> extend(cpu, i, Xmm.source64(cpu, i), 32, 64, signed);
        }
    }

    private static long source16(Cpu cpu, Insn i) {
        return i.memory ? cpu.mmu.load16(i.segment, cpu.effectiveAddress(i)) : cpu.vector[4 * i.rm];
    }

    private static void extend(Cpu cpu, Insn i, long value, int from, int to, boolean signed) {
        int lanes = 64 / to;
        cpu.vector[4 * i.reg] = extended(value, from, to, signed);
        cpu.vector[4 * i.reg + 1] = extended(value >>> from * lanes, from, to, signed);
    }

    private static long extended(long value, int from, int to, boolean signed) {
        long result = 0;
        for (int k = 0; k < 64 / to; k++) {
            long lane = value >>> from * k << 64 - from;
            long wide = signed ? lane >> 64 - from : lane >>> 64 - from;
            result |= (wide & -1L >>> 64 - to) << to * k;
        }
        return result;
    }

    private static void special(Cpu cpu, Insn i) {
        int s = Xmm.source(cpu, i);
        long[] v = cpu.vector;
        int d = 4 * i.reg;
        switch (i.op) {
            case PHMINPOSUW -> minimum(v, d, v[s], v[s + 1]);
            case MPSADBW -> differences(v, d, s, (int) i.immediate);
            default -> { // PTEST
                boolean zero = (v[s] & v[d] | v[s + 1] & v[d + 1]) == 0;
                boolean carry = (v[s] & ~v[d] | v[s + 1] & ~v[d + 1]) == 0;
                cpu.arithmeticFlags((zero ? Cpu.FLAG_ZF : 0) | (carry ? Cpu.FLAG_CF : 0));
            }
        }
    }

    private static void minimum(long[] v, int d, long low, long high) {
        int least = 0x10000;
        int where = 0;
        for (int k = 0; k < 8; k++) {
            int word = (int) ((k < 4 ? low : high) >>> 16 * (k & 3)) & 0xffff;
            if (word < least) {
                least = word;
                where = k;
            }
        }
        v[d] = least | where << 16;
        v[d + 1] = 0;
    }

    /** MPSADBW: eight sums of differences between four bytes and a sliding window. */
    private static void differences(long[] v, int d, int s, int select) {
        int block = (int) SseShuffle.doubleword(v[s], v[s + 1], select);
        int offset = (select >> 2 & 1) * 4;
        long a0 = v[d];
        long a1 = v[d + 1];
        long low = 0;
        long high = 0;
        for (int k = 0; k < 8; k++) {
            long window = SseShuffle.align(a0, a1, 0, offset + k);
            int sum = 0;
            for (int b = 0; b < 32; b += 8) {
                sum += Math.abs((int) (window >>> b & 0xff) - (block >>> b & 0xff));
            }
            if (k < 4) {
                low |= (long) sum << 16 * k;
            } else {
                high |= (long) sum << 16 * (k & 3);
            }
        }
        v[d] = low;
        v[d + 1] = high;
    }
}
