package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.CpuLevel;

/** Instructions about the flags themselves. */
public final class Flags {
    private static final int AH_FLAGS =
            Cpu.FLAG_CF | Cpu.FLAG_PF | Cpu.FLAG_AF | Cpu.FLAG_ZF | Cpu.FLAG_SF;

    /** What POPF can change at all. */
    private static final long CHANGEABLE =
            Cpu.ARITHMETIC_FLAGS
                    | Cpu.FLAG_TF
                    | Cpu.FLAG_IF
                    | Cpu.FLAG_DF
                    | Cpu.FLAG_IOPL
                    | Cpu.FLAG_NT
                    | Cpu.FLAG_AC
                    | Cpu.FLAG_ID;

    private Flags() {}

    /** Executes an operation of the family FLAG. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case CLC -> Operands.carryOverflow(cpu, false, cpu.of());
            case STC -> Operands.carryOverflow(cpu, true, cpu.of());
            case CMC -> Operands.carryOverflow(cpu, !cpu.cf(), cpu.of());
            case CLD -> cpu.rflags &= ~(long) Cpu.FLAG_DF;
            case STD -> cpu.rflags |= Cpu.FLAG_DF;
            case LAHF -> {
                checkLevel(cpu);
                lahf(cpu);
            }
            case SAHF -> {
                checkLevel(cpu);
                sahf(cpu);
            }
            case SALC -> cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xffL | (cpu.cf() ? 0xff : 0);
            case PUSHF -> pushf(cpu, i);
            case POPF -> popf(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    /** The first 64-bit processors had these two outside 64-bit mode only. */
    private static void checkLevel(Cpu cpu) {
        if (cpu.longMode() && !cpu.level.has(CpuLevel.V2)) {
            throw cpu.undefined();
        }
    }

    private static void lahf(Cpu cpu) {
        long ah = cpu.flags() & AH_FLAGS | 2;
        cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xff00L | ah << 8;
    }

    private static void sahf(Cpu cpu) {
        long ah = cpu.gpr[Cpu.RAX] >>> 8;
        cpu.flags(cpu.flags() & ~(long) AH_FLAGS | ah & AH_FLAGS);
    }

    /** In virtual-8086 mode the flags belong to the monitor unless IOPL is 3. */
    private static void check8086(Cpu cpu) {
        if (cpu.virtual8086() && ioPrivilege(cpu) < 3) {
            throw cpu.protection();
        }
    }

    static int ioPrivilege(Cpu cpu) {
        return (int) (cpu.rflags & Cpu.FLAG_IOPL) >> 12;
    }

    private static void pushf(Cpu cpu, Insn i) {
        check8086(cpu);
        Stack.push(cpu, i.size, cpu.flags() & ~(long) (Cpu.FLAG_VM | Cpu.FLAG_RF));
    }

    /** SDM volume 2 POPF, table 4-21. */
    private static void popf(Cpu cpu, Insn i) {
        check8086(cpu);
        long change = i.size == 2 ? CHANGEABLE & 0xffff : CHANGEABLE;
        if (cpu.virtual8086() || cpu.cpl > 0) {
            change &= ~(long) Cpu.FLAG_IOPL;
        }
        if (!cpu.virtual8086() && cpu.cpl > ioPrivilege(cpu)) {
            change &= ~(long) Cpu.FLAG_IF;
        }
        long value = Stack.top(cpu, i.size);
        Stack.release(cpu, i.size);
        cpu.flags(cpu.flags() & ~change & ~(long) Cpu.FLAG_RF | value & change);
    }
}
