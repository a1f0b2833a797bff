package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** IRET in all its forms, SDM volume 2. */
final class InterruptReturn {
    private static final long ARITHMETIC_AND_DF_TF =
            Cpu.ARITHMETIC_FLAGS | Cpu.FLAG_TF | Cpu.FLAG_DF | Cpu.FLAG_NT;

    /** Beyond 16 bits; RF is taken over only where there are breakpoints: nothing else sees it. */
    private static final long WIDE = Cpu.FLAG_AC | Cpu.FLAG_ID;

    private static final long VIRTUAL_INTERRUPT = Cpu.FLAG_VIF | Cpu.FLAG_VIP;

    static final long DEFINED = 0x3f_7fd7;

    private InterruptReturn() {}

    static void iret(Cpu cpu, int size) {
        cpu.nmiBlocked = false; // also if it faults, SDM volume 3 section 6.7.1
        if ((cpu.cr0 & Cpu.CR0_PE) == 0) {
            real(cpu, size);
        } else if (cpu.virtual8086()) {
            if ((cpu.rflags & Cpu.FLAG_IOPL) != Cpu.FLAG_IOPL) {
                throw cpu.protection();
            }
            real(cpu, size);
        } else if ((cpu.rflags & Cpu.FLAG_NT) != 0) {
            if ((cpu.efer & Cpu.EFER_LMA) != 0) {
                throw cpu.protection();
            }
            TaskSwitch.back(cpu);
        } else {
            protectedMode(cpu, size);
        }
    }

    private static void real(Cpu cpu, int size) {
        long rip = StackFrame.peek(cpu, 0, size);
        int selector = (int) StackFrame.peek(cpu, 1, size) & 0xffff;
        long flags = StackFrame.peek(cpu, 2, size);
        if (rip > Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS])) {
            throw cpu.protection();
        }
        StackFrame.drop(cpu, 3L * size);
        SegmentLoad.real(cpu, Cpu.CS, selector);
        long mask = ARITHMETIC_AND_DF_TF | Cpu.FLAG_IF;
        if (!cpu.virtual8086()) {
            mask |= Cpu.FLAG_IOPL;
        }
        setFlags(cpu, flags, size == 2 ? mask : mask | wide(cpu));
        cpu.rip = rip;
    }

    private static long wide(Cpu cpu) {
        return cpu.breakpoints.armed ? WIDE | Cpu.FLAG_RF : WIDE;
    }

    private static void setFlags(Cpu cpu, long value, long mask) {
        cpu.flags(cpu.flags() & ~mask & ~Cpu.FLAG_RF | value & mask);
    }

    private static void protectedMode(Cpu cpu, int size) {
        long rip = StackFrame.peek(cpu, 0, size);
        int selector = (int) StackFrame.peek(cpu, 1, size) & 0xffff;
        long flags = StackFrame.peek(cpu, 2, size);
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        if ((flags & Cpu.FLAG_VM) != 0 && size == 4 && cpu.cpl == 0 && !longMode) {
            toVirtual8086(cpu, rip, selector, flags);
            return;
        }
        if (Descriptor.nullSelector(selector)) {
            throw cpu.protection();
        }
        long code = Descriptor.load(cpu, selector, Cpu.GP, 0);
        SegmentLoad.checkReturn(cpu, selector, code);
        SegmentLoad.checkTarget(cpu, code, rip);
        int level = selector & 3;
        long mask = ARITHMETIC_AND_DF_TF;
        if (cpu.cpl <= ((int) cpu.rflags >> 12 & 3)) {
            mask |= Cpu.FLAG_IF;
        }
        if (size > 2) {
            mask |= wide(cpu);
        }
        if (cpu.cpl == 0) {
            mask |= size > 2 ? Cpu.FLAG_IOPL | VIRTUAL_INTERRUPT : Cpu.FLAG_IOPL;
        }
        if (cpu.longMode() || level != cpu.cpl) {
            long sp = StackFrame.peek(cpu, 3, size);
            int stackSelector = (int) StackFrame.peek(cpu, 4, size) & 0xffff;
            FarTransfer.outer(cpu, selector, code, stackSelector, sp, 0);
        } else {
            SegmentLoad.commitCode(cpu, selector, code, level);
            StackFrame.drop(cpu, 3L * size);
        }
        setFlags(cpu, flags, mask);
        cpu.rip = rip;
    }

    private static void toVirtual8086(Cpu cpu, long rip, int selector, long flags) {
        long sp = StackFrame.peek(cpu, 3, 4);
        int ss = (int) StackFrame.peek(cpu, 4, 4);
        int es = (int) StackFrame.peek(cpu, 5, 4);
        int ds = (int) StackFrame.peek(cpu, 6, 4);
        int fs = (int) StackFrame.peek(cpu, 7, 4);
        int gs = (int) StackFrame.peek(cpu, 8, 4);
        if ((rip & 0xffff_0000L) != 0) {
            throw cpu.protection();
        }
        setFlags(cpu, flags, DEFINED & ~Cpu.FLAG_RF | wide(cpu));
        cpu.privilege(3);
        SegmentLoad.real(cpu, Cpu.CS, selector);
        SegmentLoad.real(cpu, Cpu.SS, ss);
        SegmentLoad.real(cpu, Cpu.ES, es);
        SegmentLoad.real(cpu, Cpu.DS, ds);
        SegmentLoad.real(cpu, Cpu.FS, fs);
        SegmentLoad.real(cpu, Cpu.GS, gs);
        cpu.gpr[Cpu.RSP] = sp;
        cpu.rip = rip;
    }
}
