package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.reg;
import static vmm.cpu.exec.Operands.rm;
import static vmm.cpu.exec.Operands.setReg;
import static vmm.cpu.exec.Operands.setRm;
import static vmm.cpu.exec.Operands.update;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Addition, subtraction, logic. */
public final class Alu {
    private Alu() {}

    /** Executes an operation of the family ALU. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op & 63) {
            case ADD + RM_REG -> setRm(cpu, i, add(cpu, update(cpu, i), reg(cpu, i), i.size));
            case ADD + REG_RM -> setReg(cpu, i, add(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case ADD + RM_IMM -> setRm(cpu, i, add(cpu, update(cpu, i), i.immediate, i.size));
            case OR + RM_REG -> setRm(cpu, i, or(cpu, update(cpu, i), reg(cpu, i), i.size));
            case OR + REG_RM -> setReg(cpu, i, or(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case OR + RM_IMM -> setRm(cpu, i, or(cpu, update(cpu, i), i.immediate, i.size));
            case ADC + RM_REG -> setRm(cpu, i, adc(cpu, update(cpu, i), reg(cpu, i), i.size));
            case ADC + REG_RM -> setReg(cpu, i, adc(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case ADC + RM_IMM -> setRm(cpu, i, adc(cpu, update(cpu, i), i.immediate, i.size));
            case SBB + RM_REG -> setRm(cpu, i, sbb(cpu, update(cpu, i), reg(cpu, i), i.size));
            case SBB + REG_RM -> setReg(cpu, i, sbb(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case SBB + RM_IMM -> setRm(cpu, i, sbb(cpu, update(cpu, i), i.immediate, i.size));
            case AND + RM_REG -> setRm(cpu, i, and(cpu, update(cpu, i), reg(cpu, i), i.size));
            case AND + REG_RM -> setReg(cpu, i, and(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case AND + RM_IMM -> setRm(cpu, i, and(cpu, update(cpu, i), i.immediate, i.size));
            case SUB + RM_REG -> setRm(cpu, i, sub(cpu, update(cpu, i), reg(cpu, i), i.size));
            case SUB + REG_RM -> setReg(cpu, i, sub(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case SUB + RM_IMM -> setRm(cpu, i, sub(cpu, update(cpu, i), i.immediate, i.size));
            case XOR + RM_REG -> setRm(cpu, i, xor(cpu, update(cpu, i), reg(cpu, i), i.size));
            case XOR + REG_RM -> setReg(cpu, i, xor(cpu, reg(cpu, i), rm(cpu, i), i.size));
            case XOR + RM_IMM -> setRm(cpu, i, xor(cpu, update(cpu, i), i.immediate, i.size));
            case CMP + RM_REG -> sub(cpu, rm(cpu, i), reg(cpu, i), i.size);
            case CMP + REG_RM -> sub(cpu, reg(cpu, i), rm(cpu, i), i.size);
            case CMP + RM_IMM -> sub(cpu, rm(cpu, i), i.immediate, i.size);
            case TEST_RM_REG -> and(cpu, rm(cpu, i), reg(cpu, i), i.size);
            case TEST_RM_IMM -> and(cpu, rm(cpu, i), i.immediate, i.size);
            default -> executeUnary(cpu, i);
        }
    }

    private static void executeUnary(Cpu cpu, Insn i) {
        switch (i.op & 63) {
            case INC -> setRm(cpu, i, inc(cpu, update(cpu, i), i.size));
            case DEC -> setRm(cpu, i, dec(cpu, update(cpu, i), i.size));
            case NEG -> setRm(cpu, i, sub(cpu, 0, update(cpu, i), i.size));
            case NOT -> setRm(cpu, i, ~update(cpu, i));
            case DAA -> Decimal.daa(cpu);
            case DAS -> Decimal.das(cpu);
            case AAA -> Decimal.aaa(cpu, 6);
            case AAS -> Decimal.aaa(cpu, -6);
            case AAM -> Decimal.aam(cpu, i);
            case AAD -> Decimal.aad(cpu, i);
            case CBW -> cbw(cpu, i);
            case CWD -> cwd(cpu, i);
            case ADCX -> adcx(cpu, i);
            case ADOX -> adox(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    /** 64 minus the size in bits. */
    static int shift(int size) {
        return 64 - (size << 3);
    }

    static long add(Cpu cpu, long a, long b, int size) {
        long r = a + b;
        cpu.flagsAdd(a, b, r, shift(size));
        return r;
    }

    static long adc(Cpu cpu, long a, long b, int size) {
        long r = a + b + (cpu.cf() ? 1 : 0);
        cpu.flagsAdd(a, b, r, shift(size));
        return r;
    }

    static long sub(Cpu cpu, long a, long b, int size) {
        long r = a - b;
        cpu.flagsSub(a, b, r, shift(size));
        return r;
    }

    static long sbb(Cpu cpu, long a, long b, int size) {
        long r = a - b - (cpu.cf() ? 1 : 0);
        cpu.flagsSub(a, b, r, shift(size));
        return r;
    }

    static long and(Cpu cpu, long a, long b, int size) {
        return logic(cpu, a & b, size);
    }

    static long or(Cpu cpu, long a, long b, int size) {
        return logic(cpu, a | b, size);
    }

    static long xor(Cpu cpu, long a, long b, int size) {
        return logic(cpu, a ^ b, size);
    }

    private static long logic(Cpu cpu, long r, int size) {
        cpu.flagsLogic(r << shift(size) >> shift(size));
        return r;
    }

    /** CF is kept. */
    static long inc(Cpu cpu, long a, int size) {
        boolean carry = cpu.cf();
        long r = add(cpu, a, 1, size);
        cpu.flagCarry = Operands.carries(carry, cpu.of());
        return r;
    }

    /** CF is kept. */
    static long dec(Cpu cpu, long a, int size) {
        boolean carry = cpu.cf();
        long r = sub(cpu, a, 1, size);
        cpu.flagCarry = Operands.carries(carry, cpu.of());
        return r;
    }

    /** CBW, CWDE, CDQE. */
    private static void cbw(Cpu cpu, Insn i) {
        long half = Operands.signed(cpu.gpr[Cpu.RAX], i.size >> 1);
        Operands.setRegister(cpu, i, Cpu.RAX, i.size, half);
    }

    /** CWD, CDQ, CQO. */
    private static void cwd(Cpu cpu, Insn i) {
        long sign = Operands.signed(cpu.gpr[Cpu.RAX], i.size) >> 63;
        Operands.setRegister(cpu, i, Cpu.RDX, i.size, sign);
    }

    private static void adcx(Cpu cpu, Insn i) {
        long a = reg(cpu, i);
        long b = rm(cpu, i);
        long r = a + b + (cpu.cf() ? 1 : 0);
        setReg(cpu, i, r);
        Operands.carryOverflow(cpu, carryOut(a, b, r, i.size), cpu.of());
    }

    private static void adox(Cpu cpu, Insn i) {
        long a = reg(cpu, i);
        long b = rm(cpu, i);
        long r = a + b + (cpu.of() ? 1 : 0);
        setReg(cpu, i, r);
        Operands.carryOverflow(cpu, cpu.cf(), carryOut(a, b, r, i.size));
    }

    private static boolean carryOut(long a, long b, long r, int size) {
        return ((a & b) | ((a | b) & ~r)) << shift(size) < 0;
    }
}
