package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/**
 * Hardware task switches, SDM volume 3 section 8.3; outside long mode only. What is wrong with the
 * new task's segments is a fault in the new task.
 */
final class TaskSwitch {
    /** Why the task is switched. */
    static final int JUMP = 0, CALL = 1, INTERRUPT = 2, RETURN = 3;

    private static final int[] SEGMENTS = {
        Cpu.ES, Cpu.CS, Cpu.SS, Cpu.DS, Cpu.FS, Cpu.GS,
    };
    private static final int CR3 = 0x1c, IP = 0x20, LDT = 0x60, TRAP = 0x64;
    private static final int IP_16 = 0x0e, LDT_16 = 0x2a;

    private static final int NESTED_MAX = 8;

    private TaskSwitch() {}

    /** JMP or CALL to a checked TSS or task gate. */
    static void direct(Cpu cpu, int selector, long descriptor, int reason) {
        if (Descriptor.type(descriptor) == Descriptor.TASK_GATE) {
            int task = Descriptor.gateSelector(descriptor);
            switchTo(cpu, task, available(cpu, task, 0), reason, 0);
        } else {
            switchTo(cpu, selector, descriptor, reason, 0);
        }
    }

    /** An interrupt or exception through a task gate; {@code errorCode} is -1 for none. */
    static void interrupt(Cpu cpu, int task, int errorCode, int external) {
        long descriptor = available(cpu, task, external);
        switchTo(cpu, task, descriptor, INTERRUPT, external);
        if (errorCode >= 0 && !cpu.shutdown) {
            int size = wide(descriptor) ? 4 : 2;
            long sp = StackFrame.push(cpu, cpu.gpr[Cpu.RSP], size, errorCode);
            StackFrame.pointer(cpu, sp);
        }
    }

