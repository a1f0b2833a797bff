package vmm.cpu.jit;

import static vmm.cpu.exec.Hot.*;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.IntegerRows;

/** Emits arithmetic and logic. */
abstract class ArithmeticEmitter extends Frame {
    private static final ClassDesc MATH_CLASS = ClassDesc.of("java.lang.Math");

    ArithmeticEmitter(CodeBuilder code, boolean flat) {
        super(code, flat);
    }

    /** Emits the instruction if it is one of these. */
    boolean arithmetic() {
        switch (insn.op) {
            case ADD_RR_64 -> registers(Alu.ADD, 64);
            case ADD_RR_32 -> registers(Alu.ADD, 32);
            case ADD_RI_64 -> immediate(Alu.ADD, 64);
            case ADD_RI_32 -> immediate(Alu.ADD, 32);
            case ADC_RR_64 -> registers(Alu.ADC, 64);
            case ADC_RR_32 -> registers(Alu.ADC, 32);
            case ADC_RI_64 -> immediate(Alu.ADC, 64);
            case ADC_RI_32 -> immediate(Alu.ADC, 32);
            case SBB_RR_64 -> registers(Alu.SBB, 64);
            case SBB_RR_32 -> registers(Alu.SBB, 32);
            case SUB_RR_64 -> registers(Alu.SUB, 64);
            case SUB_RR_32 -> registers(Alu.SUB, 32);
            case SUB_RI_64 -> immediate(Alu.SUB, 64);
            case SUB_RI_32 -> immediate(Alu.SUB, 32);
            case CMP_RR_64 -> registers(Alu.CMP, 64);
            case CMP_RR_32 -> registers(Alu.CMP, 32);
            case CMP_RI_64 -> immediate(Alu.CMP, 64);
            case CMP_RI_32 -> immediate(Alu.CMP, 32);
            case CMP_RI_8 -> immediate(Alu.CMP, 8);
            case TEST_RR_64 -> registers(Alu.TEST, 64);
            case TEST_RR_32 -> registers(Alu.TEST, 32);
            case TEST_RR_8 -> registers(Alu.TEST, 8);
            case TEST_RI_8 -> immediate(Alu.TEST, 8);
            case AND_RR_64 -> registers(Alu.AND, 64);
            case AND_RR_32 -> registers(Alu.AND, 32);
            case AND_RI_64 -> immediate(Alu.AND, 64);
            case AND_RI_32 -> immediate(Alu.AND, 32);
            case OR_RR_64 -> registers(Alu.OR, 64);
            case OR_RR_32 -> registers(Alu.OR, 32);
            case XOR_RR_64 -> registers(Alu.XOR, 64);
            case XOR_RR_32 -> registers(Alu.XOR, 32);
            case INC_R_64 -> step(1, 64);
            case INC_R_32 -> step(1, 32);
            case DEC_R_64 -> step(-1, 64);
            case DEC_R_32 -> step(-1, 32);
            case IMUL_RR_64 -> imul(64);
            case IMUL_RR_32 -> imul(32);
            case MUL_R_64 -> mul64();
            case MUL_R_32 -> mul32();
            default -> {
                return false;
            }
        }
        return true;
    }

    static boolean fused(Insn i) {
        return i.op >= FUSED && i.op < FUSED_END;
    }

    /** The first half of a fused instruction. */
    void compare() {
        int kind = insn.op - (insn.op - FUSED) % 3;
        switch (kind) {
            case FUSED_CMP_RR_64 -> registers(Alu.CMP, 64);
            case FUSED_CMP_RR_32 -> registers(Alu.CMP, 32);
            case FUSED_CMP_RI_64 -> immediate(Alu.CMP, 64);
            case FUSED_CMP_RI_32 -> immediate(Alu.CMP, 32);
            case FUSED_CMP_RI_8 -> immediate(Alu.CMP, 8);
            case FUSED_TEST_RR_64 -> registers(Alu.TEST, 64);
            case FUSED_TEST_RR_32 -> registers(Alu.TEST, 32);
            case FUSED_TEST_RR_8 -> registers(Alu.TEST, 8);
            case FUSED_ADD_RI_32 -> immediate(Alu.ADD, 32);
            case FUSED_CMP_MI_8 -> memoryImmediate(Alu.CMP, 8);
            default -> throw new IllegalStateException("fused form " + kind);
        }
    }

    // Operations of the arithmetic unit

    enum Alu {
        ADD,
        ADC,
        SUB,
        SBB,
        CMP,
        AND,
        TEST,
        OR,
        XOR
    }

    /** rm = rm op reg. */
    private void registers(Alu op, int width) {
        code.lload(slot(insn.rm)).lstore(A);
        code.lload(slot(insn.reg)).lstore(B);
        alu(op, width);
        result(op, insn.rm, width);
    }

    /** rm = rm op immediate. */
    private void immediate(Alu op, int width) {
        code.lload(slot(insn.rm)).lstore(A);
        code.loadConstant(insn.immediate).lstore(B);
        alu(op, width);
        result(op, insn.rm, width);
    }

    /** reg = reg op memory. */
    void memoryOperand(Alu op, int width) {
        loadMemory(width);
        code.lstore(B);
        code.lload(slot(insn.reg)).lstore(A);
        alu(op, width);
        result(op, insn.reg, width);
    }

    /** memory op register, for what changes neither. */
    void memoryRegister(Alu op, int width) {
        loadMemory(width);
        code.lstore(A);
        code.lload(slot(insn.reg)).lstore(B);
        alu(op, width);
    }

