package vmm.cpu.mmu;

import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/** Checks of a segment's type and limit, SDM volume 3 sections 5.3 and 5.5. */
final class SegmentCheck {
    private static final int CODE = 8,
            EXPAND_DOWN = 4,
            READABLE_OR_WRITABLE = 2,
            BIG = 1 << 14,
            UNUSABLE = 1 << 16;

    private final Cpu cpu;

    SegmentCheck(Cpu cpu) {
        this.cpu = cpu;
    }

    /** Whether accesses below 4 GiB through {@code segment} cannot fail outside 64-bit mode. */
    boolean flat(int segment, boolean write) {
        return typeAllows(segment, write)
                && cpu.segmentLimit[segment] == -1
                && !expandsDown(cpu.segmentAccess[segment]);
    }

    /** Throws what the access must fail with. */
    void check(int segment, long offset, int size, boolean write) {
        if (!allows(segment, offset, size, write)) {
            throw fault(segment);
        }
    }

    boolean allows(int segment, long offset, int size, boolean write) {
        if (cpu.longMode()) {
            long linear = cpu.segmentBase[segment] + offset;
            return cpu.canonical(linear) && cpu.canonical(linear + size - 1);
        }
        if (!typeAllows(segment, write)) {
            return false;
        }
        long limit = Integer.toUnsignedLong(cpu.segmentLimit[segment]);
        long last = offset + size - 1;
        int access = cpu.segmentAccess[segment];
        if (expandsDown(access)) {
            return offset > limit && last <= ((access & BIG) != 0 ? 0xffff_ffffL : 0xffffL);
        }
        return last <= limit && offset >= 0;
    }

    private boolean typeAllows(int segment, boolean write) {
        int access = cpu.segmentAccess[segment];
        if ((access & UNUSABLE) != 0) {
            return false;
        }
        if ((cpu.cr0 & Cpu.CR0_PE) == 0) {
            return true; // real mode knows no types, SDM 3 section 20.1.2
        }
        boolean code = (access & CODE) != 0;
        boolean more = (access & READABLE_OR_WRITABLE) != 0;
        return write ? more && !code : more || !code;
    }

    private static boolean expandsDown(int access) {
        return (access & (CODE | EXPAND_DOWN)) == EXPAND_DOWN;
    }

    GuestFault fault(int segment) {
        return cpu.fault(segment == Cpu.SS ? Cpu.SS_FAULT : Cpu.GP, 0);
    }
}
