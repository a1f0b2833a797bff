package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.reg;
import static vmm.cpu.exec.Operands.rm;
import static vmm.cpu.exec.Operands.setReg;
import static vmm.cpu.exec.Operands.setRm;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Data movement between registers and memory. */
public final class Move {
    private Move() {}

    /** Executes an operation of the family MOVE. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case MOV_RM_REG -> setRm(cpu, i, reg(cpu, i));
            case MOV_REG_RM -> setReg(cpu, i, rm(cpu, i));
            case MOV_RM_IMM -> setRm(cpu, i, i.immediate);
            case MOV_REG_IMM -> setReg(cpu, i, i.immediate);
            case MOVZX_8 -> setReg(cpu, i, rm(cpu, i, 1));
            case MOVZX_16 -> setReg(cpu, i, rm(cpu, i, 2));
            case MOVSX_8 -> setReg(cpu, i, (byte) rm(cpu, i, 1));
            case MOVSX_16 -> setReg(cpu, i, (short) rm(cpu, i, 2));
            case MOVSXD -> setReg(cpu, i, (int) rm(cpu, i, 4));
            case LEA -> setReg(cpu, i, cpu.effectiveAddress(i));
            // of 16-bit operands it is undefined; hardware gives zero
            case BSWAP -> setReg(cpu, i, i.size == 2 ? 0 : reverse(reg(cpu, i), i.size));
            case MOVBE_LOAD -> setReg(cpu, i, reverse(rm(cpu, i), i.size));
            case MOVBE_STORE -> setRm(cpu, i, reverse(reg(cpu, i), i.size));
            case XLAT -> xlat(cpu, i);
            case NOP -> {}
            default -> executeConditional(cpu, i);
        }
    }

    private static void executeConditional(Cpu cpu, Insn i) {
        int condition = i.op & 15;
        switch (i.op >> 4 & 3) {
            case CMOV >> 4 & 3 -> cmov(cpu, i, condition);
            case SET >> 4 & 3 -> setRm(cpu, i, Branch.holds(cpu, condition) ? 1 : 0);
            default -> throw cpu.undefined();
        }
    }

    /** The source is read, and a 32-bit destination zero-extended, whatever the condition says. */
    private static void cmov(Cpu cpu, Insn i, int condition) {
        long value = rm(cpu, i);
        setReg(cpu, i, Branch.holds(cpu, condition) ? value : reg(cpu, i));
    }

    private static long reverse(long value, int size) {
        long reversed = Long.reverseBytes(value);
        return size == 8 ? reversed : reversed >>> (64 - 8 * size);
    }

    private static void xlat(Cpu cpu, Insn i) {
        long at = cpu.gpr[Cpu.RBX] + (cpu.gpr[Cpu.RAX] & 0xff) & i.addressMask;
        int value = cpu.mmu.load8(i.segment, at);
        cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xffL | value;
    }
}