    void memoryImmediate(Alu op, int width) {
        loadMemory(width);
        code.lstore(A);
        code.loadConstant(insn.immediate).lstore(B);
        alu(op, width);
    }

    /** R = A op B, and the flags; R may have rubbish above the width. */
    void alu(Alu op, int width) {
        code.lload(A).lload(B);
        switch (op) {
            case ADD, ADC -> code.ladd();
            case SUB, SBB, CMP -> code.lsub();
            case AND, TEST -> code.land();
            case OR -> code.lor();
            case XOR -> code.lxor();
        }
        if (op == Alu.ADC) {
            carryBit();
            code.ladd();
        } else if (op == Alu.SBB) {
            carryBit();
            code.lsub();
        }
        code.lstore(R);
        code.lload(R);
        signed(width);
        code.lstore(RESULT);
        switch (op) {
            case ADD, ADC -> carries("addCarry", width);
            case SUB, SBB, CMP -> carries("subCarry", width);
            default -> noCarries();
        }
    }

    private void carries(String method, int width) {
        code.lload(A).lload(B).lload(R).invokestatic(FLAGS_CLASS, method, OF_THREE);
        if (width < 64) {
            code.loadConstant(64 - width).lshl();
        }
        code.lstore(CARRY);
        code.lload(A).lload(B).lload(R).invokestatic(FLAGS_CLASS, "aux", OF_THREE).lstore(AUX);
        lazy = true;
    }

    void noCarries() {
        code.lconst_0().lstore(CARRY).lconst_0().lstore(AUX);
        lazy = true;
    }

    /** Stores R to a register where the operation has a result. */
    private void result(Alu op, int register, int width) {
        if (op != Alu.CMP && op != Alu.TEST) {
            code.lload(R);
            set(register, width);
        }
    }

    static Alu operation(int rows) {
        return switch (rows) {
            case IntegerRows.ADD -> Alu.ADD;
            case IntegerRows.ADC -> Alu.ADC;
            case IntegerRows.SBB -> Alu.SBB;
            case IntegerRows.SUB -> Alu.SUB;
            case IntegerRows.AND -> Alu.AND;
            case IntegerRows.OR -> Alu.OR;
            default -> Alu.XOR;
        };
    }

    /** INC or DEC of a register. */
    private void step(int by, int width) {
        code.lload(slot(insn.rm)).lstore(A);
        stepA(by, width);
        code.lload(R);
        set(insn.rm, width);
    }

    /** R = A + {@code by}, 1 or -1, and the flags. */
    void stepA(int by, int width) {
        code.lload(A).loadConstant((long) by).ladd().lstore(R);
        code.lload(R);
        signed(width);
        code.lstore(RESULT);
        long highest = width == 64 ? Long.MAX_VALUE : Integer.MAX_VALUE;
        carryBit();
        code.lload(RESULT).loadConstant(by > 0 ? -highest - 1 : highest);
        code.invokestatic(FLAGS_CLASS, "keptCarry", OF_THREE).lstore(CARRY);
        code.lload(A).loadConstant(1L).lload(R);
        code.invokestatic(FLAGS_CLASS, "aux", OF_THREE).lstore(AUX);
        lazy = true;
    }

    private void imul(int width) {
        code.lload(slot(insn.reg));
        signed(width);
        code.lstore(A);
        code.lload(slot(insn.rm));
        signed(width);
        code.lstore(B);
        code.lload(A).lload(B).lmul().lstore(R);
        if (width == 64) {
            code.lload(A).lload(B);
            code.invokestatic(FLAGS_CLASS, "imulCarry", MethodTypeDesc.of(J, J, J));
        } else {
            code.lload(R).lload(R).l2i().i2l();
            differs();
        }
        code.lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
        code.lload(R);
        signed(width);
        code.lstore(RESULT);
        code.lload(R);
        set(insn.reg, width);
    }

    private void mul64() {
        code.lload(slot(Cpu.RAX)).lstore(A);
        code.lload(slot(insn.rm)).lstore(B);
        code.lload(A).lload(B).lmul().lstore(slot(Cpu.RAX));
        code.lload(A).lload(B);
        code.invokestatic(MATH_CLASS, "unsignedMultiplyHigh", MethodTypeDesc.of(J, J, J));
        code.lstore(slot(Cpu.RDX));
        code.lload(slot(Cpu.RAX)).lstore(RESULT);
        highHalf();
    }

    private void mul32() {
        code.lload(slot(Cpu.RAX));
        mask(LOW);
        code.lload(slot(insn.rm));
        mask(LOW);
        code.lmul().lstore(R);
        code.lload(R);
        set(Cpu.RAX, 32);
        code.lload(R).loadConstant(32).lushr().lstore(slot(Cpu.RDX));
        code.lload(R);
        signed(32);
        code.lstore(RESULT);
        highHalf();
    }

    /** CF and OF say whether RDX, the high half of a product, counts. */
    private void highHalf() {
        code.lload(slot(Cpu.RDX)).lconst_0();
        differs();
        code.lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
    }

    /** The carry word for whether the two longs on the stack differ. */
    private void differs() {
        Label same = code.newLabel();
        Label end = code.newLabel();
        code.lcmp().ifeq(same);
        code.loadConstant(1L << 63).goto_(end);
        code.labelBinding(same);
        code.lconst_0();
        code.labelBinding(end);
    }
}
