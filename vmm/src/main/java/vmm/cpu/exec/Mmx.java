package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Family MMX: packed integers on MMX registers. */
final class Mmx {
    private Mmx() {}

    static void execute(Cpu cpu, Insn i) {
        available(cpu);
        long b = source(cpu, i);
        int d = i.reg & 7;
        cpu.x87.enterMmx();
        cpu.x87.mmx(d, Packed.apply(i.op & 63, cpu.x87.significand[d], b));
    }

    /** Throws unless MMX instructions may execute, SDM volume 3 table 12-1. */
    static void available(Cpu cpu) {
        if ((cpu.cr0 & (Cpu.CR0_EM | Cpu.CR0_TS)) != 0) {
            throw (cpu.cr0 & Cpu.CR0_EM) != 0 ? cpu.undefined() : cpu.fault(Cpu.NM, -1);
        }
        if (cpu.x87.pending()) {
            throw cpu.fault(Cpu.MF, -1);
        }
    }

    static long source(Cpu cpu, Insn i) {
        return i.memory
                ? cpu.mmu.load64(i.segment, cpu.effectiveAddress(i))
                : cpu.x87.significand[i.rm & 7];
    }
}
