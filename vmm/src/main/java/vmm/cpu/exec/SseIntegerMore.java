package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/**
 * Families SSE_INTEGER_MORE and VEX_INTEGER_MORE: masks, insertion, extraction, extension, string
 * comparison.
 */
final class SseIntegerMore {
    private SseIntegerMore() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        if (i.op <= MOVMSKPD) {
            cpu.gpr[i.reg] = mask(cpu.vector, i.op, 4 * i.rm);
        } else if (i.op <= PINSRQ) {
            insert(cpu, i, i.op, 4 * i.reg);
        } else if (i.op <= PEXTRQ) {
            extract(cpu, i, i.op);
        } else if (i.op <= PMOVZXDQ) {
            extend(cpu.vector, i.op, 4 * i.reg, extensionSource(cpu, i, i.op, false), false);
        } else if (i.op == PTEST) {
            int s = Xmm.source(cpu, i);
            int d = 4 * i.reg;
            test(cpu, d, s, false);
        } else if (i.op <= MPSADBW) {
            special(cpu.vector, i.op, (int) i.immediate, 4 * i.reg, Xmm.source(cpu, i));
        } else {
            StringCompare.execute(cpu, i, i.op);
        }
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int op = Family.withoutVex(i.op);
        if (op <= MOVMSKPD) {
            maskVex(cpu, i, op);
        } else if (op <= PINSRQ) {
            Ymm.begin(cpu, i.vvvv);
            insert(cpu, i, op, Xmm.RESULT);
            Ymm.write(cpu, i.reg, false);
        } else if (op <= PEXTRQ) {
            extract(cpu, i, op);
        } else if (op <= PMOVZXDQ) {
            int s = extensionSource(cpu, i, op, i.wide);
            extend(cpu.vector, op, Xmm.RESULT, s, i.wide);
            Ymm.write(cpu, i.reg, i.wide);
        } else if (op > PTEST) {
            StringCompare.execute(cpu, i, op);
            if (op == PCMPESTRM || op == PCMPESTRM_64 || op == PCMPISTRM) {
                Ymm.set(cpu, 0, cpu.vector[0], cpu.vector[1]);
            }
        } else {
            specialVex(cpu, i, op);
        }
    }

    private static void maskVex(Cpu cpu, Insn i, int op) {
        long low = mask(cpu.vector, op, 4 * i.rm);
        long high = i.wide ? mask(cpu.vector, op, 4 * i.rm + 2) : 0;
        int bits = op == PMOVMSKB ? 16 : op == MOVMSKPS ? 4 : 2;
        cpu.gpr[i.reg] = low | high << bits;
    }

    private static void specialVex(Cpu cpu, Insn i, int op) {
        long[] v = cpu.vector;
        int s = Ymm.source(cpu, i);
        if (op == PTEST) {
            int d = 4 * i.reg;
            test(cpu, d, s, i.wide);
            return;
        }
        Ymm.begin(cpu, i.vvvv);
        special(v, op, (int) i.immediate, Xmm.RESULT, s);
        if (i.wide) {
            special(v, op, (int) i.immediate >> 3, Xmm.RESULT + 2, s + 2);
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    /** The top bits of the eight bytes of {@code a}. */
    static int byteMask(long a) {
        // Multiplying gathers bit 7 of byte k at bit 56 + k.
        return (int) (((a & Packed.TOP8) >>> 7) * 0x0102040810204080L >>> 56);
    }

    private static long mask(long[] v, int op, int r) {
        long low = v[r];
        long high = v[r + 1];
        return switch (op) {
            case PMOVMSKB -> byteMask(low) | byteMask(high) << 8;
            case MOVMSKPS -> low >>> 31 & 1 | low >>> 62 & 2 | high >>> 29 & 4 | high >>> 60 & 8;
            default -> low >>> 63 | high >>> 62 & 2;
        };
    }

    private static void insert(Cpu cpu, Insn i, int op, int d) {
        int size =
                switch (op) {
                    case PINSRB -> 1;
                    case PINSRW -> 2;
                    case PINSRD -> 4;
                    default -> 8;
                };
        long value =
                i.memory ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), size) : cpu.gpr[i.rm];
        int bit = ((int) i.immediate & 16 / size - 1) * 8 * size;
        int at = d + (bit >> 6);
        long mask = -1L >>> 64 - 8 * size;
        cpu.vector[at] = cpu.vector[at] & ~(mask << (bit & 63)) | (value & mask) << (bit & 63);
    }

    private static void extract(Cpu cpu, Insn i, int op) {
        int size =
                switch (op) {
                    case PEXTRB -> 1;
                    case PEXTRW, PEXTRW_REG -> 2;
                    case PEXTRD -> 4;
                    default -> 8;
                };
        int bit = ((int) i.immediate & 16 / size - 1) * 8 * size;
        int register = op == PEXTRW_REG ? i.rm : i.reg;
        long value = cpu.vector[4 * register + (bit >> 6)] >>> (bit & 63) & -1L >>> 64 - 8 * size;
        if (i.memory) {
            cpu.mmu.store(i.segment, cpu.effectiveAddress(i), size, value);
        } else {
            cpu.gpr[op == PEXTRW_REG ? i.reg : i.rm] = value;
        }
    }

    /** Index of the source of an extension, of which only the needed bytes are read. */
    private static int extensionSource(Cpu cpu, Insn i, int op, boolean wide) {
        if (!i.memory) {
            return 4 * i.rm;
        }
        int bytes =
                switch (signed(op)) {
                    case PMOVSXBW, PMOVSXWD, PMOVSXDQ -> 8;
                    case PMOVSXBD, PMOVSXWQ -> 4;
                    default -> 2;
                };
        if (wide && bytes == 8) {
            return Xmm.unalignedSource(cpu, i);
        }
        cpu.vector[Xmm.FROM_MEMORY] =
                cpu.mmu.load(i.segment, cpu.effectiveAddress(i), wide ? 2 * bytes : bytes);
        return Xmm.FROM_MEMORY;
    }

    /** The sign extension that corresponds to {@code op}. */
    private static int signed(int op) {
        return op <= PMOVSXDQ ? op : op - (PMOVZXBW - PMOVSXBW);
    }

    private static void extend(long[] v, int op, int d, int s, boolean wide) {
        boolean signed = op <= PMOVSXDQ;
        switch (signed(op)) {
            case PMOVSXBW -> extend(v, d, s, 8, 16, signed, wide);
            case PMOVSXBD -> extend(v, d, s, 8, 32, signed, wide);
            case PMOVSXBQ -> extend(v, d, s, 8, 64, signed, wide);
            case PMOVSXWD -> extend(v, d, s, 16, 32, signed, wide);
            case PMOVSXWQ -> extend(v, d, s, 16, 64, signed, wide);
            default -> extend(v, d, s, 32, 64, signed, wide);
        }
    }

    private static void extend(
            long[] v, int d, int s, int from, int to, boolean signed, boolean wide) {
        int bits = from * 64 / to; // that become 64
        long low = v[s];
        long high = v[s + 1];
        v[d] = extended(low, from, to, signed);
        v[d + 1] = extended(low >>> bits, from, to, signed);
        if (wide) {
            v[d + 2] = extended(bits == 32 ? high : low >>> 2 * bits, from, to, signed);
            v[d + 3] = extended(bits == 32 ? high >>> 32 : low >>> 3 * bits, from, to, signed);
        }
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

    private static void special(long[] v, int op, int immediate, int d, int s) {
        if (op == PHMINPOSUW) {
            minimum(v, d, v[s], v[s + 1]);
        } else {
            differences(v, d, s, immediate);
        }
    }

    /** PTEST. */
    private static void test(Cpu cpu, int d, int s, boolean wide) {
        long[] v = cpu.vector;
        long zero = v[s] & v[d] | v[s + 1] & v[d + 1];
        long carry = v[s] & ~v[d] | v[s + 1] & ~v[d + 1];
        if (wide) {
            zero |= v[s + 2] & v[d + 2] | v[s + 3] & v[d + 3];
            carry |= v[s + 2] & ~v[d + 2] | v[s + 3] & ~v[d + 3];
        }
        cpu.arithmeticFlags((zero == 0 ? Cpu.FLAG_ZF : 0) | (carry == 0 ? Cpu.FLAG_CF : 0));
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
