package vmm.cpu.exec;

import static vmm.cpu.exec.Packed.TOP16;
import static vmm.cpu.exec.Packed.TOP32;
import static vmm.cpu.exec.Packed.TOP8;
import static vmm.cpu.isa.PackedRows.*;

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
        switch (n) {
            case PAND, PANDN, POR, PXOR -> logic(cpu, i, n, s);
            case PADDB -> add(cpu, i, s, TOP8);
            case PADDW -> add(cpu, i, s, TOP16);
            case PADDD -> add(cpu, i, s, TOP32);
            case PADDQ -> add(cpu, i, s, 0);
            case PCMPEQB -> equal(cpu, i, s, TOP8, 8);
            case PCMPEQW -> equal(cpu, i, s, TOP16, 16);
            case PCMPEQD -> equal(cpu, i, s, TOP32, 32);
            default -> any(cpu, i, n, s);
        }
    }

    private static void any(Cpu cpu, Insn i, int n, int s) {
        int a = 4 * i.vvvv;
        long[] v = cpu.vector;
        long r0 = Packed.apply(n, v[a], v[s]);
        long r1 = Packed.apply(n, v[a + 1], v[s + 1]);
        long r2 = i.wide ? Packed.apply(n, v[a + 2], v[s + 2]) : 0;
        long r3 = i.wide ? Packed.apply(n, v[a + 3], v[s + 3]) : 0;
        write(v, i, r0, r1, r2, r3);
    }

    // What programs use most, without a dispatch for each 64 bits.

    private static void add(Cpu cpu, Insn i, int s, long top) {
        int a = 4 * i.vvvv;
        long[] v = cpu.vector;
        write(
                v,
                i,
                Packed.add(v[a], v[s], top),
                Packed.add(v[a + 1], v[s + 1], top),
                Packed.add(v[a + 2], v[s + 2], top),
                Packed.add(v[a + 3], v[s + 3], top));
    }

    private static void equal(Cpu cpu, Insn i, int s, long top, int width) {
        int a = 4 * i.vvvv;
        long[] v = cpu.vector;
        write(
                v,
                i,
                Packed.equal(v[a], v[s], top, width),
                Packed.equal(v[a + 1], v[s + 1], top, width),
                Packed.equal(v[a + 2], v[s + 2], top, width),
                Packed.equal(v[a + 3], v[s + 3], top, width));
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
