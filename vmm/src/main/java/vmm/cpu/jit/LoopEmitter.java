package vmm.cpu.jit;

import static vmm.cpu.exec.Hot.*;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.IntegerRows;

/**
 * Emits the method of one loop. Guest registers and lazy flags are in local variables, which are
 * written back where the loop is left, by its end or by a fault. An instruction for which there is
 * nothing better is a call of the interpreter's method for it, between writing back and loading.
 */
final class LoopEmitter {
    private static final ClassDesc CPU_CLASS = ClassDesc.of("vmm.cpu.Cpu"),
            FLAT_CLASS = ClassDesc.of("vmm.cpu.mmu.FlatMemory"),
            MMU_CLASS = ClassDesc.of("vmm.cpu.mmu.Mmu"),
            INSN_CLASS = ClassDesc.of("vmm.cpu.Insn"),
            LOOP_CLASS = ClassDesc.of("vmm.cpu.jit.Loop"),
            FLAGS_CLASS = ClassDesc.of("vmm.cpu.jit.LazyFlags"),
            DISPATCH_CLASS = ClassDesc.of("vmm.cpu.exec.Dispatch"),
            BRANCH_CLASS = ClassDesc.of("vmm.cpu.exec.Branch"),
            STACK_CLASS = ClassDesc.of("vmm.cpu.exec.Stack"),
            FAULT_CLASS = ClassDesc.of("vmm.cpu.GuestFault"),
            MATH_CLASS = ClassDesc.of("java.lang.Math");
    private static final ClassDesc J = ConstantDescs.CD_long, I = ConstantDescs.CD_int;
    private static final ClassDesc Z = ConstantDescs.CD_boolean, V = ConstantDescs.CD_void;

    /** Type of {@link Loop#run}. */
    static final MethodTypeDesc RUN = MethodTypeDesc.of(V, J, I);

    private static final MethodTypeDesc OF_THREE = MethodTypeDesc.of(J, J, J, J);

    // Local variables; longs take two.
    private static final int START = 1, MOST = 3, COUNT = 4, AT = 5, DONE = 6, FAULT = 7;
    private static final int RESULT = 8, CARRY = 10, AUX = 12;
    private static final int A = 14, B = 16, R = 18, ADDRESS = 20, REGISTERS = 22;

    private static final long LOW = 0xffff_ffffL;

    private final CodeBuilder code;
    private final Insn[] insns;
    private final int instructions;
    private final boolean flat;
    private final boolean[] used = new boolean[16];
    private final Label exit;
    private int general;

    // The instruction that is being emitted.
    private Insn insn;
    private int index;

    /** Whether the flags are lazy now, whatever they were when the loop was entered. */
    private boolean lazy;

    /** Distance of the next instruction from the loop's start. */
    private int offset;

    LoopEmitter(CodeBuilder code, Insn[] insns, int instructions, boolean flat) {
        this.code = code;
        this.insns = insns;
        this.instructions = instructions;
        this.flat = flat;
        exit = code.newLabel();
        insn = insns[0];
    }

    /** How many instructions are the interpreter's. */
    int general() {
        return general;
    }

    /** Whether {@code last}, at the end of {@code length} bytes, jumps to their beginning. */
    static boolean loops(Insn last, int length) {
        if (fused(last)) {
            return last.immediate2 == -length;
        }
        return switch (last.op) {
            case JMP, JE, JNE, JB, JAE, JCC -> last.immediate == -length;
            default -> false;
        };
    }

    private static boolean fused(Insn i) {
        return i.op >= FUSED && i.op < FUSED_END;
    }

    void emit() {
        for (Insn i : insns) {
            use(i.reg);
            use(i.rm);
            use(i.base);
            use(i.index);
            if (i.op == PUSH_64 || i.op == POP_64 || i.op == PUSH_32 || i.op == POP_32) {
                use(Cpu.RSP);
            }
            if (i.op == MUL_R_32 || i.op == MUL_R_64) {
                use(Cpu.RAX);
                use(Cpu.RDX);
            }
        }
        constant(COUNT, 0);
        constant(AT, 0);
        constant(DONE, 0);
        load();
        Label first = code.newLabel();
        Label handler = code.newLabel();
        code.labelBinding(first);
        for (index = 0; index < insns.length - 1; index++) {
            next();
            if (!known()) {
                callGeneral();
            }
        }
        next();
        Label through = code.newLabel();
        jump(through);
        code.iload(COUNT).iload(MOST).if_icmplt(first);
        code.lload(START).lstore(A).goto_(exit);
        code.labelBinding(through);
        code.lload(START).loadConstant((long) offset).ladd();
        mask(insn.addressMask);
        code.lstore(A);
        code.labelBinding(exit);
        writeBack();
        leave();
        code.return_();
        code.labelBinding(handler);
        code.astore(FAULT);
        writeBack();
        code.lload(START).iload(AT).i2l().ladd().lstore(A);
        leave();
        code.aload(FAULT).athrow();
        code.exceptionCatch(first, through, handler, FAULT_CLASS);
    }

