package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** Far JMP, CALL and RET, through call gates too: SDM volume 3 section 5.8. */
final class FarTransfer {
    private FarTransfer() {}

    // JMP

    /** JMP to {@code selector:offset}; {@code size} is the operand size. */
    static void jump(Cpu cpu, int selector, long offset, int size) {
        if (!cpu.protectedMode()) {
            realJump(cpu, selector, offset);
            return;
        }
        long descriptor = target(cpu, selector);
        if (Descriptor.system(descriptor)) {
            jumpSystem(cpu, selector, descriptor);
            return;
        }
        SegmentLoad.checkDirect(cpu, selector, descriptor);
        SegmentLoad.checkTarget(cpu, descriptor, offset);
        SegmentLoad.commitCode(cpu, selector, descriptor, cpu.cpl);
        cpu.rip = offset;
    }

    private static void realJump(Cpu cpu, int selector, long offset) {
        checkRealTarget(cpu, offset);
        SegmentLoad.real(cpu, Cpu.CS, selector);
        cpu.rip = offset;
    }

    private static void checkRealTarget(Cpu cpu, long offset) {
        if (offset < 0 || offset > Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS])) {
            throw cpu.protection();
        }
    }

    private static long target(Cpu cpu, int selector) {
        if (Descriptor.nullSelector(selector)) {
            throw cpu.protection();
        }
        return Descriptor.load(cpu, selector, Cpu.GP, 0);
    }

    private static void jumpSystem(Cpu cpu, int selector, long descriptor) {
        if (checkGate(cpu, selector, descriptor)) {
            TaskSwitch.direct(cpu, selector, descriptor, TaskSwitch.JUMP);
            return;
        }
        int codeSelector = Descriptor.gateSelector(descriptor);
        long code = target(cpu, codeSelector);
        boolean allowed =
                Descriptor.conforming(code)
                        ? Descriptor.dpl(code) <= cpu.cpl
                        : Descriptor.dpl(code) == cpu.cpl;
        long offset = gateTarget(cpu, selector, descriptor, codeSelector, code, allowed);
        SegmentLoad.checkTarget(cpu, code, offset);
        SegmentLoad.commitCode(cpu, codeSelector, code, cpu.cpl);
        cpu.rip = offset;
    }

    /** Checks a system descriptor that is jumped to; true if it is a task or task gate. */
    private static boolean checkGate(Cpu cpu, int selector, long descriptor) {
        int type = Descriptor.type(descriptor);
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        boolean callGate =
                type == Descriptor.CALL_GATE || type == Descriptor.CALL_GATE_16 && !longMode;
        boolean task =
                !longMode
                        && (type == Descriptor.TSS
                                || type == Descriptor.TSS_16
                                || type == Descriptor.TASK_GATE);
        boolean privileged = Math.max(cpu.cpl, selector & 3) <= Descriptor.dpl(descriptor);
        if (!callGate && !task || !privileged) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, 0);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, selector, 0);
        }
        return task;
    }

    /** Checks the code segment of a gate and returns the offset in it. */
    private static long gateTarget(
            Cpu cpu, int selector, long gate, int codeSelector, long code, boolean allowed) {
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        SegmentLoad.checkCode(
                cpu, codeSelector, code, allowed && (!longMode || Descriptor.long64(code)), 0);
        long offset = Descriptor.gateOffset(gate);
        return longMode ? Descriptor.loadUpper(cpu, selector) << 32 | offset : offset;
    }

    // CALL

    /** CALL of {@code selector:offset}; {@code size} is the operand size. */
    static void call(Cpu cpu, int selector, long offset, int size) {
        if (!cpu.protectedMode()) {
            checkRealTarget(cpu, offset);
            pushReturn(cpu, size);
            SegmentLoad.real(cpu, Cpu.CS, selector);
            cpu.rip = offset;
            return;
        }
        long descriptor = target(cpu, selector);
        if (Descriptor.system(descriptor)) {
            callSystem(cpu, selector, descriptor);
            return;
        }
        SegmentLoad.checkDirect(cpu, selector, descriptor);
        SegmentLoad.checkTarget(cpu, descriptor, offset);
        Descriptor.markAccessed(cpu, selector, descriptor);
        pushReturn(cpu, size);
        SegmentLoad.commitMarkedCode(cpu, selector, descriptor, cpu.cpl);
        cpu.rip = offset;
    }

    private static void pushReturn(Cpu cpu, int size) {
        long sp = StackFrame.push(cpu, cpu.gpr[Cpu.RSP], size, cpu.segmentSelector[Cpu.CS]);
        sp = StackFrame.push(cpu, sp, size, cpu.rip);
        StackFrame.pointer(cpu, sp);
    }

    private static void callSystem(Cpu cpu, int selector, long descriptor) {
        if (checkGate(cpu, selector, descriptor)) {
            TaskSwitch.direct(cpu, selector, descriptor, TaskSwitch.CALL);
            return;
        }
        int codeSelector = Descriptor.gateSelector(descriptor);
        long code = target(cpu, codeSelector);
        boolean allowed = Descriptor.dpl(code) <= cpu.cpl;
        long offset = gateTarget(cpu, selector, descriptor, codeSelector, code, allowed);
        SegmentLoad.checkTarget(cpu, code, offset);
        Descriptor.markAccessed(cpu, codeSelector, code);
        int level = Descriptor.conforming(code) ? cpu.cpl : Descriptor.dpl(code);
        if (level == cpu.cpl) {
            pushReturn(cpu, gateSize(cpu, descriptor));
        } else {
            callInner(cpu, descriptor, level);
        }
        SegmentLoad.commitMarkedCode(cpu, codeSelector, code, level);
        cpu.rip = offset;
    }

    private static int gateSize(Cpu cpu, long gate) {
        if ((cpu.efer & Cpu.EFER_LMA) != 0) {
            return 8;
        }
        return (Descriptor.type(gate) & 8) != 0 ? 4 : 2;
    }

    /** Switches to the stack of {@code level}: old SS:RSP, parameters, CS:RIP. */
    private static void callInner(Cpu cpu, long gate, int level) {
        int size = gateSize(cpu, gate);
        boolean longMode = size == 8;
        int count = longMode ? 0 : (int) (gate >>> 32) & 31;
        int newSelector = longMode ? level : TaskState.stackSelector(cpu, level, 0);
        long pointer =
                longMode
                        ? TaskState.stackPointer64(cpu, level, 0)
                        : TaskState.stackPointer(cpu, level, 0);
        long stack = longMode ? 0 : SegmentLoad.checkStack(cpu, newSelector, level, Cpu.TS, 0);
        InnerStack frame = new InnerStack(cpu, level, stack, pointer);
        frame.reserve((count + 4) * size, newSelector, 0);
        frame.push(size, cpu.segmentSelector[Cpu.SS]);
        frame.push(size, cpu.gpr[Cpu.RSP]);
        for (int k = count - 1; k >= 0; k--) {
            frame.push(size, StackFrame.peek(cpu, k, size));
        }
        frame.push(size, cpu.segmentSelector[Cpu.CS]);
        frame.push(size, cpu.rip);
        frame.commit(newSelector);
    }

    // RET

    /** RET far; {@code bytes} of parameters are dropped. */
    static void ret(Cpu cpu, int size, int bytes) {
        long rip = StackFrame.peek(cpu, 0, size);
        int selector = (int) StackFrame.peek(cpu, 1, size) & 0xffff;
        if (!cpu.protectedMode()) {
            checkRealTarget(cpu, rip);
            StackFrame.drop(cpu, 2L * size + bytes);
            SegmentLoad.real(cpu, Cpu.CS, selector);
            cpu.rip = rip;
            return;
        }
        long code = target(cpu, selector);
        SegmentLoad.checkReturn(cpu, selector, code);
        SegmentLoad.checkTarget(cpu, code, rip);
        int level = selector & 3;
        if (level == cpu.cpl) {
            SegmentLoad.commitCode(cpu, selector, code, level);
            StackFrame.drop(cpu, 2L * size + bytes);
        } else {
            retOuter(cpu, size, bytes, selector, code);
        }
        cpu.rip = rip;
    }

    private static void retOuter(Cpu cpu, int size, int bytes, int selector, long code) {
        long above = cpu.gpr[Cpu.RSP] + 2L * size + bytes;
        long sp = cpu.mmu.load(Cpu.SS, above & cpu.stackMask, size);
        int stackSelector = (int) cpu.mmu.load(Cpu.SS, above + size & cpu.stackMask, 2);
        outer(cpu, selector, code, stackSelector, sp, bytes);
    }

    /** The part of RET and IRET that changes CS and SS:RSP to an outer (or the same) level. */
    static void outer(Cpu cpu, int selector, long code, int stackSelector, long sp, int bytes) {
        int level = selector & 3;
        boolean noStack =
                Descriptor.nullSelector(stackSelector)
                        && SegmentLoad.runs64(cpu, code)
                        && level != 3
                        && (stackSelector & 3) == level;
        long stack = 0;
        if (!noStack) {
            stack = SegmentLoad.checkStack(cpu, stackSelector, level, Cpu.GP, 0);
            Descriptor.markAccessed(cpu, stackSelector, stack);
        }
        boolean outer = level != cpu.cpl;
        SegmentLoad.commitCode(cpu, selector, code, level);
        if (noStack) {
            SegmentLoad.none(cpu, Cpu.SS, stackSelector);
        } else {
            SegmentLoad.commitMarked(cpu, Cpu.SS, stackSelector, stack);
        }
        StackFrame.pointer(cpu, sp + bytes);
        if (outer) {
            SegmentLoad.dropInner(cpu);
        }
    }
}
