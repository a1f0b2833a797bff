package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family SSE_MOVE: moves of XMM registers, MXCSR, FXSAVE. */
final class SseMove {
    private static final int MXCSR_RESERVED = ~0xffff;

    private SseMove() {}

    static void execute(Cpu cpu, Insn i) {
        if (i.op >= FXSAVE) {
            FxArea.execute(cpu, i);
            return;
        }
        if (i.op == MOVNTI_32 || i.op == MOVNTI_64) {
            // Uses no XMM register, so that CR0 and CR4 do not matter.
            cpu.mmu.store(
                    i.segment, cpu.effectiveAddress(i), i.op == MOVNTI_64 ? 8 : 4, cpu.gpr[i.reg]);
            return;
        }
        Xmm.available(cpu);
        if (i.op < MOVSS) {
            whole(cpu, i);
        } else if (i.op < MOVD_FROM) {
            partial(cpu, i);
        } else {
            other(cpu, i, i.op);
        }
    }

    private static void whole(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        if (!i.memory) {
            boolean store = i.op == MOVAPS_STORE || i.op == MOVUPS_STORE;
            int from = 4 * (store ? i.reg : i.rm);
            int to = 4 * (store ? i.rm : i.reg);
            v[to] = v[from];
            v[to + 1] = v[from + 1];
            return;
        }
        int r = 4 * i.reg;
        switch (i.op) {
            case MOVAPS -> cpu.mmu.load128(i.segment, Xmm.alignedAddress(cpu, i), v, r);
            case MOVAPS_STORE ->
                    cpu.mmu.store128(i.segment, Xmm.alignedAddress(cpu, i), v[r], v[r + 1]);
            case MOVUPS -> cpu.mmu.load128(i.segment, cpu.effectiveAddress(i), v, r);
            default -> cpu.mmu.store128(i.segment, cpu.effectiveAddress(i), v[r], v[r + 1]);
        }
    }

    private static void partial(Cpu cpu, Insn i) {
        long[] v = cpu.vector;
        int r = 4 * i.reg;
        switch (i.op) {
            case MOVSS -> {
                if (i.memory) {
                    loadLow(cpu, r, Xmm.source32(cpu, i) & 0xffff_ffffL);
                } else {
                    v[r] = low32(v[r], v[4 * i.rm]);
                }
            }
            case MOVSS_STORE -> {
                if (i.memory) {
                    cpu.mmu.store32(i.segment, cpu.effectiveAddress(i), (int) v[r]);
                } else {
                    v[4 * i.rm] = low32(v[4 * i.rm], v[r]);
                }
            }
            case MOVSD -> {
                if (i.memory) {
                    loadLow(cpu, r, Xmm.source64(cpu, i));
                } else {
                    v[r] = v[4 * i.rm];
                }
            }
            case MOVSD_STORE -> {
                if (i.memory) {
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r]);
                } else {
                    v[4 * i.rm] = v[r];
                }
            }
            case MOVLPS -> v[r] = i.memory ? Xmm.source64(cpu, i) : v[4 * i.rm + 1];
            case MOVLPS_STORE -> cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r]);
            case MOVHPS -> v[r + 1] = Xmm.source64(cpu, i);
            default -> cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r + 1]);
        }
    }

    static void other(Cpu cpu, Insn i, int op) {
        long[] v = cpu.vector;
        int r = 4 * i.reg;
        switch (op) {
            case MOVD_FROM ->
                    loadLow(
                            cpu,
                            r,
                            (i.memory ? Xmm.source32(cpu, i) : cpu.gpr[i.rm]) & 0xffff_ffffL);
            case MOVQ_FROM -> loadLow(cpu, r, i.memory ? Xmm.source64(cpu, i) : cpu.gpr[i.rm]);
            case MOVD_TO -> {
                if (i.memory) {
                    cpu.mmu.store32(i.segment, cpu.effectiveAddress(i), (int) v[r]);
                } else {
                    cpu.gpr[i.rm] = v[r] & 0xffff_ffffL;
                }
            }
            case MOVQ_TO -> {
                if (i.memory) {
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r]);
                } else {
                    cpu.gpr[i.rm] = v[r];
                }
            }
            case MOVQ -> loadLow(cpu, r, Xmm.source64(cpu, i));
            case MOVQ_STORE -> {
                if (i.memory) {
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r]);
                } else {
                    loadLow(cpu, 4 * i.rm, v[r]);
                }
            }
            case MASKMOVDQU -> {
                long address = cpu.gpr[Cpu.RDI] & i.addressMask;
                int m = 4 * i.rm;
                probeMasked(cpu, i, address, v[m], v[m + 1]);
                storeMasked(cpu, i, address, v[r], v[m]);
                storeMasked(cpu, i, address + 8 & i.addressMask, v[r + 1], v[m + 1]);
            }
            case LDMXCSR -> loadMxcsr(cpu, cpu.mmu.load32(i.segment, cpu.effectiveAddress(i)));
            default -> cpu.mmu.store32(i.segment, cpu.effectiveAddress(i), cpu.mxcsr);
        }
    }

    private static void loadLow(Cpu cpu, int r, long value) {
        cpu.vector[r] = value;
        cpu.vector[r + 1] = 0;
    }

    private static long low32(long old, long value) {
        return old & 0xffff_ffffL << 32 | value & 0xffff_ffffL;
    }

    /** LDMXCSR: reserved bits are {@code #GP(0)}. */
    static void loadMxcsr(Cpu cpu, int value) {
        if ((value & MXCSR_RESERVED) != 0) {
            throw cpu.protection();
        }
        cpu.mxcsr = value;
    }

    /** Faults if any selected byte may not be written, so that the stores are all or nothing. */
    static void probeMasked(Cpu cpu, Insn i, long address, long low, long high) {
        for (int k = 0; k < 16; k++) {
            long mask = k < 8 ? low : high;
            if ((mask >>> 8 * (k & 7) & 0x80) != 0) {
                cpu.mmu.probe(i.segment, address + k & i.addressMask, 1, true);
            }
        }
    }

    /** Stores the bytes of {@code value} whose mask bytes have the top bit set. */
    static void storeMasked(Cpu cpu, Insn i, long address, long value, long mask) {
        if ((mask & Packed.TOP8) == Packed.TOP8) {
            cpu.mmu.store64(i.segment, address, value);
            return;
        }
        for (int k = 0; k < 8; k++) {
            if ((mask >>> 8 * k & 0x80) != 0) {
                cpu.mmu.store8(
                        i.segment, address + k & i.addressMask, (int) (value >>> 8 * k) & 0xff);
            }
        }
    }
}
