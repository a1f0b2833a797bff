package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/**
 * Delivery of exceptions and interrupts through the interrupt vector table or the IDT, SDM volume 3
 * chapter 6.
 */
public final class Interrupts {
    /** Where an event comes from: decides about the EXT bit, privilege check and RF. */
    private static final int SOFTWARE = 0, EXTERNAL = 1, FAULT = 2, TRAP = 3;

    private static final long CLEARED = Cpu.FLAG_TF | Cpu.FLAG_NT | Cpu.FLAG_RF | Cpu.FLAG_VM;

    /**
     * A benign exception in the delivery of a benign one, such as #AC in #AC, is delivered again
     * and again by the letter of the manual; hosts have been stopped with that (CVE-2015-5307).
     */
    private static final int ATTEMPTS = 16;

    private Interrupts() {}

    /**
     * Delivers an exception; {@link Cpu#rip} is the faulting instruction (for a trap, the next
     * one). A fault on the way makes a double fault or is delivered instead, SDM 3 table 6-5; after
     * a fault in the double fault the processor is in shutdown.
     */
    public static void exception(Cpu cpu, GuestFault fault) {
        deliverOrDouble(cpu, fault.vector(), fault.errorCode(), FAULT);
    }

    /** Bit of DR6: single step. */
    public static final int SINGLE_STEP = 1 << 14;

    /**
     * Delivers the debug exception of a single step or of breakpoints on data; {@link Cpu#rip} is
     * the next instruction, {@code reasons} are bits of DR6.
     */
    public static void debugTrap(Cpu cpu, int reasons) {
        DebugRegisters.noted(cpu, reasons);
        deliverOrDouble(cpu, Cpu.DB, -1, TRAP);
    }

    /** Delivers the debug exception of a breakpoint on the instruction at {@link Cpu#rip}. */
    public static void debugFault(Cpu cpu, int reasons) {
        DebugRegisters.noted(cpu, reasons);
        deliverOrDouble(cpu, Cpu.DB, -1, FAULT);
    }

    /** Delivers the debug exception of a task switch to a TSS with its T bit set. */
    static void taskTrap(Cpu cpu) {
        DebugRegisters.noted(cpu, 1 << 15);
        deliverOrDouble(cpu, Cpu.DB, -1, TRAP);
    }

    /** Delivers interrupt {@code vector} of the interrupt controller. */
    public static void external(Cpu cpu, int vector) {
        cpu.halted = false;
        deliverOrDouble(cpu, vector, -1, EXTERNAL);
    }

    /** Delivers a non-maskable interrupt; others are held off until IRET. */
    public static void nonMaskable(Cpu cpu) {
        cpu.halted = false;
        cpu.nmiBlocked = true;
        deliverOrDouble(cpu, Cpu.NMI, -1, EXTERNAL);
    }

    /** INT n, INT3, INTO: faults are thrown; {@link Cpu#rip} is the next instruction. */
    static void software(Cpu cpu, int vector) {
        deliver(cpu, vector, -1, SOFTWARE);
    }

    /** INT1: no privilege check. */
    static void debugTrap(Cpu cpu) {
        deliver(cpu, Cpu.DB, -1, TRAP);
    }

