package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Decimal adjustment, as the pseudo code of SDM volume 2 has it. */
final class Decimal {
    private Decimal() {}

    private static int al(Cpu cpu) {
        return (int) cpu.gpr[Cpu.RAX] & 0xff;
    }

    private static void setAx(Cpu cpu, int ax) {
        cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xffffL | ax & 0xffff;
    }

    private static void setAl(Cpu cpu, int al) {
        cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xffL | al & 0xff;
    }

    static void daa(Cpu cpu) {
        adjust(cpu, 6);
    }

    static void das(Cpu cpu) {
        adjust(cpu, -6);
    }

    /** {@code six} is 6 after an addition, -6 after a subtraction. */
    private static void adjust(Cpu cpu, int six) {
        int old = al(cpu);
        int al = old;
        boolean oldCarry = cpu.cf();
        boolean carry = false;
        boolean aux = (al & 15) > 9 || cpu.af();
        if (aux) {
            al += six;
            carry = oldCarry || (al & ~0xff) != 0;
        }
        if (old > 0x99 || oldCarry) {
            al += 16 * six;
            carry = true;
        } else if (six > 0) {
            carry = false;
        }
        setAl(cpu, al);
        result(cpu, al, carry, aux);
    }

    private static void result(Cpu cpu, int al, boolean carry, boolean aux) {
        cpu.flagsLogic((byte) al);
        cpu.flagCarry = Operands.carries(carry, false);
        cpu.flagAux = aux ? 0x10 : 0;
    }

    /** AAA with 6, AAS with -6. */
    static void aaa(Cpu cpu, int six) {
        int ax = (int) cpu.gpr[Cpu.RAX] & 0xffff;
        boolean adjust = (ax & 15) > 9 || cpu.af();
        if (adjust) {
            ax += six > 0 ? 0x106 : -0x106;
        }
        ax &= 0xff0f;
        setAx(cpu, ax);
        result(cpu, ax & 0xff, adjust, adjust);
    }

    static void aam(Cpu cpu, Insn i) {
        int base = (int) i.immediate & 0xff;
        if (base == 0) {
            throw cpu.fault(Cpu.DE, -1);
        }
        int al = al(cpu);
        setAx(cpu, al / base << 8 | al % base);
        result(cpu, al % base, false, false);
    }

    static void aad(Cpu cpu, Insn i) {
        int ah = (int) cpu.gpr[Cpu.RAX] >> 8 & 0xff;
        int al = al(cpu) + ah * ((int) i.immediate & 0xff) & 0xff;
        setAx(cpu, al);
        result(cpu, al, false, false);
    }
}