    private void use(int register) {
        if (register < 16) {
            used[register] = true;
        }
    }

    private void next() {
        insn = insns[index];
        offset += insn.length;
    }

    private void constant(int slot, int value) {
        code.loadConstant(value).istore(slot);
    }

    // State

    private void load() {
        for (int r = 0; r < 16; r++) {
            if (used[r]) {
                code.loadConstant(LoopConstants.GPR).loadConstant(r).laload().lstore(slot(r));
            }
        }
        for (Flag flag : Flag.values()) {
            code.loadConstant(LoopConstants.CPU)
                    .getfield(CPU_CLASS, flag.field, J)
                    .lstore(flag.slot);
        }
    }

    private void writeBack() {
        for (int r = 0; r < 16; r++) {
            if (used[r]) {
                code.loadConstant(LoopConstants.GPR).loadConstant(r).lload(slot(r)).lastore();
            }
        }
        writeBackFlags();
    }

    private void writeBackFlags() {
        for (Flag flag : Flag.values()) {
            code.loadConstant(LoopConstants.CPU)
                    .lload(flag.slot)
                    .putfield(CPU_CLASS, flag.field, J);
        }
    }

    private enum Flag {
        OF_RESULT("flagResult", RESULT),
        OF_CARRY("flagCarry", CARRY),
        OF_AUX("flagAux", AUX);

        private final String field;
        private final int slot;

        Flag(String field, int slot) {
            this.field = field;
            this.slot = slot;
        }
    }

    /** RIP from A, and the count of instructions. */
    private void leave() {
        code.loadConstant(LoopConstants.CPU).lload(A).putfield(CPU_CLASS, "rip", J);
        code.loadConstant(LoopConstants.CPU).dup().getfield(CPU_CLASS, "instructions", J);
        code.iload(COUNT).i2l().loadConstant((long) instructions).lmul().ladd();
        code.iload(DONE).i2l().ladd().putfield(CPU_CLASS, "instructions", J);
    }

    private static int slot(int register) {
        return REGISTERS + 2 * register;
    }

    private void mayFault() {
        constant(AT, offset);
    }

    /** Leaves the loop behind this instruction if the code has been written to. */
    private void stored() {
        Label same = code.newLabel();
        code.aload(0).getfield(LOOP_CLASS, "dropped", Z).ifeq(same);
        constant(DONE, index + 1);
        code.lload(START).loadConstant((long) offset).ladd().lstore(A).goto_(exit);
        code.labelBinding(same);
    }

    private void callGeneral() {
        general++;
        mayFault();
        writeBack();
        code.loadConstant(LoopConstants.CPU).lload(START).loadConstant((long) offset).ladd();
        code.putfield(CPU_CLASS, "rip", J);
        code.loadConstant(LoopConstants.CPU).loadConstant(LoopConstants.INSNS);
        code.loadConstant(index).aaload();
        code.invokestatic(DISPATCH_CLASS, "execute", MethodTypeDesc.of(V, CPU_CLASS, INSN_CLASS));
        load();
        lazy = false;
        stored();
    }

    // Jumps

    /** Counts the iteration and goes to {@code through} if it is the last one. */
    private void jump(Label through) {
        if (fused(insn)) {
            compare();
        }
        code.iinc(COUNT, 1);
        int condition = condition();
        if (condition >= 0) {
            holds(condition);
            code.ifeq(through);
        }
    }

    private int condition() {
        if (fused(insn)) {
            return switch ((insn.op - FUSED) % 3) {
                case E -> 4;
                case NE -> 5;
                default -> insn.vvvv;
            };
        }
        return switch (insn.op) {
            case JMP -> -1;
            default -> insn.immediate2;
        };
    }

