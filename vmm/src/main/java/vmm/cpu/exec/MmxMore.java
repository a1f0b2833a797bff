package vmm.cpu.exec;

import static vmm.cpu.isa.MmxRows.*;
import static vmm.cpu.isa.PackedRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;

/** Family MMX_MORE: packs, interleaves, shifts and moves of MMX registers. */
final class MmxMore {
    private MmxMore() {}

    static void execute(Cpu cpu, Insn i) {
        Mmx.available(cpu);
        int n = i.op & 63;
        if (n <= PSLLQ_IB) {
            compute(cpu, i, n);
        } else {
            move(cpu, i);
        }
    }

    private static void compute(Cpu cpu, Insn i, int n) {
        if (n >= PSRLW_IB) {
            int r = i.rm & 7;
            cpu.x87.enterMmx();
            long count = i.immediate & 0xff;
            cpu.x87.mmx(r, Packed.shift(n - IMMEDIATE, cpu.x87.significand[r], count));
            return;
        }
        boolean low = n >= PUNPCKLBW && n <= PUNPCKLDQ;
        long b =
                low && i.memory
                        ? cpu.mmu.load32(i.segment, cpu.effectiveAddress(i))
                        : Mmx.source(cpu, i);
        cpu.x87.enterMmx();
        int d = i.reg & 7;
        long a = cpu.x87.significand[d];
        cpu.x87.mmx(d, binary(n, a, b, (int) i.immediate & 0xff));
    }

    private static long binary(int n, long a, long b, int immediate) {
        return switch (n) {
            case PUNPCKLBW -> Packed.unpackLow(a, b, 8);
            case PUNPCKLWD -> Packed.unpackLow(a, b, 16);
            case PUNPCKLDQ -> Packed.unpackLow(a, b, 32);
            case PUNPCKHBW -> Packed.unpackHigh(a, b, 8);
            case PUNPCKHWD -> Packed.unpackHigh(a, b, 16);
            case PUNPCKHDQ -> Packed.unpackHigh(a, b, 32);
            case PSHUFB -> SseShuffle.shuffleBytes(a, 0, b & ~0x0808080808080808L);
            case PALIGNR -> SseShuffle.align(b, a, 0, immediate);
            default -> n >= PSRLW ? Packed.shift(n, a, b) : Packed.pair(n, a, b);
        };
    }

    private static void move(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        int r = i.reg & 7;
        switch (i.op) {
            case PSHUFW -> {
                long b = Mmx.source(cpu, i);
                x87.enterMmx();
                x87.mmx(r, SseShuffle.shuffleWords(b, (int) i.immediate));
            }
            case MOVD_FROM -> load(cpu, r, general(cpu, i, 4));
            case MOVQ_FROM -> load(cpu, r, general(cpu, i, 8));
            case MOVD_TO -> {
                if (i.memory) {
                    cpu.mmu.store32(i.segment, cpu.effectiveAddress(i), (int) x87.significand[r]);
                } else {
                    cpu.gpr[i.rm] = x87.significand[r] & 0xffff_ffffL;
                }
                x87.enterMmx();
            }
            case MOVQ_TO -> {
                if (i.memory) {
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), x87.significand[r]);
                } else {
                    cpu.gpr[i.rm] = x87.significand[r];
                }
                x87.enterMmx();
            }
            case MOVQ -> load(cpu, r, Mmx.source(cpu, i));
            case MOVQ_STORE -> {
                long value = x87.significand[r];
                if (i.memory) {
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), value);
                    x87.enterMmx();
                } else {
                    load(cpu, i.rm & 7, value);
                }
            }
            default -> special(cpu, i, r);
        }
    }

    private static void special(Cpu cpu, Insn i, int r) {
        X87 x87 = cpu.x87;
        switch (i.op) {
            case PMOVMSKB -> {
                cpu.gpr[i.reg] = SseIntegerMore.byteMask(x87.significand[i.rm & 7]);
                x87.enterMmx();
            }
            case PINSRW -> {
                long word = general(cpu, i, 2);
                int shift = ((int) i.immediate & 3) * 16;
                load(cpu, r, x87.significand[r] & ~(0xffffL << shift) | word << shift);
            }
            case PEXTRW -> {
                int shift = ((int) i.immediate & 3) * 16;
                cpu.gpr[i.reg] = x87.significand[i.rm & 7] >>> shift & 0xffff;
                x87.enterMmx();
            }
            case MASKMOVQ -> {
                long address = cpu.gpr[Cpu.RDI] & i.addressMask;
                long mask = x87.significand[i.rm & 7];
                SseMove.probeMasked(cpu, i, address, mask, 0);
                SseMove.storeMasked(cpu, i, address, x87.significand[r], mask);
                x87.enterMmx();
            }
            case MOVDQ2Q -> {
                Xmm.available(cpu);
                load(cpu, r, cpu.vector[4 * i.rm]);
            }
            case MOVQ2DQ -> {
                Xmm.available(cpu);
                cpu.vector[4 * i.reg] = x87.significand[i.rm & 7];
                cpu.vector[4 * i.reg + 1] = 0;
                x87.enterMmx();
            }
            default -> { // EMMS
                x87.enterMmx();
                x87.occupied = 0;
            }
        }
    }

    private static void load(Cpu cpu, int r, long value) {
        cpu.x87.enterMmx();
        cpu.x87.mmx(r, value);
    }

    /** A general register or memory operand of {@code size} bytes, zero-extended. */
    private static long general(Cpu cpu, Insn i, int size) {
        return i.memory
                ? cpu.mmu.load(i.segment, cpu.effectiveAddress(i), size)
                : cpu.gpr[i.rm] & -1L >>> 64 - 8 * size;
    }
}
