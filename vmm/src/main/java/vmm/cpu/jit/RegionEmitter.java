package vmm.cpu.jit;

import static vmm.cpu.exec.Hot.*;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.IntegerRows;

/**
 * Emits the method of one region. Guest registers and lazy flags are in local variables, which are
 * written back where the region is left, by its end or by a fault. An instruction for which there
 * is nothing better is a call of the interpreter's method for it, between writing back and loading.
 */
final class RegionEmitter extends GeneralEmitter {
    private static final ClassDesc INSN_CLASS = ClassDesc.of("vmm.cpu.Insn"),
            DISPATCH_CLASS = ClassDesc.of("vmm.cpu.exec.Dispatch"),
            HOT_CLASS = ClassDesc.of("vmm.cpu.exec.Hot"),
            FAULT_CLASS = ClassDesc.of("vmm.cpu.GuestFault");

    /** Type of {@link Region#run}. */
    static final MethodTypeDesc RUN = MethodTypeDesc.of(V, J, I);

    private static final int NOT_HERE = -1;

    private final List<Part> parts;
    private final Label[] labels;
    private final Insn[] insns;
    private final int[] offsets;
    private final int[] preceding;

    /** Where the region is left for the address in A, with the state in the local variables. */
    private final Label exit;

    /** The same with the state in the processor. */
    private final Label left;

    /** Handler of faults with the state in the processor. */
    private final Label faulted;

    private int general;

    // The part that is being emitted, and the position in it.
    private int current;
    private int index;

    RegionEmitter(CodeBuilder code, List<Part> parts, boolean flat) {
        super(code, flat);
        this.parts = parts;
        labels = new Label[parts.size()];
        for (int p = 0; p < labels.length; p++) {
            labels[p] = code.newLabel();
        }
        int total = parts.stream().mapToInt(p -> p.insns().length).sum();
        insns = new Insn[total];
        offsets = new int[total];
        preceding = new int[total];
        exit = code.newLabel();
        left = code.newLabel();
        faulted = code.newLabel();
    }

    /** Whether enough of it is translated. */
    boolean worthwhile() {
        return general * 4 <= insns.length;
    }

    /** All instructions, by number. */
    Insn[] insns() {
        return insns;
    }

    /** {@link Region#offsets}. */
    int[] offsets() {
        return offsets;
    }

    /** {@link Region#preceding}. */
    int[] preceding() {
        return preceding;
    }

    void emit() {
        for (Part part : parts) {
            for (Insn i : part.insns()) {
                use(i);
            }
        }
        constant(COUNT, 0);
        constant(AT, 0);
        constant(DONE, 0);
        load();
        Label first = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(first);
        for (current = 0; current < labels.length; current++) {
            part(parts.get(current));
        }
        code.labelBinding(end).labelBinding(exit);
        writeBack();
        code.labelBinding(left);
        leave();
        Label fault = code.newLabel();
        code.labelBinding(fault).astore(FAULT);
        writeBack();
        Label common = code.newLabel();
        code.goto_(common);
        code.labelBinding(faulted).astore(FAULT); // C1 wants no other way into a handler
        code.labelBinding(common);
        fault();
        code.exceptionCatch(first, end, fault, FAULT_CLASS);
    }

    private void use(Insn i) {
        use(i.reg);
        use(i.rm);
        use(i.base);
        use(i.index);
        switch (i.op) {
            case PUSH_64, POP_64, PUSH_32, POP_32, CALL_64, CALL_32, RET_64, RET_32 -> use(Cpu.RSP);
            case MUL_R_32, MUL_R_64 -> {
                use(Cpu.RAX);
                use(Cpu.RDX);
            }
            case IntegerRows.PUSH_RM, IntegerRows.PUSH_IMM -> use(Cpu.RSP);
            case IntegerRows.LEAVE -> {
                use(Cpu.RSP);
                use(Cpu.RBP);
            }
            case IntegerRows.SHL + IntegerRows.BY_CL,
                    IntegerRows.SHR + IntegerRows.BY_CL,
                    IntegerRows.SAR + IntegerRows.BY_CL,
                    IntegerRows.SHLD_CL,
                    IntegerRows.SHRD_CL ->
                    use(Cpu.RCX);
            default -> {}
        }
    }

    /** RIP from A, and the count of instructions. */
    private void leave() {
        code.loadConstant(RegionConstants.CPU).lload(A).putfield(CPU_CLASS, "rip", J);
        code.loadConstant(RegionConstants.CPU).dup().getfield(CPU_CLASS, "instructions", J);
        code.iload(DONE).i2l().ladd().putfield(CPU_CLASS, "instructions", J);
        code.return_();
    }

    private void fault() {
        code.aload(0).loadConstant(RegionConstants.CPU).lload(START).iload(AT).iload(DONE);
        code.invokevirtual(REGION_CLASS, "faulted", MethodTypeDesc.of(V, CPU_CLASS, J, I, I));
        code.aload(FAULT).athrow();
    }

