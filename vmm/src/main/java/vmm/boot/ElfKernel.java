package vmm.boot;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * An ELF kernel (vmlinux). With a PVH note it is entered in 32-bit mode as Xen's PVH ABI says
 * (include/xen/interface/hvm/start_info.h in Linux), without one at its entry point by the Linux
 * boot protocol of its width.
 */
final class ElfKernel {
    private static final int CLASS = 4, DATA = 5, TYPE = 16, MACHINE = 18;
    private static final int CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN = 1, EXECUTABLE = 2;
    private static final int MACHINE_386 = 3, MACHINE_X86_64 = 62;
    private static final int PT_LOAD = 1, PT_NOTE = 4, PT_OPENBSD_RANDOMIZE = 0x65a3dbe6;
    private static final int MAX_SEGMENTS = 64, MAX_NOTES = 64 << 10;

    private static final int NOTE_PHYS32_ENTRY = 18;
    private static final int NOTE_XEN_SIZE = 4, NOTE_XEN_NAME = 0x006e6558; // "Xen\0"

    private static final int START_MAGIC = 0x336ec578;
    private static final long MODULES = LinuxBoot.START_INFO + 0x100;
    private static final long MEMORY_MAP = LinuxBoot.START_INFO + 0x200;

    private record Header(boolean wide, long entry, long tableOffset, int entrySize, int count) {}

    private record Segment(int type, long offset, long gpa, long fileSize, long memorySize) {}

    private final LinuxBoot boot;
    private final GuestMemory memory;

    ElfKernel(LinuxBoot boot, GuestMemory memory) {
        this.boot = boot;
        this.memory = memory;
    }

    static boolean matches(ByteBuffer head) {
        return head.limit() >= 64 && head.getInt(0) == 0x464c457f; // 7f "ELF"
    }

    CpuState load(ByteBuffer head) {
        Header header = header(head);
        List<Segment> segments = segments(header);
        long end = 0;
        for (Segment segment : segments) {
            if (segment.type == PT_OPENBSD_RANDOMIZE) {
                throw new BootException("kernel: OpenBSD kernels cannot be booted yet");
            }
            if (segment.type == PT_LOAD) {
                checkSegment(segment);
                end = Math.max(end, segment.gpa + segment.memorySize);
            }
        }
        if (end == 0) {
            throw new BootException("kernel: ELF file without anything to load");
        }
        LinuxBoot.Placed placed = boot.placeInitrd(memory, end, memory.lowSize());
        boot.placeCommandLine(memory, LinuxBoot.COMMAND_LINE_MAX);
        for (Segment segment : segments) {
            if (segment.type == PT_LOAD) {
                boot.copyKernel(memory, segment.offset, segment.gpa, segment.fileSize);
                memory.fill(
                        segment.gpa + segment.fileSize,
                        segment.memorySize - segment.fileSize,
                        (byte) 0);
            }
        }
        long pvhEntry = pvhEntry(segments);
        return pvhEntry >= 0 ? pvh(placed, pvhEntry) : direct(placed, header);
    }

    private static Header header(ByteBuffer head) {
        int width = head.get(CLASS);
        int machine = head.getShort(MACHINE) & 0xffff;
        boolean wide = width == CLASS_64;
        if (width != CLASS_32 && !wide
                || head.get(DATA) != LITTLE_ENDIAN
                || head.getShort(TYPE) != EXECUTABLE
                || machine != MACHINE_386 && machine != MACHINE_X86_64) {
            throw new BootException("kernel: ELF file, but no executable for x86");
        }
        Header header =
                wide
                        ? new Header(
                                true,
                                head.getLong(24),
                                head.getLong(32),
                                head.getShort(54) & 0xffff,
                                head.getShort(56) & 0xffff)
                        : new Header(
                                false,
                                head.getInt(24) & 0xffff_ffffL,
                                head.getInt(28) & 0xffff_ffffL,
                                head.getShort(42) & 0xffff,
                                head.getShort(44) & 0xffff);
        if (header.entrySize != (wide ? 56 : 32) || header.count > MAX_SEGMENTS) {
            throw new BootException("kernel: ELF file with a bad program header table");
        }
        return header;
    }

