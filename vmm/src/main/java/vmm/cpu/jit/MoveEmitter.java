package vmm.cpu.jit;

import static vmm.cpu.exec.Hot.*;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;

/** Emits what moves data: registers, memory, the stack. */
abstract class MoveEmitter extends ShiftEmitter {
    private static final ClassDesc STACK_CLASS = ClassDesc.of("vmm.cpu.exec.Stack");

    MoveEmitter(CodeBuilder code, boolean flat) {
        super(code, flat);
    }

    /** Emits the instruction if it is one of these. */
    boolean move() {
        return memory() || stack() || other();
    }

    private boolean memory() {
        switch (insn.op) {
            case LOAD_64, LOAD_64_SIMPLE -> read(64, insn.reg);
            case LOAD_32 -> read(32, insn.reg);
            case MOVZX_8_RM -> read(8, insn.reg);
            case MOVZX_16_RM -> read(16, insn.reg);
            case LOAD_8 -> {
                loadMemory(8);
                code.lload(slot(insn.reg)).loadConstant(~0xffL).land().lor();
                code.lstore(slot(insn.reg));
            }
            case STORE_64 -> storeMemory(64);
            case STORE_32 -> storeMemory(32);
            case STORE_16 -> storeMemory(16);
            case STORE_8 -> storeMemory(8);
            case ADD_RM_64 -> memoryOperand(Alu.ADD, 64);
            case CMP_RM_64 -> memoryOperand(Alu.CMP, 64);
            case CMP_RM_32 -> memoryOperand(Alu.CMP, 32);
            case CMP_MR_64 -> memoryRegister(Alu.CMP, 64);
            case CMP_MR_32 -> memoryRegister(Alu.CMP, 32);
            case CMP_MI_64 -> memoryImmediate(Alu.CMP, 64);
            case CMP_MI_32 -> memoryImmediate(Alu.CMP, 32);
            case CMP_MI_8 -> memoryImmediate(Alu.CMP, 8);
            case TEST_MI_8 -> memoryImmediate(Alu.TEST, 8);
            case ALU_RM_64 -> memoryOperand(operation(insn.immediate2), 64);
            case ALU_RM_32 -> memoryOperand(operation(insn.immediate2), 32);
            case ADD_MR_64 -> addToMemory(64);
            case ADD_MR_32 -> addToMemory(32);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void read(int width, int register) {
        loadMemory(width);
        code.lstore(slot(register));
    }

    private void storeMemory(int width) {
        operand();
        code.lload(slot(insn.reg));
        storeTo(width);
    }

    void storeTo(int width) {
        if (width < 64) {
            code.l2i();
        }
        access("store", width, insn.segment, MethodTypeDesc.of(V, I, J, width == 64 ? J : I));
        stored();
    }

    /** memory = memory + reg. */
    private void addToMemory(int width) {
        operand();
        code.lload(slot(insn.reg));
        if (width == 64) {
            access("add", 64, insn.segment, MethodTypeDesc.of(J, I, J, J));
        } else {
            code.l2i();
            access("add", 32, insn.segment, MethodTypeDesc.of(I, I, J, I));
            code.i2l();
        }
        code.lstore(A);
        code.lload(slot(insn.reg)).lstore(B);
        alu(Alu.ADD, width);
        stored();
    }

    // The stack

    private boolean stack() {
        switch (insn.op) {
            case PUSH_64 -> pushRegister(64);
            case PUSH_32 -> pushRegister(32);
            case POP_64 -> popRegister(64);
            case POP_32 -> popRegister(32);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void pushRegister(int width) {
        push(width, () -> code.lload(slot(insn.rm)));
        stored();
    }

    /** POP RSP leaves what was popped. */
    private void popRegister(int width) {
        top(width);
        release(width);
        code.lload(A).lstore(slot(insn.reg));
    }

    /** Pushes what {@code value} leaves on the JVM's stack. */
    void push(int width, Runnable value) {
        mayFault();
        if (width == 32 && !flat) {
            saveStackPointer();
            code.loadConstant(RegionConstants.CPU).loadConstant(4);
            value.run();
            code.invokestatic(STACK_CLASS, "push", MethodTypeDesc.of(V, CPU_CLASS, I, J));
            loadStackPointer();
            return;
        }
        code.lload(slot(Cpu.RSP)).loadConstant(width / 8L).lsub();
        mask(width == 32 ? LOW : -1);
        code.lstore(ADDRESS);
        memoryUnit(Cpu.SS);
        code.loadConstant(Cpu.SS).lload(ADDRESS);
        value.run();
        if (width == 32) {
            code.l2i();
        }
        access("store", width, Cpu.SS, MethodTypeDesc.of(V, I, J, width == 64 ? J : I));
        code.lload(ADDRESS).lstore(slot(Cpu.RSP));
    }

    /** Loads to A what is on top of the guest's stack. */
    void top(int width) {
        top(width, Cpu.RSP);
    }

    /** The same with the stack pointer in {@code pointer}: RSP, or another if the stack is flat. */
    void top(int width, int pointer) {
        mayFault();
        if (width == 32 && !flat) {
            saveStackPointer();
            code.loadConstant(RegionConstants.CPU).loadConstant(4);
            code.invokestatic(STACK_CLASS, "top", MethodTypeDesc.of(J, CPU_CLASS, I));
            code.lstore(A);
            return;
        }
        memoryUnit(Cpu.SS);
        code.loadConstant(Cpu.SS).lload(slot(pointer));
        if (width == 32) {
            mask(LOW);
            access("load", 32, Cpu.SS, MethodTypeDesc.of(I, I, J));
            code.i2l();
            mask(LOW);
        } else {
            access("load", 64, Cpu.SS, MethodTypeDesc.of(J, I, J));
        }
        code.lstore(A);
    }

    /** Takes it off. */
    void release(int width) {
        release(width, Cpu.RSP);
    }

    /** Takes it off a stack with its pointer in {@code pointer}. */
    void release(int width, int pointer) {
        if (width == 32 && !flat) {
            code.loadConstant(RegionConstants.CPU).loadConstant(4);
            code.invokestatic(STACK_CLASS, "release", MethodTypeDesc.of(V, CPU_CLASS, I));
            loadStackPointer();
            return;
        }
        code.lload(slot(pointer)).loadConstant(width / 8L).ladd();
        mask(width == 32 ? LOW : -1);
        code.lstore(slot(Cpu.RSP));
    }

    private void saveStackPointer() {
        code.loadConstant(RegionConstants.GPR).loadConstant(Cpu.RSP);
        code.lload(slot(Cpu.RSP)).lastore();
    }

    private void loadStackPointer() {
        code.loadConstant(RegionConstants.GPR).loadConstant(Cpu.RSP).laload();
        code.lstore(slot(Cpu.RSP));
    }

    // Registers

    private boolean other() {
        switch (insn.op) {
            case MOV_RR_64 -> code.lload(slot(insn.reg)).lstore(slot(insn.rm));
            case MOV_RR_32 -> {
                code.lload(slot(insn.reg));
                set(insn.rm, 32);
            }
            case MOV_RI_64 -> code.loadConstant(insn.immediate).lstore(slot(insn.rm));
            case MOV_RI_32 -> code.loadConstant(insn.immediate & LOW).lstore(slot(insn.rm));
            case ZERO -> {
                code.lconst_0().lstore(slot(insn.rm)).lconst_0().lstore(RESULT);
                noCarries();
            }
            case LEA_64 -> {
                address();
                code.lstore(slot(insn.reg));
            }
            case LEA_32 -> {
                address();
                set(insn.reg, 32);
            }
            case MOVZX_8_RR -> extend(0xff);
            case MOVZX_16_RR -> extend(0xffff);
            case MOVSXD_RR -> code.lload(slot(insn.rm)).l2i().i2l().lstore(slot(insn.reg));
            case SET_R -> {
                holds(insn.immediate2);
                code.i2l().lload(slot(insn.rm)).loadConstant(~0xffL).land().lor();
                code.lstore(slot(insn.rm));
            }
            case CMOV_RR_64 -> conditional(64);
            case CMOV_RR_32 -> conditional(32);
            case NOP -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    private void extend(long mask) {
        code.lload(slot(insn.rm)).loadConstant(mask).land().lstore(slot(insn.reg));
    }

    private void conditional(int width) {
        Label not = code.newLabel();
        holds(insn.immediate2);
        code.ifeq(not);
        code.lload(slot(insn.rm)).lstore(slot(insn.reg));
        code.labelBinding(not);
        if (width == 32) {
            code.lload(slot(insn.reg));
            set(insn.reg, 32);
        }
    }
}