    private void part(Part part) {
        code.labelBinding(labels[current]);
        lazy = false;
        offset = part.offset();
        int last = part.insns().length - 1;
        for (index = 0; index < last; index++) {
            next(part);
            if (!known()) {
                callGeneral();
                load();
                stored();
            }
            number++;
        }
        next(part);
        last();
        number++;
    }

    private void next(Part part) {
        insn = part.insns()[index];
        insns[number] = insn;
        offsets[number] = offset;
        preceding[number] = index;
        offset += insn.length;
    }

    /** Calls the interpreter's method; the state is in the processor afterwards. */
    private void callGeneral() {
        general++;
        mayFault();
        writeBack();
        code.loadConstant(RegionConstants.CPU);
        code.lload(START).loadConstant((long) offset).ladd();
        code.putfield(CPU_CLASS, "rip", J);
        code.loadConstant(RegionConstants.CPU).loadConstant(RegionConstants.INSNS);
        code.loadConstant(number).aaload();
        Label before = code.newLabel();
        Label behind = code.newLabel();
        code.labelBinding(before);
        code.invokestatic(DISPATCH_CLASS, "execute", MethodTypeDesc.of(V, CPU_CLASS, INSN_CLASS));
        code.labelBinding(behind);
        code.exceptionCatch(before, behind, faulted, FAULT_CLASS);
        lazy = false;
    }

    @Override
    void stored() {
        leaveIfDropped(index + 1, offset, -1);
    }

    /** Leaves for {@code target} if the code was dropped, {@code more} instructions done. */
    private void leaveIfDropped(int more, int target, long mask) {
        Label same = code.newLabel();
        code.aload(0).getfield(REGION_CLASS, "dropped", Z).ifeq(same);
        code.iinc(DONE, more);
        leaveFor(target, mask);
        code.labelBinding(same);
    }

    // The end of a part

    private void last() {
        switch (insn.op) {
            case JMP -> {
                done();
                go(offset + (int) insn.immediate, insn.addressMask);
            }
            case JE, JNE, JB, JAE, JCC -> branch(insn.immediate2, (int) insn.immediate);
            case CALL_64 -> call(64);
            case CALL_32 -> call(32);
            case RET_64 -> ret(64);
            case RET_32 -> ret(32);
            default -> {
                if (fused(insn)) {
                    compare();
                    branch(fusedCondition(), insn.immediate2);
                } else if (known()) {
                    done();
                    go(offset, -1);
                } else {
                    callGeneral();
                    done();
                    code.loadConstant(RegionConstants.CPU).getfield(CPU_CLASS, "rip", J);
                    code.lstore(A).goto_(left);
                }
            }
        }
    }

    /** Counts the instructions of the part. */
    private void done() {
        code.iinc(DONE, parts.get(current).count());
    }

    private int fusedCondition() {
        return switch ((insn.op - FUSED) % 3) {
            case E -> 4;
            case NE -> 5;
            default -> insn.vvvv;
        };
    }

    private void branch(int condition, int displacement) {
        Label not = code.newLabel();
        done();
        holds(condition);
        code.ifeq(not);
        go(offset + displacement, insn.addressMask);
        code.labelBinding(not);
        go(offset, insn.addressMask);
    }

    private void call(int width) {
        push(width, () -> code.lload(START).loadConstant((long) offset).ladd());
        int target = offset + (int) insn.immediate;
        long mask = width == 32 ? LOW : -1;
        leaveIfDropped(parts.get(current).count(), target, mask);
        done();
        go(target, mask);
    }

    private void ret(int width) {
        top(width);
        if (width == 64) {
            code.loadConstant(RegionConstants.CPU).lload(A);
            code.invokestatic(HOT_CLASS, "checkReturn", MethodTypeDesc.of(V, CPU_CLASS, J));
        }
        release(width);
        done();
        for (Part caller : parts) {
            boolean calls = caller.last().op == CALL_64 || caller.last().op == CALL_32;
            if (calls && part(caller.end()) != NOT_HERE) {
                Label other = code.newLabel();
                code.lload(A).lload(START).loadConstant((long) caller.end()).ladd();
                code.lcmp().ifne(other);
                go(caller.end(), -1);
                code.labelBinding(other);
            }
        }
        code.goto_(exit);
    }

    /** Goes to {@code target}, a distance from the start, in the region or out of it. */
    private void go(int target, long mask) {
        int part = part(target);
        if (part > current) {
            code.goto_(labels[part]);
            return;
        }
        if (part != NOT_HERE) {
            code.iinc(COUNT, 1).iload(COUNT).iload(MOST).if_icmplt(labels[part]);
        }
        leaveFor(target, mask);
    }

    private int part(int target) {
        for (int p = 0; p < labels.length; p++) {
            if (parts.get(p).offset() == target) {
                return p;
            }
        }
        return NOT_HERE;
    }

    private void leaveFor(int target, long mask) {
        code.lload(START).loadConstant((long) target).ladd();
        mask(mask);
        code.lstore(A).goto_(exit);
    }
}
