package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Which model-specific registers a guest may touch: those of the processor that we describe to it.
 * Any other is #GP(0), whatever KVM would do with it; so a register that a new kernel adds does not
 * become part of the machine by itself. KVM still judges what is written to the allowed ones.
 */
final class MsrFilter {
    private static final int READ = Abi.MSR_FILTER_READ;
    private static final int BOTH = Abi.MSR_FILTER_READ | Abi.MSR_FILTER_WRITE;

    /** Registers that follow one another, and what may be done with them. */
    record Range(int first, int count, int access) {}

    /** Registers of the longest range. */
    private static final int MOST = 0x100;

    private static final Range[] ALLOWED = {
        new Range(0x10, 1, BOTH), // TSC
        new Range(0x17, 1, READ), // PLATFORM_ID
        new Range(0x3b, 1, BOTH), // TSC_ADJUST
        new Range(0x48, 2, BOTH), // SPEC_CTRL, PRED_CMD: defences against speculation
        new Range(0x8b, 1, BOTH), // BIOS_SIGN_ID
        new Range(0xfe, 1, READ), // MTRRCAP: firmware under a KVM that cannot hide CPUID's bit
        new Range(0x10a, 2, BOTH), // ARCH_CAPABILITIES, FLUSH_CMD
        new Range(0x174, 3, BOTH), // SYSENTER_CS, _ESP, _EIP
        new Range(0x1a0, 1, BOTH), // MISC_ENABLE
        new Range(0x1d9, 1, BOTH), // DEBUGCTL
        new Range(0x200, 0x100, BOTH), // PAT, and the memory type ranges
        new Range(0x4b56_4d00, 2, BOTH), // KVM's wall clock and clock
        new Range(0xc000_0080, 5, BOTH), // EFER, STAR, LSTAR, CSTAR, FMASK
        new Range(0xc000_0100, 4, BOTH), // FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX
        new Range(0xc001_0015, 1, READ), // HWCR of AMD: whether the counter is constant
        new Range(0xc001_1029, 1, BOTH), // DE_CFG of AMD: a serializing LFENCE
    };

    private MsrFilter() {}

    /** The argument of KVM_X86_SET_MSR_FILTER. */
    static MemorySegment encode(Arena arena) {
        MemorySegment filter = arena.allocate(Abi.MSR_FILTER_SIZE, Long.BYTES);
        filter.set(ValueLayout.JAVA_INT, Abi.MSR_FILTER_FLAGS, Abi.MSR_FILTER_DEFAULT_DENY);
        MemorySegment all = arena.allocate(MOST / Byte.SIZE, Long.BYTES).fill((byte) -1);
        for (int k = 0; k < ALLOWED.length; k++) {
            long at = Abi.MSR_FILTER_RANGES + (long) k * Abi.MSR_RANGE_SIZE;
            Range range = ALLOWED[k];
            filter.set(ValueLayout.JAVA_INT, at + Abi.MSR_RANGE_FLAGS, range.access);
            filter.set(ValueLayout.JAVA_INT, at + Abi.MSR_RANGE_COUNT, range.count);
            filter.set(ValueLayout.JAVA_INT, at + Abi.MSR_RANGE_BASE, range.first);
            filter.set(ValueLayout.JAVA_LONG, at + Abi.MSR_RANGE_BITMAP, all.address());
        }
        return filter;
    }
}
