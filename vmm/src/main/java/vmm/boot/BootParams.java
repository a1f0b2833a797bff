package vmm.boot;

import vmm.mem.GuestMemory;

/**
 * The "zero page" that a Linux kernel is entered with (Documentation/arch/x86/zero-page.rst and
 * boot.rst, protocol 2.15).
 */
final class BootParams {
    static final int HEADER = 0x1f1;

    private static final int SIZE = 4096;
    private static final int ACPI_RSDP = 0x070, E820_COUNT = 0x1e8, E820_TABLE = 0x2d0;
    private static final int E820_ENTRY = 20, E820_MAX = 128;
    private static final int BOOT_FLAG = 0x1fe, MAGIC = 0x202, VERSION = 0x206;
    private static final int LOADER = 0x210, LOAD_FLAGS = 0x211;
    private static final int RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21c;
    private static final int COMMAND_LINE = 0x228, ALIGNMENT = 0x230;

    private static final int UNDEFINED_LOADER = 0xff;
    private static final int LOADED_HIGH = 1, KEEP_SEGMENTS = 1 << 6;
    private static final int MAGIC_VALUE = 0x53726448; // "HdrS"

    private final GuestMemory memory;

    BootParams(GuestMemory memory) {
        this.memory = memory;
        memory.fill(KernelBoot.BOOT_PARAMS, SIZE, (byte) 0);
    }

    private static long at(int offset) {
        return KernelBoot.BOOT_PARAMS + offset;
    }

    /** Takes over the setup header of a bzImage. */
    void header(byte[] from, int length) {
        memory.copyIn(at(HEADER), from, HEADER, length);
    }

    /** Makes up a setup header for a kernel that comes without. */
    void header() {
        memory.write16(at(BOOT_FLAG), 0xaa55);
        memory.write32(at(MAGIC), MAGIC_VALUE);
        memory.write16(at(VERSION), 0x20f);
        memory.write8(at(LOAD_FLAGS), LOADED_HIGH);
        memory.write32(at(ALIGNMENT), 0x1000000);
    }

    /** Fills in what a boot loader has to. */
    void fill(KernelBoot boot, KernelBoot.Placed placed) {
        memory.write8(at(LOADER), UNDEFINED_LOADER);
        int flags = memory.read8(at(LOAD_FLAGS));
        memory.write8(at(LOAD_FLAGS), flags & ~KEEP_SEGMENTS);
        memory.write32(at(RAMDISK_IMAGE), (int) placed.initrdGpa());
        memory.write32(at(RAMDISK_SIZE), (int) placed.initrdSize());
        memory.write32(at(COMMAND_LINE), (int) KernelBoot.COMMAND_LINE);
        memory.write64(at(ACPI_RSDP), boot.rsdpGpa());
        int count = 0;
        for (MemoryMap.Entry entry : MemoryMap.of(memory).entries()) {
            long to = at(E820_TABLE) + (long) E820_ENTRY * count;
            memory.write64(to, entry.gpa());
            memory.write64(to + 8, entry.length());
            memory.write32(to + 16, entry.type());
            count = Math.min(count + 1, E820_MAX);
        }
        memory.write8(at(E820_COUNT), count);
    }
}