    private void compare() {
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

    private void holds(int condition) {
        if (lazy) {
            code.loadConstant(condition).lload(RESULT).lload(CARRY);
            code.invokestatic(FLAGS_CLASS, "holds", MethodTypeDesc.of(Z, I, J, J));
        } else {
            writeBackFlags();
            code.loadConstant(LoopConstants.CPU).loadConstant(condition);
            code.invokestatic(BRANCH_CLASS, "holds", MethodTypeDesc.of(Z, CPU_CLASS, I));
        }
    }

    // Operations of the arithmetic unit

    private enum Alu {
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
    private void memoryOperand(Alu op, int width) {
        loadMemory(width);
        code.lstore(B);
        code.lload(slot(insn.reg)).lstore(A);
        alu(op, width);
        result(op, insn.reg, width);
    }

    /** memory op register, for what changes neither. */
    private void memoryRegister(Alu op, int width) {
        loadMemory(width);
        code.lstore(A);
        code.lload(slot(insn.reg)).lstore(B);
        alu(op, width);
    }

    private void memoryImmediate(Alu op, int width) {
        loadMemory(width);
        code.lstore(A);
        code.loadConstant(insn.immediate).lstore(B);
        alu(op, width);
    }

    /** R = A op B, and the flags; R may have rubbish above the width. */
    private void alu(Alu op, int width) {
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

    private void carryBit() {
        if (lazy) {
            code.lload(CARRY).loadConstant(63).lushr();
        } else {
            code.loadConstant(LoopConstants.CPU).lload(CARRY).lload(AUX);
            code.invokestatic(FLAGS_CLASS, "carryBit", MethodTypeDesc.of(J, CPU_CLASS, J, J));
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

    private void noCarries() {
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

    /** Sets a register to the value on the stack, cut to 32 bits if that is the width. */
    private void set(int register, int width) {
        if (width == 32) {
            mask(LOW);
        }
        code.lstore(slot(register));
    }

    private void signed(int width) {
        if (width == 32) {
            code.l2i().i2l();
        } else if (width == 8) {
            code.l2i().i2b().i2l();
        }
    }

    private void mask(long mask) {
        if (mask != -1) {
            code.loadConstant(mask).land();
        }
    }

    // Memory

    private void address() {
        code.loadConstant(insn.displacement);
        if (insn.base != Cpu.NO_REGISTER) {
            code.lload(slot(insn.base)).ladd();
        }
        if (insn.index != Cpu.NO_REGISTER) {
            code.lload(slot(insn.index));
            if (insn.scale != 0) {
                code.loadConstant((int) insn.scale).lshl();
            }
            code.ladd();
        }
        if (insn.ripRelative) {
            code.lload(START).loadConstant((long) offset).ladd().ladd();
        }
        mask(insn.addressMask);
    }

    private boolean flat(int segment) {
        return flat && (segment == Cpu.ES || segment == Cpu.SS || segment == Cpu.DS);
    }

    /** What accesses memory through {@code segment}. */
    private void memoryUnit(int segment) {
        code.loadConstant(flat(segment) ? LoopConstants.FLAT : LoopConstants.MMU);
    }

    /** Its access of that name, {@code load} or so. */
    private void access(String name, int width, int segment, MethodTypeDesc type) {
        code.invokevirtual(flat(segment) ? FLAT_CLASS : MMU_CLASS, name + width, type);
    }

    /** Leaves the operand on the stack, with zeros above its width. */
    private void loadMemory(int width) {
        mayFault();
        memoryUnit(insn.segment);
        code.loadConstant((int) insn.segment);
        address();
        access("load", width, insn.segment, MethodTypeDesc.of(width == 64 ? J : I, I, J));
        if (width < 64) {
            code.i2l();
        }
        if (width == 32) {
            mask(LOW);
        }
    }

    private void storeMemory(int width) {
        mayFault();
        memoryUnit(insn.segment);
        code.loadConstant((int) insn.segment);
        address();
        code.lload(slot(insn.reg));
        storeTo(width);
    }

    private void storeTo(int width) {
        if (width < 64) {
            code.l2i();
        }
        access("store", width, insn.segment, MethodTypeDesc.of(V, I, J, width == 64 ? J : I));
        stored();
    }

    /** memory = memory + reg. */
    private void addToMemory(int width) {
        mayFault();
        memoryUnit(insn.segment);
        code.loadConstant((int) insn.segment);
        address();
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

    // Everything else

    /** Emits the instruction if its form is known. */
    private boolean known() {
        return arithmetic() || memory() || stack() || other();
    }

    private boolean arithmetic() {
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
            case SHL_RI_64 -> shl(64);
            case SHL_RI_32 -> shl(32);
            case SHR_RI_64 -> shr(64);
            case SHR_RI_32 -> shr(32);
            case SAR_RI_32 -> sar32();
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
            case ALU_RM_64 -> memoryOperand(operation(), 64);
            case ALU_RM_32 -> memoryOperand(operation(), 32);
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

    private Alu operation() {
        return switch (insn.immediate2) {
            case IntegerRows.ADD -> Alu.ADD;
            case IntegerRows.ADC -> Alu.ADC;
            case IntegerRows.SBB -> Alu.SBB;
            case IntegerRows.SUB -> Alu.SUB;
            case IntegerRows.AND -> Alu.AND;
            case IntegerRows.OR -> Alu.OR;
            default -> Alu.XOR;
        };
    }

    private boolean stack() {
        switch (insn.op) {
            case PUSH_64 -> push64();
            case POP_64 -> pop64();
            case PUSH_32 -> {
                mayFault();
                saveStackPointer();
                code.loadConstant(LoopConstants.CPU).loadConstant(4).lload(slot(insn.rm));
                code.invokestatic(STACK_CLASS, "push", MethodTypeDesc.of(V, CPU_CLASS, I, J));
                loadStackPointer();
                stored();
            }
            case POP_32 -> {
                mayFault();
                saveStackPointer();
                code.loadConstant(LoopConstants.CPU).loadConstant(4);
                code.invokestatic(STACK_CLASS, "pop", MethodTypeDesc.of(J, CPU_CLASS, I));
                code.lstore(R);
                loadStackPointer();
                code.lload(R).lstore(slot(insn.reg));
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void saveStackPointer() {
        code.loadConstant(LoopConstants.GPR).loadConstant(Cpu.RSP).lload(slot(Cpu.RSP)).lastore();
    }

    private void loadStackPointer() {
        code.loadConstant(LoopConstants.GPR).loadConstant(Cpu.RSP).laload().lstore(slot(Cpu.RSP));
    }

    private void push64() {
        mayFault();
        code.lload(slot(Cpu.RSP)).loadConstant(8L).lsub().lstore(ADDRESS);
        memoryUnit(Cpu.SS);
        code.loadConstant(Cpu.SS).lload(ADDRESS).lload(slot(insn.rm));
        access("store", 64, Cpu.SS, MethodTypeDesc.of(V, I, J, J));
        code.lload(ADDRESS).lstore(slot(Cpu.RSP));
        stored();
    }

    /** POP RSP leaves what was popped. */
    private void pop64() {
        mayFault();
        memoryUnit(Cpu.SS);
        code.loadConstant(Cpu.SS).lload(slot(Cpu.RSP));
        access("load", 64, Cpu.SS, MethodTypeDesc.of(J, I, J));
        code.lstore(R);
        code.lload(slot(Cpu.RSP)).loadConstant(8L).ladd().lstore(slot(Cpu.RSP));
        code.lload(R).lstore(slot(insn.reg));
    }

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

    /** INC or DEC. */
    private void step(int by, int width) {
        code.lload(slot(insn.rm)).lstore(A);
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
        code.lload(R);
        set(insn.rm, width);
    }

    private int count() {
        return (int) insn.immediate;
    }

    private void shl(int width) {
        code.lload(slot(insn.rm));
        if (width == 32) {
            code.loadConstant(32).lshl();
        }
        code.lstore(A);
        code.lload(A).loadConstant(count());
        code.invokestatic(FLAGS_CLASS, "shlCarry", MethodTypeDesc.of(J, J, I)).lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
        code.lload(slot(insn.rm)).loadConstant(count()).lshl().lstore(R);
        shifted(width);
    }

    private void shr(int width) {
        code.lload(slot(insn.rm));
        mask(width == 32 ? LOW : -1);
        code.lstore(A);
        code.lload(A).loadConstant(count()).lload(A).loadConstant(width - 1).lushr().l2i();
        code.invokestatic(FLAGS_CLASS, "shrCarry", MethodTypeDesc.of(J, J, I, Z)).lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
        code.lload(A).loadConstant(count()).lushr().lstore(R);
        shifted(width);
    }

    private void sar32() {
        code.lload(slot(insn.rm)).l2i().i2l().lstore(A);
        code.lload(A).loadConstant(count());
        code.invokestatic(FLAGS_CLASS, "sarCarry", MethodTypeDesc.of(J, J, I)).lstore(CARRY);
        code.lconst_0().lstore(AUX);
        lazy = true;
        code.lload(A).loadConstant(count()).lshr().lstore(R);
        shifted(32);
    }

    /** The rest of a shift with its result in R. */
    private void shifted(int width) {
        code.lload(R);
        signed(width);
        code.lstore(RESULT);
        code.lload(R);
        set(insn.rm, width);
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
