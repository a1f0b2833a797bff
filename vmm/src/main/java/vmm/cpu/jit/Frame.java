package vmm.cpu.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/**
 * What the emitters of instructions share: where the guest's state is in a region's method, and how
 * it is read, changed and brought back to the {@link Cpu}.
 */
abstract class Frame {
    static final ClassDesc CPU_CLASS = ClassDesc.of("vmm.cpu.Cpu"),
            FLAT_CLASS = ClassDesc.of("vmm.cpu.mmu.FlatMemory"),
            MMU_CLASS = ClassDesc.of("vmm.cpu.mmu.Mmu"),
            REGION_CLASS = ClassDesc.of("vmm.cpu.jit.Region"),
            FLAGS_CLASS = ClassDesc.of("vmm.cpu.jit.LazyFlags"),
            BRANCH_CLASS = ClassDesc.of("vmm.cpu.exec.Branch");
    static final ClassDesc J = ConstantDescs.CD_long, I = ConstantDescs.CD_int;
    static final ClassDesc Z = ConstantDescs.CD_boolean, V = ConstantDescs.CD_void;

    static final MethodTypeDesc OF_THREE = MethodTypeDesc.of(J, J, J, J);

    // Local variables; longs take two.
    static final int START = 1, MOST = 3, COUNT = 4, AT = 5, DONE = 6, FAULT = 7;
    static final int RESULT = 8, CARRY = 10, AUX = 12;
    static final int A = 14, B = 16, R = 18, ADDRESS = 20, SHIFT = 22;
    private static final int REGISTERS = 23;

    static final long LOW = 0xffff_ffffL;

    final CodeBuilder code;

    /** Whether {@link vmm.cpu.mmu.Mmu#flat} may be relied on. */
    final boolean flat;

    private final boolean[] used = new boolean[16];

    // The instruction that is being emitted.
    Insn insn = new Insn();

    /** Its number in the region. */
    int number;

    /** Distance of the next one from the region's start. */
    int offset;

    /** Whether the flags are known to be lazy, whatever they were when the part was entered. */
    boolean lazy;

    Frame(CodeBuilder code, boolean flat) {
        this.code = code;
        this.flat = flat;
    }

    /** Leaves the region behind this instruction if its store dropped the code. */
    abstract void stored();

    // State

    void use(int register) {
        if (register < 16) {
            used[register] = true;
        }
    }

    void constant(int slot, int value) {
        code.loadConstant(value).istore(slot);
    }

    static int slot(int register) {
        return REGISTERS + 2 * register;
    }

    void mayFault() {
        constant(AT, number);
    }

    void load() {
        for (int r = 0; r < 16; r++) {
            if (used[r]) {
                code.loadConstant(RegionConstants.GPR).loadConstant(r).laload().lstore(slot(r));
            }
        }
        for (Flag flag : Flag.values()) {
            code.loadConstant(RegionConstants.CPU);
            code.getfield(CPU_CLASS, flag.field, J).lstore(flag.slot);
        }
    }

    void writeBack() {
        for (int r = 0; r < 16; r++) {
            if (used[r]) {
                code.loadConstant(RegionConstants.GPR).loadConstant(r).lload(slot(r)).lastore();
            }
        }
        for (Flag flag : Flag.values()) {
            writeBack(flag);
        }
    }

    private void writeBack(Flag flag) {
        code.loadConstant(RegionConstants.CPU).lload(flag.slot);
        code.putfield(CPU_CLASS, flag.field, J);
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

    /** Leaves on the stack whether the condition holds. */
    void holds(int condition) {
        Label eager = code.newLabel();
        Label end = code.newLabel();
        if (!lazy) {
            code.lload(AUX).lconst_0().lcmp().iflt(eager);
        }
        code.loadConstant(condition).lload(RESULT).lload(CARRY);
        code.invokestatic(FLAGS_CLASS, "holds", MethodTypeDesc.of(Z, I, J, J));
        if (!lazy) {
            code.goto_(end).labelBinding(eager);
            writeBack(Flag.OF_AUX);
            code.loadConstant(RegionConstants.CPU).loadConstant(condition);
            code.invokestatic(BRANCH_CLASS, "holds", MethodTypeDesc.of(Z, CPU_CLASS, I));
            code.labelBinding(end);
        }
    }

    void carryBit() {
        if (lazy) {
            code.lload(CARRY).loadConstant(63).lushr();
        } else {
            code.loadConstant(RegionConstants.CPU).lload(CARRY).lload(AUX);
            code.invokestatic(FLAGS_CLASS, "carryBit", MethodTypeDesc.of(J, CPU_CLASS, J, J));
        }
    }

    // Values

    /** Sets a register to the value on the stack, cut to 32 bits if that is the width. */
    void set(int register, int width) {
        if (width == 32) {
            mask(LOW);
        }
        code.lstore(slot(register));
    }

    void signed(int width) {
        if (width == 32) {
            code.l2i().i2l();
        } else if (width == 16) {
            code.l2i().i2s().i2l();
        } else if (width == 8) {
            code.l2i().i2b().i2l();
        }
    }

    void mask(long mask) {
        if (mask != -1) {
            code.loadConstant(mask).land();
        }
    }

    // Memory

    void address() {
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

    boolean flat(int segment) {
        return flat && (segment == Cpu.ES || segment == Cpu.SS || segment == Cpu.DS);
    }

    /** What accesses memory through {@code segment}. */
    void memoryUnit(int segment) {
        code.loadConstant(flat(segment) ? RegionConstants.FLAT : RegionConstants.MMU);
    }

    /** Its access of that name, {@code load} or so. */
    void access(String name, int width, int segment, MethodTypeDesc type) {
        code.invokevirtual(flat(segment) ? FLAT_CLASS : MMU_CLASS, name + width, type);
    }

    /** Begins an access to the instruction's operand: on the stack are the unit and its address. */
    void operand() {
        mayFault();
        memoryUnit(insn.segment);
        code.loadConstant((int) insn.segment);
        address();
    }

    /** Leaves the operand on the stack, with zeros above its width. */
    void loadMemory(int width) {
        operand();
        access("load", width, insn.segment, MethodTypeDesc.of(width == 64 ? J : I, I, J));
        if (width < 64) {
            code.i2l();
        }
        if (width == 32) {
            mask(LOW);
        }
    }
}
