package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/** Gives decoded instructions of frequent forms the operation numbers of {@link Hot}. */
public final class Specialiser {
    private static final int UNCHANGED = -1;

    private Specialiser() {}

    /**
     * Changes the {@code count} instructions of a block in place where they have a form of {@link
     * Hot}; returns how many are left after the last two may have become one.
     *
     * @param limited whether the code segment ends before 4 GiB, so that the targets of jumps must
     *     be compared with its limit
     */
    public static int specialise(Insn[] insns, int count, boolean limited) {
        for (int k = 0; k < count; k++) {
            specialise(insns[k], limited);
        }
        return count >= 2 && fuse(insns[count - 2], insns[count - 1]) ? count - 1 : count;
    }

    /** Makes a comparison and the conditional jump behind it one instruction. */
    private static boolean fuse(Insn comparison, Insn jump) {
        int condition =
                switch (jump.op) {
                    case Hot.JE -> Hot.E;
                    case Hot.JNE -> Hot.NE;
                    case Hot.JB, Hot.JAE, Hot.JCC -> Hot.CC;
                    default -> UNCHANGED;
                };
        int kind =
                switch (comparison.op) {
                    case Hot.CMP_RR_64 -> Hot.FUSED_CMP_RR_64;
                    case Hot.CMP_RR_32 -> Hot.FUSED_CMP_RR_32;
                    case Hot.CMP_RI_64 -> Hot.FUSED_CMP_RI_64;
                    case Hot.CMP_RI_32 -> Hot.FUSED_CMP_RI_32;
                    case Hot.CMP_RI_8 -> Hot.FUSED_CMP_RI_8;
                    case Hot.TEST_RR_64 -> Hot.FUSED_TEST_RR_64;
                    case Hot.TEST_RR_32 -> Hot.FUSED_TEST_RR_32;
                    case Hot.TEST_RR_8 -> Hot.FUSED_TEST_RR_8;
                    case Hot.ADD_RI_32 -> Hot.FUSED_ADD_RI_32;
                    case Hot.CMP_MI_8 ->
                            comparison.ripRelative || comparison.addressMask != jump.addressMask
                                    ? UNCHANGED
                                    : Hot.FUSED_CMP_MI_8;
                    default -> UNCHANGED;
                };
        if (condition == UNCHANGED || kind == UNCHANGED) {
            return false;
        }
        comparison.op = (short) (kind + condition);
        comparison.length = (byte) (comparison.length + jump.length);
        comparison.addressMask = jump.addressMask;
        comparison.vvvv = (byte) jump.immediate2;
        comparison.immediate2 = (int) jump.immediate;
        return true;
    }

    private static void specialise(Insn i, boolean limited) {
        int op =
                switch (i.op >> 6) {
                    case Family.ALU -> i.memory ? aluMemory(i) : alu(i);
                    case Family.SHIFT -> i.memory ? UNCHANGED : shift(i);
                    case Family.MOVE -> i.memory ? moveMemory(i) : move(i);
                    case Family.BRANCH -> limited || i.size == 2 ? UNCHANGED : branch(i);
                    case Family.STACK -> stack(i);
                    case Family.MULTIPLY -> multiply(i);
                    case Family.ATOMIC -> i.op == XCHG_RAX && i.reg == 0 ? Hot.NOP : UNCHANGED;
                    default -> UNCHANGED;
                };
        if (op != UNCHANGED) {
            i.op = (short) op;
        }
    }

    /** {@code op64} or {@code op32} by operand size. */
    private static int bySize(Insn i, int op64, int op32) {
        return i.size == 8 ? op64 : i.size == 4 ? op32 : UNCHANGED;
    }

    /** Whether byte register {@code r} is the low byte of register {@code r}. */
    public static boolean low(Insn i, int r) {
        return i.rex || r < 4 || r >= 8;
    }

    private static int alu(Insn i) {
        if (i.op < TEST_RM_REG && i.op % 3 == REG_RM) {
            byte destination = i.reg;
            i.reg = i.rm;
            i.rm = destination;
            i.op = (short) (i.op + RM_REG - REG_RM);
        }
        return i.size == 1 ? aluByte(i) : aluWide(i);
    }

    private static int aluByte(Insn i) {
        return switch (i.op) {
            case TEST_RM_REG -> low(i, i.rm) && low(i, i.reg) ? Hot.TEST_RR_8 : UNCHANGED;
            case TEST_RM_IMM -> low(i, i.rm) ? Hot.TEST_RI_8 : UNCHANGED;
            case CMP + RM_IMM -> low(i, i.rm) ? Hot.CMP_RI_8 : UNCHANGED;
            default -> UNCHANGED;
        };
    }