    private List<Segment> segments(Header header) {
        int length = header.entrySize * header.count;
        checkInFile(header.tableOffset, length);
        ByteBuffer table = LinuxBoot.bytes(boot.kernel(), header.tableOffset, length);
        List<Segment> segments = new ArrayList<>();
        for (int at = 0; at < length; at += header.entrySize) {
            Segment segment =
                    header.wide
                            ? new Segment(
                                    table.getInt(at),
                                    table.getLong(at + 8),
                                    table.getLong(at + 24),
                                    table.getLong(at + 32),
                                    table.getLong(at + 40))
                            : new Segment(
                                    table.getInt(at),
                                    table.getInt(at + 4) & 0xffff_ffffL,
                                    table.getInt(at + 12) & 0xffff_ffffL,
                                    table.getInt(at + 16) & 0xffff_ffffL,
                                    table.getInt(at + 20) & 0xffff_ffffL);
            segments.add(segment);
        }
        return segments;
    }

    private void checkInFile(long offset, long length) {
        long size = boot.kernel().sizeBytes();
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new BootException("kernel: truncated");
        }
    }

    private void checkSegment(Segment segment) {
        checkInFile(segment.offset, segment.fileSize);
        if (segment.memorySize < segment.fileSize) {
            throw new BootException("kernel: ELF segment with a bad size");
        }
        LinuxBoot.checkRange(memory, segment.gpa, segment.memorySize);
    }

    /** The entry that a PVH note names, or -1. */
    private long pvhEntry(List<Segment> segments) {
        for (Segment segment : segments) {
            if (segment.type != PT_NOTE || segment.fileSize > MAX_NOTES) {
                continue;
            }
            checkInFile(segment.offset, segment.fileSize);
            int length = (int) segment.fileSize;
            long entry = pvhEntry(LinuxBoot.bytes(boot.kernel(), segment.offset, length));
            if (entry >= 0) {
                return entry;
            }
        }
        return -1;
    }

    private static long pvhEntry(ByteBuffer notes) {
        int at = 0;
        while (at + 12 <= notes.limit()) {
            int nameSize = notes.getInt(at);
            int valueSize = notes.getInt(at + 4);
            int type = notes.getInt(at + 8);
            if (nameSize < 0 || nameSize > MAX_NOTES || valueSize < 0 || valueSize > MAX_NOTES) {
                return -1;
            }
            int value = at + 12 + (nameSize + 3 & ~3);
            boolean ours =
                    type == NOTE_PHYS32_ENTRY
                            && nameSize == NOTE_XEN_SIZE
                            && valueSize >= 4
                            && value + valueSize <= notes.limit()
                            && notes.getInt(at + 12) == NOTE_XEN_NAME;
            if (ours) {
                return notes.getInt(value) & 0xffff_ffffL;
            }
            at = value + (valueSize + 3 & ~3);
        }
        return -1;
    }

    private CpuState pvh(LinuxBoot.Placed placed, long entry) {
        int modules = placed.initrdSize() > 0 ? 1 : 0;
        int count = 0;
        for (MemoryMap.Entry e : MemoryMap.of(memory).entries()) {
            LinuxBoot.store(memory, MEMORY_MAP + 24L * count, e.gpa(), e.length(), e.type());
            count++;
        }
        LinuxBoot.store(
                memory,
                LinuxBoot.START_INFO,
                START_MAGIC | 1L << 32, // version 1
                (long) modules << 32,
                modules == 0 ? 0 : MODULES,
                LinuxBoot.COMMAND_LINE,
                boot.rsdpGpa(),
                MEMORY_MAP,
                count);
        LinuxBoot.store(memory, MODULES, placed.initrdGpa(), placed.initrdSize(), 0, 0);
        return EntryState.protected32(memory, entry, LinuxBoot.START_INFO, 0);
    }

    private CpuState direct(LinuxBoot.Placed placed, Header header) {
        BootParams params = new BootParams(memory);
        params.header();
        params.fill(boot, placed);
        return header.wide
                ? EntryState.long64(memory, header.entry, LinuxBoot.BOOT_PARAMS)
                : EntryState.protected32(memory, header.entry, 0, LinuxBoot.BOOT_PARAMS);
    }
}
