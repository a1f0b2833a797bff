package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.SystemRows;

/** Instructions that look at selectors, and LDTR and TR: SDM volume 3 sections 2.8 and 5.10. */
final class Selectors {
    /** Parts of a descriptor's second half that LAR shows. */
    private static final long LAR_MASK = 0x00f0_ff00L;

    private Selectors() {}

    static void execute(Cpu cpu, Insn i) {
        if (!cpu.protectedMode()) {
            throw cpu.undefined();
        }
        switch (i.op) {
            case SystemRows.LAR -> lar(cpu, i);
            case SystemRows.LSL -> lsl(cpu, i);
            case SystemRows.VERR -> verify(cpu, i, false);
            case SystemRows.VERW -> verify(cpu, i, true);
            case SystemRows.ARPL -> arpl(cpu, i);
            case SystemRows.LLDT -> lldt(cpu, i);
            case SystemRows.LTR -> ltr(cpu, i);
            case SystemRows.SLDT -> store(cpu, i, Cpu.LDTR);
            case SystemRows.STR -> store(cpu, i, Cpu.TR);
            default -> throw cpu.undefined();
        }
    }

    private static void zero(Cpu cpu, boolean set) {
        long flags = cpu.flags();
        cpu.flags(set ? flags | Cpu.FLAG_ZF : flags & ~(long) Cpu.FLAG_ZF);
    }

    /** The descriptor that a selector names, or 0, which is not valid for any use. */
    private static long look(Cpu cpu, int selector) {
        if (Descriptor.nullSelector(selector) || !Descriptor.exists(cpu, selector)) {
            return 0;
        }
        return Descriptor.load(cpu, selector, Cpu.GP, 0);
    }

    private static boolean visible(Cpu cpu, int selector, long descriptor) {
        return Descriptor.conforming(descriptor)
                || Math.max(cpu.cpl, selector & 3) <= Descriptor.dpl(descriptor);
    }

    private static boolean larType(Cpu cpu, long descriptor) {
        if (!Descriptor.system(descriptor)) {
            return true;
        }
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        return switch (Descriptor.type(descriptor)) {
            case Descriptor.LDT,
                    Descriptor.TSS,
                    Descriptor.TSS | Descriptor.BUSY,
                    Descriptor.CALL_GATE ->
                    true;
            case Descriptor.TSS_16,
                    Descriptor.TSS_16 | Descriptor.BUSY,
                    Descriptor.CALL_GATE_16,
                    Descriptor.TASK_GATE ->
                    !longMode;
            default -> false;
        };
    }

    private static void lar(Cpu cpu, Insn i) {
        int selector = (int) Operands.rm(cpu, i, 2);
        long descriptor = look(cpu, selector);
        boolean valid = larType(cpu, descriptor) && visible(cpu, selector, descriptor);
        if (valid) {
            Operands.setReg(cpu, i, descriptor >>> 32 & LAR_MASK);
        }
        zero(cpu, valid);
    }

    private static void lsl(Cpu cpu, Insn i) {
        int selector = (int) Operands.rm(cpu, i, 2);
        long descriptor = look(cpu, selector);
        int type = Descriptor.type(descriptor);
        boolean gate = type == Descriptor.CALL_GATE || type == Descriptor.CALL_GATE_16;
        boolean hasLimit =
                !Descriptor.system(descriptor)
                        || larType(cpu, descriptor) && !gate && type != Descriptor.TASK_GATE;
        boolean valid = hasLimit && visible(cpu, selector, descriptor);
        if (valid) {
            Operands.setReg(cpu, i, Integer.toUnsignedLong(Descriptor.limit(descriptor)));
        }
        zero(cpu, valid);
    }

    private static void verify(Cpu cpu, Insn i, boolean write) {
        int selector = (int) Operands.rm(cpu, i, 2);
        long descriptor = look(cpu, selector);
        boolean usable =
                write ? Descriptor.writableData(descriptor) : Descriptor.readable(descriptor);
        zero(cpu, usable && visible(cpu, selector, descriptor));
    }

    private static void arpl(Cpu cpu, Insn i) {
        int destination = (int) Operands.update(cpu, i);
        int level = (int) Operands.reg(cpu, i) & 3;
        boolean raise = (destination & 3) < level;
        if (raise) {
            Operands.setRm(cpu, i, destination & ~3 | level);
        }
        zero(cpu, raise);
    }

    private static void store(Cpu cpu, Insn i, int segment) {
        SystemControl.checkUserMode(cpu);
        int selector = cpu.segmentSelector[segment];
        if (i.memory) {
            cpu.mmu.store16(i.segment, cpu.effectiveAddress(i), selector);
        } else {
            Operands.setRegister(cpu, i, i.rm, i.size, selector);
        }
    }

    private static void lldt(Cpu cpu, Insn i) {
        SystemControl.checkSupervisor(cpu);
        int selector = (int) Operands.rm(cpu, i, 2);
        if (Descriptor.nullSelector(selector)) {
            SegmentLoad.none(cpu, Cpu.LDTR, selector);
            return;
        }
        long descriptor = table(cpu, selector, Descriptor.LDT, 0);
        load(cpu, Cpu.LDTR, selector, descriptor, base(cpu, selector, descriptor));
    }

    private static void ltr(Cpu cpu, Insn i) {
        SystemControl.checkSupervisor(cpu);
        int selector = (int) Operands.rm(cpu, i, 2);
        if (Descriptor.nullSelector(selector)) {
            throw cpu.protection();
        }
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        int other = longMode ? Descriptor.TSS : Descriptor.TSS_16;
        long descriptor = table(cpu, selector, Descriptor.TSS, other);
        long base = base(cpu, selector, descriptor);
        long busy = descriptor | (long) Descriptor.BUSY << 40;
        Descriptor.storeType(cpu, selector, busy);
        load(cpu, Cpu.TR, selector, busy, base);
    }

    /** A present system segment of one of two types in the GDT. */
    private static long table(Cpu cpu, int selector, int type, int other) {
        if ((selector & 4) != 0) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, 0);
        }
        long descriptor = Descriptor.load(cpu, selector, Cpu.GP, 0);
        int found = Descriptor.type(descriptor);
        if (!Descriptor.system(descriptor) || found != type && (found != other || other == 0)) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, 0);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, selector, 0);
        }
        return descriptor;
    }

    private static long base(Cpu cpu, int selector, long descriptor) {
        long base = Descriptor.base(descriptor);
        if ((cpu.efer & Cpu.EFER_LMA) != 0) {
            base |= Descriptor.loadUpper(cpu, selector) << 32;
            if (!cpu.canonicalBase(base)) {
                throw Descriptor.fault(cpu, Cpu.GP, selector, 0);
            }
        }
        return base;
    }

    private static void load(Cpu cpu, int segment, int selector, long descriptor, long base) {
        cpu.segment(
                segment,
                selector,
                base,
                Descriptor.limit(descriptor),
                Descriptor.access(descriptor));
    }
}
