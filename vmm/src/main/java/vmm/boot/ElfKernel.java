package vmm.boot;

import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * An ELF kernel (vmlinux). With a PVH note it is entered in 32-bit mode as Xen's PVH ABI says
 * (include/xen/interface/hvm/start_info.h in Linux), without one at its entry point by the Linux
 * boot protocol of its width.
 */
final class ElfKernel {
    private static final int NOTE_PHYS32_ENTRY = 18;
    private static final int START_MAGIC = 0x336ec578;
    private static final long MODULES = KernelBoot.START_INFO + 0x100;
    private static final long MEMORY_MAP = KernelBoot.START_INFO + 0x200;

    private final KernelBoot boot;
    private final ElfFile file;
    private final GuestMemory memory;

    ElfKernel(KernelBoot boot, ElfFile file, GuestMemory memory) {
        this.boot = boot;
        this.file = file;
        this.memory = memory;
    }

    CpuState load() {
        long end = place();
        KernelBoot.Placed placed = boot.placeInitrd(memory, end, memory.lowSize());
        boot.placeCommandLine(memory, KernelBoot.COMMAND_LINE_MAX);
        long pvhEntry = pvhEntry(file);
        return pvhEntry >= 0 ? pvh(placed, pvhEntry) : direct(placed);
    }

    /** Puts the file's segments where they belong; the first address that is free after them. */
    long place() {
        long end = 0;
        for (ElfFile.Segment segment : file.segments()) {
            if (segment.type() == ElfFile.PT_LOAD) {
                KernelBoot.checkRange(memory, segment.gpa(), segment.memorySize());
                end = Math.max(end, segment.gpa() + segment.memorySize());
            }
        }
        if (end == 0) {
            throw new BootException("kernel: ELF file without anything to load");
        }
        for (ElfFile.Segment segment : file.segments()) {
            if (segment.type() == ElfFile.PT_LOAD) {
                boot.copyKernel(memory, segment.offset(), segment.gpa(), segment.fileSize());
                memory.fill(
                        segment.gpa() + segment.fileSize(),
                        segment.memorySize() - segment.fileSize(),
                        (byte) 0);
            }
        }
        return end;
    }

    /** The entry that a PVH note names, or -1. */
    static long pvhEntry(ElfFile file) {
        long[] entry = {-1};
        file.notes((name, type, value) -> {
            boolean found = name.equals("Xen") && type == NOTE_PHYS32_ENTRY && value.limit() >= 4;
            if (found) {
                entry[0] = value.getInt(0) & 0xffff_ffffL;
            }
            return found;
        });
        return entry[0];
    }

    private CpuState pvh(KernelBoot.Placed placed, long entry) {
        int modules = placed.initrdSize() > 0 ? 1 : 0;
        int count = 0;
        for (MemoryMap.Entry e : MemoryMap.of(memory).entries()) {
            KernelBoot.store(memory, MEMORY_MAP + 24L * count, e.gpa(), e.length(), e.type());
            count++;
        }
        KernelBoot.store(
                memory,
                KernelBoot.START_INFO,
                START_MAGIC | 1L << 32, // version 1
                (long) modules << 32,
                modules == 0 ? 0 : MODULES,
                KernelBoot.COMMAND_LINE,
                boot.rsdpGpa(),
                MEMORY_MAP,
                count);
        KernelBoot.store(memory, MODULES, placed.initrdGpa(), placed.initrdSize(), 0, 0);
        return EntryState.protected32(memory, entry, KernelBoot.START_INFO, 0);
    }

    private CpuState direct(KernelBoot.Placed placed) {
        BootParams params = new BootParams(memory);
        params.header();
        params.fill(boot, placed);
        return file.wide()
                ? EntryState.long64(memory, file.entry(), KernelBoot.BOOT_PARAMS)
                : EntryState.protected32(memory, file.entry(), 0, KernelBoot.BOOT_PARAMS);
    }
}