    private static int aluWide(Insn i) {
        return switch (i.op) {
            case ADD + RM_REG -> bySize(i, Hot.ADD_RR_64, Hot.ADD_RR_32);
            case ADD + RM_IMM -> bySize(i, Hot.ADD_RI_64, Hot.ADD_RI_32);
            case SUB + RM_REG -> bySize(i, Hot.SUB_RR_64, Hot.SUB_RR_32);
            case SUB + RM_IMM -> bySize(i, Hot.SUB_RI_64, Hot.SUB_RI_32);
            case CMP + RM_REG -> bySize(i, Hot.CMP_RR_64, Hot.CMP_RR_32);
            case CMP + RM_IMM -> bySize(i, Hot.CMP_RI_64, Hot.CMP_RI_32);
            case TEST_RM_REG -> bySize(i, Hot.TEST_RR_64, Hot.TEST_RR_32);
            case AND + RM_REG -> bySize(i, Hot.AND_RR_64, Hot.AND_RR_32);
            case AND + RM_IMM -> bySize(i, Hot.AND_RI_64, Hot.AND_RI_32);
            case OR + RM_REG -> bySize(i, Hot.OR_RR_64, Hot.OR_RR_32);
            case XOR + RM_REG -> xor(i);
            case ADC + RM_REG -> bySize(i, Hot.ADC_RR_64, Hot.ADC_RR_32);
            case SBB + RM_REG -> bySize(i, Hot.SBB_RR_64, Hot.SBB_RR_32);
            case ADC + RM_IMM -> bySize(i, Hot.ADC_RI_64, Hot.ADC_RI_32);
            case INC -> bySize(i, Hot.INC_R_64, Hot.INC_R_32);
            case DEC -> bySize(i, Hot.DEC_R_64, Hot.DEC_R_32);
            default -> UNCHANGED;
        };
    }

    private static int xor(Insn i) {
        return i.reg == i.rm
                ? bySize(i, Hot.ZERO, Hot.ZERO)
                : bySize(i, Hot.XOR_RR_64, Hot.XOR_RR_32);
    }

    private static int aluMemory(Insn i) {
        return switch (i.op) {
            case ADD + REG_RM -> aluRegMemory(i, ADD, Hot.ADD_RM_64);
            case ADC + REG_RM -> aluRegMemory(i, ADC, Hot.ALU_RM_64);
            case SBB + REG_RM -> aluRegMemory(i, SBB, Hot.ALU_RM_64);
            case SUB + REG_RM -> aluRegMemory(i, SUB, Hot.ALU_RM_64);
            case AND + REG_RM -> aluRegMemory(i, AND, Hot.ALU_RM_64);
            case OR + REG_RM -> aluRegMemory(i, OR, Hot.ALU_RM_64);
            case XOR + REG_RM -> aluRegMemory(i, XOR, Hot.ALU_RM_64);
            case ADD + RM_REG -> i.lock ? UNCHANGED : bySize(i, Hot.ADD_MR_64, Hot.ADD_MR_32);
            case CMP + REG_RM -> bySize(i, Hot.CMP_RM_64, Hot.CMP_RM_32);
            case CMP + RM_REG -> bySize(i, Hot.CMP_MR_64, Hot.CMP_MR_32);
            case CMP + RM_IMM ->
                    i.size == 1 ? Hot.CMP_MI_8 : bySize(i, Hot.CMP_MI_64, Hot.CMP_MI_32);
            case TEST_RM_IMM -> i.size == 1 ? Hot.TEST_MI_8 : UNCHANGED;
            default -> UNCHANGED;
        };
    }

    private static int aluRegMemory(Insn i, int operation, int op64) {
        if (i.size < 4) {
            return UNCHANGED;
        }
        i.immediate2 = operation;
        return bySize(i, op64, Hot.ALU_RM_32);
    }

    private static int shift(Insn i) {
        if (((int) i.immediate & (i.size == 8 ? 63 : 31)) == 0) {
            return UNCHANGED;
        }
        int op =
                switch (i.op) {
                    case SHL -> bySize(i, Hot.SHL_RI_64, Hot.SHL_RI_32);
                    case SHR -> bySize(i, Hot.SHR_RI_64, Hot.SHR_RI_32);
                    case SAR -> bySize(i, UNCHANGED, Hot.SAR_RI_32);
                    default -> UNCHANGED;
                };
        if (op != UNCHANGED) {
            i.immediate &= i.size == 8 ? 63 : 31;
        }
        return op;
    }

