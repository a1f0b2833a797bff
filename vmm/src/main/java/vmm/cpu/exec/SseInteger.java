package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family SSE_INTEGER: packed integers on XMM registers, 64 bits at a time. */
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
}
