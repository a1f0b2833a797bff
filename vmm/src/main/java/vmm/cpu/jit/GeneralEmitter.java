package vmm.cpu.jit;

import static vmm.cpu.isa.IntegerRows.*;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;
import vmm.cpu.exec.Specialiser;
import vmm.cpu.isa.Family;

/** Emits instructions that have no form in {@link vmm.cpu.exec.Hot}: the less frequent ones. */
abstract class GeneralEmitter extends MoveEmitter {
    GeneralEmitter(CodeBuilder code, boolean flat) {
        super(code, flat);
    }

    /** Emits the instruction if its form is known and it is no jump. */
    boolean known() {
        return arithmetic() || shift() || move() || general();
    }

    private boolean general() {
        if (insn.lock) {
            return false;
        }
        int width = 8 * insn.size;
        return switch (insn.op >> 6) {
            case Family.ALU -> width == 8 ? bytes() : width >= 32 && alu(width);
            case Family.MOVE -> insn.op == MOV_RM_IMM ? storeImmediate(width) : extended(width);
            case Family.STACK -> width >= 32 && pushed(width);
            default -> false;
        };
    }

    // Arithmetic

    /** CMP and TEST of bytes. */
    private boolean bytes() {
        if (!insn.memory && !Specialiser.low(insn, insn.rm)) {
            return false;
        }
        switch (insn.op) {
            case CMP + RM_REG, TEST_RM_REG -> {
                if (!Specialiser.low(insn, insn.reg)) {
                    return false;
                }
                rm(8);
                code.lload(slot(insn.reg)).lstore(B);
            }
            case CMP + REG_RM -> {
                if (!Specialiser.low(insn, insn.reg)) {
                    return false;
                }
                rm(8);
                code.lload(A).lstore(B).lload(slot(insn.reg)).lstore(A);
            }
            case CMP + RM_IMM, TEST_RM_IMM -> {
                rm(8);
                code.loadConstant(insn.immediate).lstore(B);
            }
            default -> {
                return false;
            }
        }
        alu(insn.op < TEST_RM_REG ? Alu.CMP : Alu.TEST, 8);
        return true;
    }

    /** A = the operand. */
    private void rm(int width) {
        if (insn.memory) {
            loadMemory(width);
        } else {
            code.lload(slot(insn.rm));
        }
        code.lstore(A);
    }

    private boolean alu(int width) {
        switch (insn.op) {
            case TEST_RM_REG, TEST_RM_IMM -> {
                rm(width);
                second(insn.op == TEST_RM_IMM);
                alu(Alu.TEST, width);
            }
            case CMP + RM_REG, CMP + REG_RM, CMP + RM_IMM -> {
                return false; // have forms
            }
            case INC, DEC -> {
                update(width);
                stepA(insn.op == INC ? 1 : -1, width);
                updated(width);
            }
            case NEG -> {
                update(width);
                code.lload(A).lstore(B).lconst_0().lstore(A);
                alu(Alu.SUB, width);
                updated(width);
            }
            case NOT -> {
                update(width);
                code.lload(A).loadConstant(-1L).lxor().lstore(R);
                updated(width);
            }
            default -> {
                return insn.op < CMP && insn.op % 3 != REG_RM && aluUpdate(width);
            }
        }
        return true;
    }

    private boolean aluUpdate(int width) {
        update(width);
        second(insn.op % 3 == RM_IMM);
        alu(operation(insn.op - insn.op % 3), width);
        updated(width);
        return true;
    }

    private void second(boolean immediate) {
        if (immediate) {
            code.loadConstant(insn.immediate).lstore(B);
        } else {
            code.lload(slot(insn.reg)).lstore(B);
        }
    }

    /** A = the operand, which will be written: that can then no longer fault. */
    private void update(int width) {
        if (!insn.memory) {
            code.lload(slot(insn.rm)).lstore(A);
            return;
        }
        mayFault();
        address();
        code.lstore(ADDRESS);
        code.loadConstant(RegionConstants.MMU).loadConstant((int) insn.segment).lload(ADDRESS);
        code.loadConstant(width / 8);
        code.invokevirtual(MMU_CLASS, "loadForUpdate", MethodTypeDesc.of(J, I, J, I)).lstore(A);
    }

    /** The operand = R. */
    private void updated(int width) {
        if (!insn.memory) {
            code.lload(R);
            set(insn.rm, width);
            return;
        }
        memoryUnit(insn.segment);
        code.loadConstant((int) insn.segment).lload(ADDRESS).lload(R);
        storeTo(width);
    }

    // Data

    private boolean storeImmediate(int width) {
        if (!insn.memory) {
            return false;
        }
        operand();
        code.loadConstant(insn.immediate);
        storeTo(width);
        return true;
    }

    /** MOVSX and MOVSXD. */
    private boolean extended(int width) {
        int from =
                switch (insn.op) {
                    case MOVSX_8 -> 8;
                    case MOVSX_16 -> 16;
                    case MOVSXD -> 32;
                    default -> 0;
                };
        boolean high = from == 8 && !insn.memory && !Specialiser.low(insn, insn.rm);
        if (from == 0 || width < 32 || width <= from || high) {
            return false;
        }
        if (insn.memory) {
            loadMemory(from);
        } else {
            code.lload(slot(insn.rm));
        }
        signed(from);
        set(insn.reg, width);
        return true;
    }

    private boolean pushed(int width) {
        switch (insn.op) {
            case PUSH_IMM -> push(width, () -> code.loadConstant(insn.immediate));
            case PUSH_RM -> {
                rm(width);
                push(width, () -> code.lload(A));
            }
            case LEAVE -> {
                return leave(width);
            }
            default -> {
                return false;
            }
        }
        stored();
        return true;
    }

    private boolean leave(int width) {
        if (width == 32 && !flat) {
            return false;
        }
        top(width, Cpu.RBP);
        release(width, Cpu.RBP);
        code.lload(A).lstore(slot(Cpu.RBP));
        return true;
    }
}
