package vmm.cpu.jit;

import static vmm.cpu.exec.Hot.*;
import static vmm.cpu.isa.IntegerRows.*;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;

/** Emits shifts and rotates of registers of 32 and 64 bits. */
abstract class ShiftEmitter extends ArithmeticEmitter {
    private static final MethodTypeDesc CARRY_OF_SHIFT = MethodTypeDesc.of(J, J, J, I, I);
    private static final MethodTypeDesc CARRY_OF_ROTATE = MethodTypeDesc.of(J, J, I);

    ShiftEmitter(CodeBuilder code, boolean flat) {
        super(code, flat);
    }

    /** Emits the instruction if it is one of these. */
    boolean shift() {
        switch (insn.op) {
            case SHL_RI_64 -> byConstant("shl", (int) insn.immediate, 64);
            case SHL_RI_32 -> byConstant("shl", (int) insn.immediate, 32);
            case SHR_RI_64 -> byConstant("shr", (int) insn.immediate, 64);
            case SHR_RI_32 -> byConstant("shr", (int) insn.immediate, 32);
            case SAR_RI_32 -> byConstant("sar", (int) insn.immediate, 32);
            default -> {
                return insn.size >= 4 && !insn.memory && more(8 * insn.size);
            }
        }
        return true;
    }

    private boolean more(int width) {
        int count = (int) insn.immediate & width - 1;
        switch (insn.op) {
            case SAR -> byConstant("sar", count, width);
            case SHLD -> byConstant("shld", count, width);
            case SHRD -> byConstant("shrd", count, width);
            case SHL + BY_CL -> byCounter("shl", width);
            case SHR + BY_CL -> byCounter("shr", width);
            case SAR + BY_CL -> byCounter("sar", width);
            case SHLD_CL -> byCounter("shld", width);
            case SHRD_CL -> byCounter("shrd", width);
            case ROL, ROR -> {
                return lazy && count != 0 && rotate(insn.op == ROL, count, width);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The rest of a shift with its result in R. */
    private void shifted(int width) {
        code.lload(R);
        signed(width);
        code.lstore(RESULT);
        code.lload(R);
        set(insn.rm, width);
    }

    private void byConstant(String kind, int count, int width) {
        if (count == 0) {
            cut(width);
            return;
        }
        constant(SHIFT, count);
        general(kind, width);
    }

    private void byCounter(String kind, int width) {
        Label zero = code.newLabel();
        Label end = code.newLabel();
        boolean before = lazy;
        code.lload(slot(Cpu.RCX)).l2i().loadConstant(width - 1).iand().istore(SHIFT);
        code.iload(SHIFT).ifeq(zero);
        general(kind, width);
        code.goto_(end).labelBinding(zero);
        cut(width);
        code.labelBinding(end);
        lazy = before; // a count of 0 leaves the flags as they are
    }

    /** A shift by 0 clears the upper half of a 32-bit register. */
    private void cut(int width) {
        if (width == 32) {
            code.lload(slot(insn.rm));
            set(insn.rm, 32);
        }
    }

    /** Shifts by SHIFT, which is not 0. */
    private void general(String kind, int width) {
        boolean signed = kind.equals("sar");
        operand(insn.rm, width, signed, A);
        operand(insn.reg, width, false, B);
        switch (kind) {
            case "shl" -> code.lload(A).iload(SHIFT).lshl();
            case "shr" -> code.lload(A).iload(SHIFT).lushr();
            case "sar" -> code.lload(A).iload(SHIFT).lshr();
            case "shld" -> {
                code.lload(A).iload(SHIFT).lshl();
                code.lload(B).loadConstant(width).iload(SHIFT).isub().lushr().lor();
            }
            default -> {
                code.lload(A).iload(SHIFT).lushr();
                code.lload(B).loadConstant(width).iload(SHIFT).isub().lshl().lor();
            }
        }
        code.lstore(R);
        code.lload(A).lload(R).iload(SHIFT).loadConstant(width);
        code.invokestatic(FLAGS_CLASS, kind + "Carry", CARRY_OF_SHIFT).lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
        shifted(width);
    }

    private void operand(int register, int width, boolean signed, int to) {
        code.lload(slot(register));
        if (signed) {
            signed(width);
        } else {
            mask(width == 32 ? LOW : -1);
        }
        code.lstore(to);
    }

    /** Keeps all flags but CF and OF, which is why they must be lazy. */
    private boolean rotate(boolean left, int count, int width) {
        ClassDesc type = ClassDesc.of(width == 32 ? "java.lang.Integer" : "java.lang.Long");
        ClassDesc value = width == 32 ? I : J;
        code.lload(slot(insn.rm));
        if (width == 32) {
            code.l2i();
        }
        code.loadConstant(count);
        String name = left ? "rotateLeft" : "rotateRight";
        code.invokestatic(type, name, MethodTypeDesc.of(value, value, I));
        if (width == 32) {
            code.i2l();
        }
        code.lstore(R);
        code.lload(R).loadConstant(width);
        code.invokestatic(FLAGS_CLASS, left ? "rolCarry" : "rorCarry", CARRY_OF_ROTATE);
        code.lstore(CARRY);
        code.lload(R);
        set(insn.rm, width);
        return true;
    }
}
