package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** Loads of segment registers with the checks of SDM volume 3 sections 5.5 to 5.8. */
final class SegmentLoad {
    private static final int REAL_ACCESS = 0x93, VIRTUAL_ACCESS = 0xf3;

    private SegmentLoad() {}

    /** MOV, POP, LDS...: ES, SS, DS, FS or GS. */
    static void load(Cpu cpu, int segment, int selector) {
        if (!cpu.protectedMode()) {
            real(cpu, segment, selector);
        } else if (segment == Cpu.SS) {
            stack(cpu, selector);
        } else {
            data(cpu, segment, selector, Cpu.GP, 0);
        }
    }

    /** Loads without descriptors: real mode keeps the limit, virtual-8086 mode sets all. */
    static void real(Cpu cpu, int segment, int selector) {
        long base = (long) (selector & 0xffff) << 4;
        if (cpu.virtual8086()) {
            cpu.segment(segment, selector, base, 0xffff, VIRTUAL_ACCESS);
            return;
        }
        int access = cpu.segmentAccess[segment];
        boolean usable = (access & Cpu.ACCESS_UNUSABLE) == 0;
        int limit = usable ? cpu.segmentLimit[segment] : 0xffff;
        int size = usable ? access & 0xf000 & ~Cpu.ACCESS_LONG : 0;
        cpu.segment(segment, selector, base, limit, size | REAL_ACCESS);
    }

