package vmm.cpu.exec;

import vmm.cpu.Cpu;

/**
 * The stack that a call gate or an interrupt switches to. It is written with the rights of its own
 * level before SS:RSP are changed, so that a fault leaves the processor as it was.
 */
final class InnerStack {
    private final Cpu cpu;
    private final int level;
    private final long descriptor;
    private final long mask;
    private long pointer;

    /**
     * Stack of {@code level} at {@code pointer} in the segment {@code descriptor}, which is ignored
     * in long mode.
     */
    InnerStack(Cpu cpu, int level, long descriptor, long pointer) {
        this.cpu = cpu;
        this.level = level;
        this.descriptor = descriptor;
        if ((cpu.efer & Cpu.EFER_LMA) != 0) {
            mask = -1;
        } else {
            mask = Descriptor.big(descriptor) ? 0xffff_ffffL : 0xffff;
        }
        this.pointer = pointer & mask;
    }

    /** #SS with {@code selector} unless there is room for {@code bytes}; page faults too. */
    void reserve(int bytes, int selector, int external) {
        long lowest = pointer - bytes & mask;
        boolean fits =
                mask == -1
                        ? cpu.canonical(lowest) && cpu.canonical(pointer - 1)
                        : fits(lowest, bytes);
        if (!fits) {
            throw Descriptor.fault(cpu, Cpu.SS_FAULT, selector, external);
        }
        cpu.mmu.probeAs(level, linear(lowest), bytes);
        if (mask != -1) {
            Descriptor.markAccessed(cpu, selector, descriptor);
        }
    }

    private boolean fits(long lowest, int bytes) {
        long last = lowest + bytes - 1;
        long limit = Integer.toUnsignedLong(Descriptor.limit(descriptor));
        boolean expandsDown = (Descriptor.type(descriptor) & 4) != 0;
        return expandsDown ? lowest > limit && last <= mask : last <= limit;
    }

    private long linear(long offset) {
        return mask == -1 ? offset : Descriptor.base(descriptor) + offset & 0xffff_ffffL;
    }

    void push(int size, long value) {
        pointer = pointer - size & mask;
        cpu.mmu.storeAs(level, linear(pointer), size, value);
    }

    /**
     * Changes SS:RSP, which cannot fault after {@link #reserve}; in long mode SS becomes null with
     * the level as its RPL.
     */
    void commit(int selector) {
        if (mask == -1) {
            SegmentLoad.none(cpu, Cpu.SS, selector);
            cpu.gpr[Cpu.RSP] = pointer;
            return;
        }
        SegmentLoad.commitMarked(cpu, Cpu.SS, selector, descriptor);
        StackFrame.pointer(cpu, pointer);
    }
}