    private static int move(Insn i) {
        if (i.op == MOV_REG_RM) {
            byte destination = i.reg;
            i.reg = i.rm;
            i.rm = destination;
            i.op = MOV_RM_REG;
        }
        int condition = i.op & 15;
        if ((i.op & ~15) == SET && low(i, i.rm)) {
            i.immediate2 = condition;
            return Hot.SET_R;
        }
        if ((i.op & ~15) == CMOV && i.size >= 4) {
            i.immediate2 = condition;
            return bySize(i, Hot.CMOV_RR_64, Hot.CMOV_RR_32);
        }
        return switch (i.op) {
            case MOV_RM_REG -> bySize(i, Hot.MOV_RR_64, Hot.MOV_RR_32);
            case MOV_RM_IMM, MOV_REG_IMM -> bySize(i, Hot.MOV_RI_64, Hot.MOV_RI_32);
            case MOVZX_8 -> i.size >= 4 && low(i, i.rm) ? Hot.MOVZX_8_RR : UNCHANGED;
            case MOVZX_16 -> bySize(i, Hot.MOVZX_16_RR, Hot.MOVZX_16_RR);
            case MOVSXD -> bySize(i, Hot.MOVSXD_RR, UNCHANGED);
            case NOP -> Hot.NOP;
            default -> UNCHANGED;
        };
    }

    private static int moveMemory(Insn i) {
        return switch (i.op) {
            case MOV_REG_RM ->
                    i.size == 1 && low(i, i.reg) ? Hot.LOAD_8 : bySize(i, load64(i), Hot.LOAD_32);
            case MOV_RM_REG -> store(i);
            case MOVZX_8 -> bySize(i, Hot.MOVZX_8_RM, Hot.MOVZX_8_RM);
            case MOVZX_16 -> bySize(i, Hot.MOVZX_16_RM, Hot.MOVZX_16_RM);
            case LEA -> bySize(i, Hot.LEA_64, Hot.LEA_32);
            case NOP -> Hot.NOP;
            default -> UNCHANGED;
        };
    }

    private static int store(Insn i) {
        return switch (i.size) {
            case 1 -> low(i, i.reg) ? Hot.STORE_8 : UNCHANGED;
            case 2 -> Hot.STORE_16;
            default -> bySize(i, Hot.STORE_64, Hot.STORE_32);
        };
    }

    private static int load64(Insn i) {
        boolean simple =
                i.addressSize == 8
                        && i.base != Cpu.NO_REGISTER
                        && i.index == Cpu.NO_REGISTER
                        && !i.ripRelative;
        return simple ? Hot.LOAD_64_SIMPLE : Hot.LOAD_64;
    }

    /**
     * The address mask of what jumps cuts its target: to 32 bits where the operand size is 4, which
     * is never in 64-bit mode.
     */
    private static int branch(Insn i) {
        if (i.op > JCC + 15 && i.op != JMP && i.op != CALL && i.op != RET) {
            return UNCHANGED;
        }
        i.addressMask = i.size == 8 ? -1 : 0xffff_ffffL;
        int condition = i.op - JCC;
        if (condition < 16) {
            i.immediate2 = condition;
            return switch (condition) {
                case 2 -> Hot.JB;
                case 3 -> Hot.JAE;
                case 4 -> Hot.JE;
                case 5 -> Hot.JNE;
                default -> Hot.JCC;
            };
        }
        return switch (i.op) {
            case JMP -> Hot.JMP;
            case CALL -> bySize(i, Hot.CALL_64, Hot.CALL_32);
            default -> bySize(i, Hot.RET_64, Hot.RET_32);
        };
    }

    private static int stack(Insn i) {
        return switch (i.op) {
            case PUSH_REG -> bySize(i, Hot.PUSH_64, Hot.PUSH_32);
            case POP_REG -> bySize(i, Hot.POP_64, Hot.POP_32);
            default -> UNCHANGED;
        };
    }

    private static int multiply(Insn i) {
        if (i.memory) {
            return UNCHANGED;
        }
        return switch (i.op) {
            case IMUL_REG_RM -> bySize(i, Hot.IMUL_RR_64, Hot.IMUL_RR_32);
            case MUL -> bySize(i, Hot.MUL_R_64, Hot.MUL_R_32);
            default -> UNCHANGED;
        };
    }
}