    /** IRET with NT set: back to the task that the current one was called from. */
    static void back(Cpu cpu) {
        int task = (int) cpu.mmu.loadSystem(cpu.segmentBase[Cpu.TR], 2);
        if ((task & 4) != 0 || Descriptor.nullSelector(task)) {
            throw Descriptor.fault(cpu, Cpu.TS, task, 0);
        }
        long descriptor = Descriptor.load(cpu, task, Cpu.TS, 0);
        int type = Descriptor.type(descriptor) & ~8;
        if (!Descriptor.system(descriptor) || type != (Descriptor.TSS_16 | Descriptor.BUSY)) {
            throw Descriptor.fault(cpu, Cpu.TS, task, 0);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, task, 0);
        }
        switchTo(cpu, task, descriptor, RETURN, 0);
    }

    private static long available(Cpu cpu, int task, int external) {
        if ((task & 4) != 0 || Descriptor.nullSelector(task)) {
            throw Descriptor.fault(cpu, Cpu.GP, task, external);
        }
        long descriptor = Descriptor.load(cpu, task, Cpu.GP, external);
        int type = Descriptor.type(descriptor) & ~8;
        if (!Descriptor.system(descriptor) || type != Descriptor.TSS_16) {
            throw Descriptor.fault(cpu, Cpu.GP, task, external);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, task, external);
        }
        return descriptor;
    }

    private static boolean wide(long descriptor) {
        return (Descriptor.type(descriptor) & 8) != 0;
    }

    private static void switchTo(Cpu cpu, int task, long descriptor, int reason, int external) {
        boolean wide = wide(descriptor);
        int least = wide ? 0x67 : 0x2b;
        if (Integer.compareUnsigned(Descriptor.limit(descriptor), least) < 0) {
            throw Descriptor.fault(cpu, Cpu.TS, task, external);
        }
        // Everything that can fault in the old task comes before the first change.
        long next = Descriptor.base(descriptor);
        cpu.mmu.probeSystem(next, least + 1);
        boolean oldWide = (cpu.segmentAccess[Cpu.TR] & 8) != 0;
        cpu.mmu.probeSystem(cpu.segmentBase[Cpu.TR], oldWide ? 0x68 : 0x2c);

        long flags = cpu.flags();
        save(cpu, oldWide, reason == RETURN ? flags & ~Cpu.FLAG_NT : flags);
        int previous = cpu.segmentSelector[Cpu.TR];
        if (reason == JUMP || reason == RETURN) {
            long old = Descriptor.load(cpu, previous, Cpu.TS, external);
            Descriptor.storeType(cpu, previous, old & ~((long) Descriptor.BUSY << 40));
        }
        boolean nested = reason == CALL || reason == INTERRUPT;
        if (nested) {
            cpu.mmu.storeSystem(next, 2, previous);
        }
        long busy = descriptor | (long) Descriptor.BUSY << 40;
        Descriptor.storeType(cpu, task, busy);
        cpu.segment(Cpu.TR, task, next, Descriptor.limit(descriptor), Descriptor.access(busy));
        load(cpu, wide, nested, external);
    }

    private static void save(Cpu cpu, boolean wide, long flags) {
        int size = wide ? 4 : 2;
        int at = wide ? IP : IP_16;
        at = save(cpu, at, size, cpu.rip);
        at = save(cpu, at, size, flags);
        for (int r = Cpu.RAX; r <= Cpu.RDI; r++) {
            at = save(cpu, at, size, cpu.gpr[r]);
        }
        for (int k = 0; k < (wide ? 6 : 4); k++) {
            save(cpu, at, 2, cpu.segmentSelector[SEGMENTS[k]]);
            at += size;
        }
    }

    private static int save(Cpu cpu, int at, int size, long value) {
        cpu.mmu.storeSystem(cpu.segmentBase[Cpu.TR] + at, size, value);
        return at + size;
    }

    private static void load(Cpu cpu, boolean wide, boolean nested, int external) {
        long base = cpu.segmentBase[Cpu.TR];
        int size = wide ? 4 : 2;
        int at = wide ? IP : IP_16;
        long cr3 = wide ? cpu.mmu.loadSystem(base + CR3, 4) : cpu.cr3;
        int[] selectors = new int[8];
        long[] values = new long[10];
        for (int k = 0; k < values.length; k++) {
            values[k] = cpu.mmu.loadSystem(base + at, size);
            at += size;
        }
        for (int k = 0; k < (wide ? 6 : 4); k++) {
            selectors[SEGMENTS[k]] = (int) cpu.mmu.loadSystem(base + at, 2);
            at += size;
        }
        selectors[Cpu.LDTR] = (int) cpu.mmu.loadSystem(base + (wide ? LDT : LDT_16), 2);
        boolean trap = wide && (cpu.mmu.loadSystem(base + TRAP, 2) & 1) != 0;

        cpu.rip = values[0];
        long flags = values[1] & InterruptReturn.DEFINED;
        if (!cpu.breakpoints.armed) {
            flags &= ~(long) Cpu.FLAG_RF;
        }
        cpu.flags(nested ? flags | Cpu.FLAG_NT : flags);
        System.arraycopy(values, 2, cpu.gpr, Cpu.RAX, 8);
        cpu.cr0 |= Cpu.CR0_TS;
        cpu.breakpoints.taskSwitched();
        if (wide && (cpu.cr0 & Cpu.CR0_PG) != 0 && cr3 != cpu.cr3) {
            cpu.cr3 = cr3;
            cpu.mmu.flushNonGlobal();
        }
        try {
            loadSegments(cpu, selectors, external);
        } catch (GuestFault fault) {
            inNewTask(cpu, fault);
            return;
        }
        if (trap) {
            Interrupts.taskTrap(cpu);
        }
    }

    /**
     * A fault of the new task may lead to a task gate again. Hostile tables could go on like that
     * for ever; nobody's own tables do.
     */
    private static void inNewTask(Cpu cpu, GuestFault fault) {
        if (cpu.nestedTasks == NESTED_MAX) {
            cpu.shutdown = true;
            return;
        }
        cpu.nestedTasks++;
        Interrupts.exception(cpu, fault);
        cpu.nestedTasks--;
    }

    private static void loadSegments(Cpu cpu, int[] selectors, int external) {
        for (int segment = Cpu.ES; segment <= Cpu.LDTR; segment++) {
            SegmentLoad.none(cpu, segment, selectors[segment]);
        }
        if (cpu.virtual8086()) {
            cpu.privilege(3);
            for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
                SegmentLoad.real(cpu, segment, selectors[segment]);
            }
            loadLocalTable(cpu, selectors[Cpu.LDTR], external);
            return;
        }
        loadLocalTable(cpu, selectors[Cpu.LDTR], external);
        loadCode(cpu, selectors[Cpu.CS], external);
        int ss = selectors[Cpu.SS];
        SegmentLoad.commit(
                cpu, Cpu.SS, ss, SegmentLoad.checkStack(cpu, ss, cpu.cpl, Cpu.TS, external));
        SegmentLoad.data(cpu, Cpu.ES, selectors[Cpu.ES], Cpu.TS, external);
        SegmentLoad.data(cpu, Cpu.DS, selectors[Cpu.DS], Cpu.TS, external);
        SegmentLoad.data(cpu, Cpu.FS, selectors[Cpu.FS], Cpu.TS, external);
        SegmentLoad.data(cpu, Cpu.GS, selectors[Cpu.GS], Cpu.TS, external);
    }

    private static void loadLocalTable(Cpu cpu, int selector, int external) {
        if (Descriptor.nullSelector(selector)) {
            return;
        }
        if ((selector & 4) != 0) {
            throw Descriptor.fault(cpu, Cpu.TS, selector, external);
        }
        long descriptor = Descriptor.load(cpu, selector, Cpu.TS, external);
        if (!Descriptor.system(descriptor)
                || Descriptor.type(descriptor) != Descriptor.LDT
                || !Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.TS, selector, external);
        }
        cpu.segment(
                Cpu.LDTR,
                selector,
                Descriptor.base(descriptor),
                Descriptor.limit(descriptor),
                Descriptor.access(descriptor));
    }

    private static void loadCode(Cpu cpu, int selector, int external) {
        if (Descriptor.nullSelector(selector)) {
            throw cpu.fault(Cpu.TS, external);
        }
        long code = Descriptor.load(cpu, selector, Cpu.TS, external);
        int level = selector & 3;
        int dpl = Descriptor.dpl(code);
        if (!Descriptor.code(code) || (Descriptor.conforming(code) ? dpl > level : dpl != level)) {
            throw Descriptor.fault(cpu, Cpu.TS, selector, external);
        }
        if (!Descriptor.present(code)) {
            throw Descriptor.fault(cpu, Cpu.NP, selector, external);
        }
        SegmentLoad.commitCode(cpu, selector, code, level);
        if (cpu.rip > Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS])) {
            throw cpu.fault(Cpu.GP, external);
        }
    }
}
