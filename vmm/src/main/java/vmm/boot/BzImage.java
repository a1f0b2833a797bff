package vmm.boot;

import java.nio.ByteBuffer;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * A bzImage, entered by the 64-bit boot protocol if it has that entry, else by the 32-bit one
 * (Documentation/arch/x86/boot.rst).
 */
final class BzImage {
    private static final int SETUP_SECTORS = 0x1f1, SYSTEM_SIZE = 0x1f4, BOOT_FLAG = 0x1fe;
    private static final int JUMP = 0x201, MAGIC = 0x202, VERSION = 0x206, LOAD_FLAGS = 0x211;
    private static final int INITRD_MAX = 0x22c, ALIGNMENT = 0x230, RELOCATABLE = 0x234;
    private static final int EXTENDED_FLAGS = 0x236, COMMAND_LINE_SIZE = 0x238;
    private static final int PREFERRED = 0x258, INIT_SIZE = 0x260, HEADER_MIN = 0x264;

    private static final int MAGIC_VALUE = 0x53726448; // "HdrS"
    private static final int OLDEST = 0x20c;
    private static final int LOADED_HIGH = 1, KERNEL_64 = 1;
    private static final int SECTOR = 512;
    private static final int ENTRY_64 = 0x200;

    /** The setup header may not reach into the field after it, at 0x290 of the zero page. */
    private static final int HEADER_END_MAX = 0x290;

    private final KernelBoot boot;
    private final GuestMemory memory;

    BzImage(KernelBoot boot, GuestMemory memory) {
        this.boot = boot;
        this.memory = memory;
    }

    static boolean matches(ByteBuffer head) {
        return head.limit() >= HEADER_MIN
                && (head.getShort(BOOT_FLAG) & 0xffff) == 0xaa55
                && head.getInt(MAGIC) == MAGIC_VALUE;
    }

    CpuState load(ByteBuffer head) {
        checkVersion(head);
        int sectors = head.get(SETUP_SECTORS) & 0xff;
        long setup = (long) SECTOR * (1 + (sectors == 0 ? 4 : sectors));
        long system = 16 * unsigned(head, SYSTEM_SIZE);
        long length = boot.kernel().sizeBytes() - setup;
        // The field counts in 16 bytes, rounded up.
        if (length <= ENTRY_64 || length + 15 < system) {
            throw new BootException("kernel: truncated");
        }
        long need = Math.max(unsigned(head, INIT_SIZE), length);
        long gpa = place(head, need);
        long initrdEnd = unsigned(head, INITRD_MAX) + 1;
        boot.placeCommandLine(memory, unsigned(head, COMMAND_LINE_SIZE));
        KernelBoot.Placed placed = boot.placeInitrd(memory, gpa + need, initrdEnd);
        boot.copyKernel(memory, setup, gpa, length);
        BootParams params = new BootParams(memory);
        int end = Math.min(MAGIC + (head.get(JUMP) & 0xff), HEADER_END_MAX);
        params.header(head.array(), Math.max(end, HEADER_MIN) - BootParams.HEADER);
        params.fill(boot, placed);
        boolean wide = (head.getShort(EXTENDED_FLAGS) & KERNEL_64) != 0;
        return wide
                ? EntryState.long64(memory, gpa + ENTRY_64, KernelBoot.BOOT_PARAMS)
                : EntryState.protected32(memory, gpa, 0, KernelBoot.BOOT_PARAMS);
    }

    private static void checkVersion(ByteBuffer head) {
        int version = head.getShort(VERSION) & 0xffff;
        if (version < OLDEST || (head.get(LOAD_FLAGS) & LOADED_HIGH) == 0) {
            throw new BootException(
                    "kernel: boot protocol "
                            + (version >> 8)
                            + "."
                            + (version & 0xff)
                            + ", at least 2.12 is needed");
        }
    }

    /** Where the kernel wants to lie, or as low as it may if that does not fit. */
    private long place(ByteBuffer head, long need) {
        long preferred = head.getLong(PREFERRED);
        long alignment = unsigned(head, ALIGNMENT);
        boolean movable = head.get(RELOCATABLE) != 0 && Long.bitCount(alignment) == 1;
        boolean fits = preferred >= MemoryMap.ONE_MIB && memory.contains(preferred, need);
        long gpa = fits || !movable ? preferred : Math.max(alignment, MemoryMap.ONE_MIB);
        KernelBoot.checkRange(memory, gpa, need);
        return gpa;
    }

    private static long unsigned(ByteBuffer head, int offset) {
        return head.getInt(offset) & 0xffff_ffffL;
    }
}