    private static void deliverOrDouble(Cpu cpu, int vector, int errorCode, int source) {
        int first = vector;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                deliver(cpu, first, errorCode, source);
                return;
            } catch (GuestFault second) {
                if (first == Cpu.DF && source == FAULT) {
                    cpu.shutdown = true;
                    return;
                }
                boolean doubled = source == FAULT && doubles(first, second.vector());
                first = doubled ? Cpu.DF : second.vector();
                errorCode = doubled ? 0 : second.errorCode();
                source = FAULT;
            }
        }
        cpu.shutdown = true;
    }

    private static boolean doubles(int first, int second) {
        return contributory(first) && contributory(second)
                || first == Cpu.PF && (second == Cpu.PF || contributory(second));
    }

    private static boolean contributory(int vector) {
        return vector == Cpu.DE || vector >= Cpu.TS && vector <= Cpu.GP;
    }

    private static void deliver(Cpu cpu, int vector, int errorCode, int source) {
        cpu.interruptShadow = false;
        if ((cpu.cr0 & Cpu.CR0_PE) == 0) {
            real(cpu, vector);
        } else if ((cpu.efer & Cpu.EFER_LMA) != 0) {
            longMode(cpu, vector, errorCode, source);
        } else {
            protectedMode(cpu, vector, errorCode, source);
        }
    }

    private static void real(Cpu cpu, int vector) {
        if (vector * 4 + 3 > cpu.idtLimit) {
            throw cpu.protection();
        }
        long entry = cpu.mmu.loadSystem(cpu.idtBase + vector * 4L, 4);
        long flags = cpu.flags();
        long sp = StackFrame.push(cpu, cpu.gpr[Cpu.RSP], 2, flags);
        sp = StackFrame.push(cpu, sp, 2, cpu.segmentSelector[Cpu.CS]);
        sp = StackFrame.push(cpu, sp, 2, cpu.rip);
        StackFrame.pointer(cpu, sp);
        cpu.flags(flags & ~(Cpu.FLAG_IF | Cpu.FLAG_TF | Cpu.FLAG_AC | Cpu.FLAG_RF));
        SegmentLoad.real(cpu, Cpu.CS, (int) (entry >>> 16));
        cpu.rip = entry & 0xffff;
    }

    /** Error code of a fault that concerns the IDT entry, SDM 3 section 6.13. */
    private static RuntimeException gateFault(Cpu cpu, int fault, int vector, int source) {
        return cpu.fault(fault, vector << 3 | 2 | externalBit(source));
    }

    private static int externalBit(int source) {
        return source == SOFTWARE ? 0 : 1;
    }

    private static void checkGate(Cpu cpu, long gate, int vector, int source, boolean type) {
        if (!type || source == SOFTWARE && Descriptor.dpl(gate) < cpu.cpl) {
            throw gateFault(cpu, Cpu.GP, vector, source);
        }
        if (!Descriptor.present(gate)) {
            throw gateFault(cpu, Cpu.NP, vector, source);
        }
    }

    /** The code segment of a gate. */
    private static long handler(Cpu cpu, int selector, int external) {
        if (Descriptor.nullSelector(selector)) {
            throw cpu.fault(Cpu.GP, external);
        }
        long code = Descriptor.load(cpu, selector, Cpu.GP, external);
        SegmentLoad.checkCode(cpu, selector, code, Descriptor.dpl(code) <= cpu.cpl, external);
        return code;
    }

    private static long savedFlags(Cpu cpu, int source, int vector) {
        long flags = cpu.flags();
        return source == FAULT && vector != Cpu.DB ? flags | Cpu.FLAG_RF : flags;
    }

    // Long mode, SDM 3 section 6.14

    private static void longMode(Cpu cpu, int vector, int errorCode, int source) {
        if (vector * 16 + 15 > cpu.idtLimit) {
            throw gateFault(cpu, Cpu.GP, vector, source);
        }
        long gate = cpu.mmu.loadSystem(cpu.idtBase + vector * 16L, 8);
        long upper = cpu.mmu.loadSystem(cpu.idtBase + vector * 16L + 8, 8);
        int type = Descriptor.type(gate);
        boolean known = type == Descriptor.INTERRUPT_GATE || type == Descriptor.TRAP_GATE;
        checkGate(cpu, gate, vector, source, known && Descriptor.system(gate));
        int external = externalBit(source);
        int selector = Descriptor.gateSelector(gate);
        long code = handler(cpu, selector, external);
        if (!Descriptor.long64(code)) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, external);
        }
        long rip = upper << 32 | Descriptor.gateOffset(gate);
        if (!cpu.canonical(rip)) {
            throw cpu.fault(Cpu.GP, external);
        }
        int level = Descriptor.conforming(code) ? cpu.cpl : Descriptor.dpl(code);
        int ist = (int) (gate >>> 32) & 7;
        boolean inner = level != cpu.cpl;
        long pointer;
        if (ist != 0) {
            pointer = TaskState.interruptStack(cpu, ist, external);
        } else {
            pointer = inner ? TaskState.stackPointer64(cpu, level, external) : cpu.gpr[Cpu.RSP];
        }
        Descriptor.markAccessed(cpu, selector, code);
        long flags = savedFlags(cpu, source, vector);
        long sp = frame64(cpu, level, pointer & -16, flags, errorCode, external);
        cpu.gpr[Cpu.RSP] = sp;
        SegmentLoad.commitMarkedCode(cpu, selector, code, level);
        if (inner) {
            SegmentLoad.none(cpu, Cpu.SS, level);
        }
        enter(cpu, type, rip);
    }

    /** Writes the frame of long mode and returns its address. */
    private static long frame64(
            Cpu cpu, int level, long pointer, long flags, int errorCode, int external) {
        int bytes = errorCode >= 0 ? 48 : 40;
        long sp = pointer - bytes;
        if (!cpu.canonical(sp) || !cpu.canonical(pointer - 1)) {
            throw cpu.fault(Cpu.SS_FAULT, external);
        }
        cpu.mmu.probeAs(level, sp, bytes);
        long at = pointer - 8;
        cpu.mmu.storeAs(level, at, 8, cpu.segmentSelector[Cpu.SS]);
        cpu.mmu.storeAs(level, at - 8, 8, cpu.gpr[Cpu.RSP]);
        cpu.mmu.storeAs(level, at - 16, 8, flags);
        cpu.mmu.storeAs(level, at - 24, 8, cpu.segmentSelector[Cpu.CS]);
        cpu.mmu.storeAs(level, at - 32, 8, cpu.rip);
        if (errorCode >= 0) {
            cpu.mmu.storeAs(level, at - 40, 8, errorCode);
        }
        return sp;
    }

    private static void enter(Cpu cpu, int gateType, long rip) {
        boolean interruptGate = (gateType & 1) == 0;
        cpu.flags(cpu.flags() & ~(interruptGate ? CLEARED | Cpu.FLAG_IF : CLEARED));
        cpu.rip = rip;
    }

    // Protected and virtual-8086 mode, SDM 3 sections 6.12 and 20.3

    private static void protectedMode(Cpu cpu, int vector, int errorCode, int source) {
        if (vector * 8 + 7 > cpu.idtLimit) {
            throw gateFault(cpu, Cpu.GP, vector, source);
        }
        long gate = cpu.mmu.loadSystem(cpu.idtBase + vector * 8L, 8);
        int type = Descriptor.type(gate);
        boolean task = type == Descriptor.TASK_GATE;
        boolean known =
                task
                        || (type & 7) == Descriptor.INTERRUPT_GATE_16
                        || (type & 7) == Descriptor.TRAP_GATE_16;
        checkGate(cpu, gate, vector, source, known && Descriptor.system(gate));
        int external = externalBit(source);
        if (task) {
            TaskSwitch.interrupt(cpu, Descriptor.gateSelector(gate), errorCode, external);
            return;
        }
        int selector = Descriptor.gateSelector(gate);
        long code = handler(cpu, selector, external);
        int level = Descriptor.conforming(code) ? cpu.cpl : Descriptor.dpl(code);
        if (cpu.virtual8086() && level != 0) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, external);
        }
        long rip = Descriptor.gateOffset(gate);
        if (rip > Integer.toUnsignedLong(Descriptor.limit(code))) {
            throw cpu.fault(Cpu.GP, external);
        }
        Descriptor.markAccessed(cpu, selector, code);
        int size = (type & 8) != 0 ? 4 : 2;
        long flags = savedFlags(cpu, source, vector);
        if (level == cpu.cpl) {
            sameLevel(cpu, size, flags, errorCode);
        } else {
            innerLevel(cpu, level, size, flags, errorCode, external);
        }
        SegmentLoad.commitMarkedCode(cpu, selector, code, level);
        enter(cpu, type, rip);
    }

    private static void sameLevel(Cpu cpu, int size, long flags, int errorCode) {
        long sp = StackFrame.push(cpu, cpu.gpr[Cpu.RSP], size, flags);
        sp = StackFrame.push(cpu, sp, size, cpu.segmentSelector[Cpu.CS]);
        sp = StackFrame.push(cpu, sp, size, cpu.rip);
        if (errorCode >= 0) {
            sp = StackFrame.push(cpu, sp, size, errorCode);
        }
        StackFrame.pointer(cpu, sp);
    }

    private static void innerLevel(
            Cpu cpu, int level, int size, long flags, int errorCode, int external) {
        int selector = TaskState.stackSelector(cpu, level, external);
        long pointer = TaskState.stackPointer(cpu, level, external);
        long stack = SegmentLoad.checkStack(cpu, selector, level, Cpu.TS, external);
        boolean virtual = cpu.virtual8086();
        InnerStack frame = new InnerStack(cpu, level, stack, pointer);
        frame.reserve(size * (virtual ? 10 : 6), selector, external);
        if (virtual) {
            frame.push(size, cpu.segmentSelector[Cpu.GS]);
            frame.push(size, cpu.segmentSelector[Cpu.FS]);
            frame.push(size, cpu.segmentSelector[Cpu.DS]);
            frame.push(size, cpu.segmentSelector[Cpu.ES]);
        }
        frame.push(size, cpu.segmentSelector[Cpu.SS]);
        frame.push(size, cpu.gpr[Cpu.RSP]);
        frame.push(size, flags);
        frame.push(size, cpu.segmentSelector[Cpu.CS]);
        frame.push(size, cpu.rip);
        if (errorCode >= 0) {
            frame.push(size, errorCode);
        }
        if (virtual) {
            cpu.flags(cpu.flags() & ~Cpu.FLAG_VM);
            SegmentLoad.none(cpu, Cpu.ES, 0);
            SegmentLoad.none(cpu, Cpu.DS, 0);
            SegmentLoad.none(cpu, Cpu.FS, 0);
            SegmentLoad.none(cpu, Cpu.GS, 0);
        }
        frame.commit(selector);
    }
}