    /** Loads a data segment; {@code vector} is #GP, or #TS in a task switch. */
    static void data(Cpu cpu, int segment, int selector, int vector, int external) {
        if (Descriptor.nullSelector(selector)) {
            none(cpu, segment, selector);
            return;
        }
        long descriptor = Descriptor.load(cpu, selector, vector, external);
        boolean privileged =
                Descriptor.conforming(descriptor)
                        || Math.max(selector & 3, cpu.cpl) <= Descriptor.dpl(descriptor);
        if (!Descriptor.readable(descriptor) || !privileged) {
            throw Descriptor.fault(cpu, vector, selector, external);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, selector, external);
        }
        commit(cpu, segment, selector, descriptor);
    }

    private static void stack(Cpu cpu, int selector) {
        if (Descriptor.nullSelector(selector)) {
            if (!cpu.longMode() || cpu.cpl == 3 || (selector & 3) != cpu.cpl) {
                throw cpu.protection();
            }
            none(cpu, Cpu.SS, selector);
            return;
        }
        commit(cpu, Cpu.SS, selector, checkStack(cpu, selector, cpu.cpl, Cpu.GP, 0));
    }

    /** The descriptor of a stack for {@code level}; {@code vector} is #GP or #TS. */
    static long checkStack(Cpu cpu, int selector, int level, int vector, int external) {
        if (Descriptor.nullSelector(selector)) {
            throw cpu.fault(vector, external);
        }
        long descriptor = Descriptor.load(cpu, selector, vector, external);
        if ((selector & 3) != level
                || Descriptor.dpl(descriptor) != level
                || !Descriptor.writableData(descriptor)) {
            throw Descriptor.fault(cpu, vector, selector, external);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.SS_FAULT, selector, external);
        }
        return descriptor;
    }

    /** Loads a null selector: the segment becomes unusable, its DPL that of the selector. */
    static void none(Cpu cpu, int segment, int selector) {
        cpu.segment(segment, selector, 0, 0, Cpu.ACCESS_UNUSABLE | (selector & 3) << 5);
    }

    /** Loads a checked descriptor and marks it accessed. */
    static void commit(Cpu cpu, int segment, int selector, long descriptor) {
        Descriptor.markAccessed(cpu, selector, descriptor);
        commitMarked(cpu, segment, selector, descriptor);
    }

    /** {@link #commit} where the accessed bit has been seen to; cannot fault. */
    static void commitMarked(Cpu cpu, int segment, int selector, long descriptor) {
        cpu.segment(
                segment,
                selector,
                Descriptor.base(descriptor),
                Descriptor.limit(descriptor),
                Descriptor.access(descriptor) | 1);
    }

    /** Loads a checked code segment whose RPL becomes {@code level}, which becomes CPL. */
    static void commitCode(Cpu cpu, int selector, long descriptor, int level) {
        Descriptor.markAccessed(cpu, selector, descriptor);
        commitMarkedCode(cpu, selector, descriptor, level);
    }

    /** {@link #commitCode} where the accessed bit has been seen to; cannot fault. */
    static void commitMarkedCode(Cpu cpu, int selector, long descriptor, int level) {
        cpu.segment(
                Cpu.CS,
                selector & ~3 | level,
                Descriptor.base(descriptor),
                Descriptor.limit(descriptor),
                Descriptor.access(descriptor) | 1);
        if (level != cpu.cpl) {
            cpu.privilege(level);
        }
    }

    /** Loads a segment with fixed attributes (SYSCALL and its kin): flat, present, DPL given. */
    static void flat(Cpu cpu, int segment, int selector, int access) {
        cpu.segment(segment, selector, 0, -1, access);
    }

    /** After a return to an outer level: data segments of the inner one become null. */
    static void dropInner(Cpu cpu) {
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            if (segment == Cpu.CS || segment == Cpu.SS) {
                continue;
            }
            int access = cpu.segmentAccess[segment];
            boolean conforming = (access & 0x1c) == 0x1c;
            if ((access & Cpu.ACCESS_UNUSABLE) == 0 && !conforming && (access >> 5 & 3) < cpu.cpl) {
                none(cpu, segment, 0);
            }
        }
    }

    /**
     * Checks a code segment that JMP or CALL go to directly; the error is #GP or #NP with the
     * selector.
     */
    static void checkDirect(Cpu cpu, int selector, long descriptor) {
        int dpl = Descriptor.dpl(descriptor);
        boolean allowed =
                Descriptor.conforming(descriptor)
                        ? dpl <= cpu.cpl
                        : dpl == cpu.cpl && (selector & 3) <= cpu.cpl;
        checkCode(cpu, selector, descriptor, allowed, 0);
    }

    /** Checks the code segment of a return: its RPL becomes CPL. */
    static void checkReturn(Cpu cpu, int selector, long descriptor) {
        int level = selector & 3;
        int dpl = Descriptor.dpl(descriptor);
        boolean allowed =
                level >= cpu.cpl
                        && (Descriptor.conforming(descriptor) ? dpl <= level : dpl == level);
        checkCode(cpu, selector, descriptor, allowed, 0);
    }

    static void checkCode(Cpu cpu, int selector, long descriptor, boolean allowed, int external) {
        boolean contradictory =
                (cpu.efer & Cpu.EFER_LMA) != 0
                        && Descriptor.long64(descriptor)
                        && Descriptor.big(descriptor);
        if (!Descriptor.code(descriptor) || !allowed || contradictory) {
            throw Descriptor.fault(cpu, Cpu.GP, selector, external);
        }
        if (!Descriptor.present(descriptor)) {
            throw Descriptor.fault(cpu, Cpu.NP, selector, external);
        }
    }

    /** Whether a code segment runs 64-bit code. */
    static boolean runs64(Cpu cpu, long descriptor) {
        return (cpu.efer & Cpu.EFER_LMA) != 0 && Descriptor.long64(descriptor);
    }

    /** #GP(0) unless {@code rip} may be executed in the code segment {@code descriptor}. */
    static void checkTarget(Cpu cpu, long descriptor, long rip) {
        boolean fine =
                runs64(cpu, descriptor)
                        ? cpu.canonical(rip)
                        : rip >= 0 && rip <= Integer.toUnsignedLong(Descriptor.limit(descriptor));
        if (!fine) {
            throw cpu.protection();
        }
    }
}
