package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/** Family VEX_MOVE: moves of XMM and YMM registers under VEX; MXCSR. */
final class VexMove {
    private VexMove() {}

    static void execute(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int op = Family.withoutVex(i.op);
        if (op < MOVSS) {
            whole(cpu, i, op);
        } else if (op <= MOVSD_STORE) {
            scalar(cpu, i, op);
        } else if (op <= MOVHPS_STORE) {
            half(cpu, i, op);
        } else {
            other(cpu, i, op);
        }
    }

    private static void whole(Cpu cpu, Insn i, int op) {
        boolean store = op == MOVAPS_STORE || op == MOVUPS_STORE;
        long[] v = cpu.vector;
        if (!i.memory) {
            int s = 4 * (store ? i.reg : i.rm);
            int d = 4 * (store ? i.rm : i.reg);
            v[d] = v[s];
            v[d + 1] = v[s + 1];
            v[d + 2] = i.wide ? v[s + 2] : 0;
            v[d + 3] = i.wide ? v[s + 3] : 0;
            return;
        }
        boolean aligned = op == MOVAPS || op == MOVAPS_STORE;
        long address = aligned ? Ymm.alignedAddress(cpu, i) : cpu.effectiveAddress(i);
        int r = 4 * i.reg;
        if (store) {
            if (i.wide) {
                cpu.mmu.store256(i.segment, address, v, r);
            } else {
                cpu.mmu.store128(i.segment, address, v[r], v[r + 1]);
            }
        } else if (i.wide) {
            cpu.mmu.load256(i.segment, address, v, r);
        } else {
            cpu.mmu.load128(i.segment, address, v, r);
            v[r + 2] = 0;
            v[r + 3] = 0;
        }
    }

    private static void scalar(Cpu cpu, Insn i, int op) {
        long[] v = cpu.vector;
        boolean single = op == MOVSS || op == MOVSS_STORE;
        boolean store = op == MOVSS_STORE || op == MOVSD_STORE;
        if (!i.memory) {
            long low = v[4 * (store ? i.reg : i.rm)];
            if (single) {
                low = v[4 * i.vvvv] & 0xffff_ffffL << 32 | low & 0xffff_ffffL;
            }
            Ymm.set(cpu, store ? i.rm : i.reg, low, v[4 * i.vvvv + 1]);
        } else if (store) {
            int size = single ? 4 : 8;
            cpu.mmu.store(i.segment, cpu.effectiveAddress(i), size, v[4 * i.reg]);
        } else {
            long low = single ? Xmm.source32(cpu, i) & 0xffff_ffffL : Xmm.source64(cpu, i);
            Ymm.set(cpu, i.reg, low, 0);
        }
    }

    private static void half(Cpu cpu, Insn i, int op) {
        long[] v = cpu.vector;
        int r = 4 * i.reg;
        int a = 4 * i.vvvv;
        switch (op) {
            case MOVLPS -> {
                long low = i.memory ? Xmm.source64(cpu, i) : v[4 * i.rm + 1];
                Ymm.set(cpu, i.reg, low, v[a + 1]);
            }
            case MOVHPS -> Ymm.set(cpu, i.reg, v[a], Xmm.source64(cpu, i));
            case MOVLPS_STORE -> cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r]);
            default -> cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), v[r + 1]);
        }
    }

    private static void other(Cpu cpu, Insn i, int op) {
        switch (op) {
            case MOVD_FROM -> {
                long value = i.memory ? Xmm.source32(cpu, i) : cpu.gpr[i.rm];
                Ymm.set(cpu, i.reg, value & 0xffff_ffffL, 0);
            }
            case MOVQ_FROM -> {
                long value = i.memory ? Xmm.source64(cpu, i) : cpu.gpr[i.rm];
                Ymm.set(cpu, i.reg, value, 0);
            }
            case MOVQ -> Ymm.set(cpu, i.reg, Xmm.source64(cpu, i), 0);
            case MOVQ_STORE -> {
                if (i.memory) {
                    SseMove.other(cpu, i, op);
                } else {
                    Ymm.set(cpu, i.rm, cpu.vector[4 * i.reg], 0);
                }
            }
            default -> SseMove.other(cpu, i, op); // writes no vector register
        }
    }
}
