package vmm.cpu.exec;

import static vmm.cpu.isa.PackedRows.PAND;
import static vmm.cpu.isa.PackedRows.PANDN;
import static vmm.cpu.isa.PackedRows.POR;
import static vmm.cpu.isa.PackedRows.PXOR;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Families SSE_INTEGER and VEX_INTEGER: packed integers, 64 bits at a time. */
final class SseInteger {
    private SseInteger() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        int s = Xmm.source(cpu, i);
        int d = 4 * i.reg;
        int n = i.op & 63;
        long[] v = cpu.vector;
        v[d] = Packed.apply(n, v[d], v[s]);
        v[d + 1] = Packed.apply(n, v[d + 1], v[s + 1]);
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int s = Ymm.source(cpu, i);
        int n = i.op & 63;
        if (n >= PAND && n <= PXOR) {
            logic(cpu, i, n, s);
            return;
        }
        int a = 4 * i.vvvv;
        int d = 4 * i.reg;
        long[] v = cpu.vector;
        v[d] = Packed.apply(n, v[a], v[s]);
        v[d + 1] = Packed.apply(n, v[a + 1], v[s + 1]);
        v[d + 2] = i.wide ? Packed.apply(n, v[a + 2], v[s + 2]) : 0;
        v[d + 3] = i.wide ? Packed.apply(n, v[a + 3], v[s + 3]) : 0;
    }

    private static void logic(Cpu cpu, Insn i, int n, int s) {
        long[] v = cpu.vector;
        int a = 4 * i.vvvv;
        long a0 = v[a];
        long a1 = v[a + 1];
        long a2 = v[a + 2];
        long a3 = v[a + 3];
        switch (n) {
            case PAND -> write(v, i, a0 & v[s], a1 & v[s + 1], a2 & v[s + 2], a3 & v[s + 3]);
            case PANDN -> write(v, i, ~a0 & v[s], ~a1 & v[s + 1], ~a2 & v[s + 2], ~a3 & v[s + 3]);
            case POR -> write(v, i, a0 | v[s], a1 | v[s + 1], a2 | v[s + 2], a3 | v[s + 3]);
            default -> write(v, i, a0 ^ v[s], a1 ^ v[s + 1], a2 ^ v[s + 2], a3 ^ v[s + 3]);
        }
    }

    private static void write(long[] v, Insn i, long v0, long v1, long v2, long v3) {
        int d = 4 * i.reg;
        v[d] = v0;
        v[d + 1] = v1;
        v[d + 2] = i.wide ? v2 : 0;
        v[d + 3] = i.wide ? v3 : 0;
    }
}
