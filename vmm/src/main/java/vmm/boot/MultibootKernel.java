package vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * A kernel with a header of the Multiboot Specification, version 0.6.96 (section numbers are its):
 * an ELF file, or any file whose header tells where it goes. It is entered in flat 32-bit mode with
 * a record of the memory, the command line and, as its only module, the initrd.
 */
final class MultibootKernel {
    private static final int SEARCHED = 8192;
    private static final int HEADER_MAGIC = 0x1badb002, LOADER_MAGIC = 0x2badb002;

    // Flags of the header (3.1.2): what the kernel insists on, and whether it has addresses.
    private static final int ALIGN_MODULES = 1, WANTS_MEMORY = 1 << 1, WANTS_VIDEO = 1 << 2;
    private static final int REQUIREMENTS = 0xffff, HAS_ADDRESSES = 1 << 16;

    // Flags of the record (3.3).
    private static final int MEMORY = 1, COMMAND_LINE = 1 << 2, MODULES = 1 << 3;
    private static final int MEMORY_MAP = 1 << 6, LOADER_NAME = 1 << 9;
    private static final int RECORD_LENGTH = 120, MODULE_LENGTH = 16, MAP_ENTRY_LENGTH = 24;
    private static final String NAME = "vmd";
    private static final long MODULE_GPA = KernelBoot.START_INFO + 0x100;
    private static final long NAME_GPA = KernelBoot.START_INFO + 0x140;
    private static final long MAP_GPA = KernelBoot.START_INFO + 0x200;

    /** A part of the file and where it goes; the rest of {@code memorySize} is cleared. */
    private record Part(long offset, long gpa, long fileSize, long memorySize) {}

    private final KernelBoot boot;
    private final GuestMemory memory;
    private final ByteBuffer head;
    private final int headerAt;

    private MultibootKernel(KernelBoot boot, GuestMemory memory, ByteBuffer head, int headerAt) {
        this.boot = boot;
        this.memory = memory;
        this.head = head;
        this.headerAt = headerAt;
    }

    /** The kernel in {@code boot}, or null if the beginning of its file has no header (3.1). */
    static @Nullable MultibootKernel find(KernelBoot boot, GuestMemory memory) {
        int length = (int) Math.min(SEARCHED, boot.kernel().sizeBytes());
        ByteBuffer head = KernelBoot.bytes(boot.kernel(), 0, length);
        for (int at = 0; at + 12 <= length; at += 4) {
            if (head.getInt(at) == HEADER_MAGIC
                    && head.getInt(at) + head.getInt(at + 4) + head.getInt(at + 8) == 0) {
                return new MultibootKernel(boot, memory, head, at);
            }
        }
        return null;
    }

    /** Loads it; {@code file} is what the kernel is as an ELF file, if it is one. */
    CpuState load(@Nullable ElfFile file) {
        int flags = head.getInt(headerAt + 4);
        int unknown = flags & REQUIREMENTS & ~(ALIGN_MODULES | WANTS_MEMORY);
        if (unknown != 0) {
            throw new BootException(
                    "kernel: its multiboot header wants "
                            + (unknown == WANTS_VIDEO
                                    ? "a screen"
                                    : "0x" + Integer.toHexString(unknown))
                            + ", which this machine does not have");
        }
        long entry;
        long end;
        if ((flags & HAS_ADDRESSES) != 0) {
            checkHeader(32);
            end = place(ofHeader());
            entry = field(28);
        } else if (file != null) {
            end = new ElfKernel(boot, file, memory).place();
            entry = file.entry();
        } else {
            throw new BootException("kernel: its multiboot header does not say where it goes");
        }
        KernelBoot.Placed placed = boot.placeModule(memory, end, memory.lowSize());
        boot.placeCommandLine(memory, KernelBoot.COMMAND_LINE_ROOM);
        writeRecord(placed);
        return EntryState.multiboot(memory, entry, LOADER_MAGIC, KernelBoot.START_INFO);
    }

    private void checkHeader(int length) {
        if (headerAt + length > head.limit()) {
            throw new BootException("kernel: truncated");
        }
    }

    private long field(int offset) {
        return head.getInt(headerAt + offset) & 0xffff_ffffL;
    }

    /** What the address fields of the header say (3.1.3): one part, found from the header on. */
    private Part ofHeader() {
        long header = field(12);
        long start = field(16);
        long loadEnd = field(20);
        long bssEnd = field(24);
        long offset = headerAt - (header - start);
        long size = boot.kernel().sizeBytes();
        if (start > header || offset < 0) {
            throw new BootException("kernel: multiboot header with bad addresses");
        }
        long fileSize = loadEnd == 0 ? size - offset : loadEnd - start;
        if (fileSize < 0 || bssEnd != 0 && bssEnd - start < fileSize) {
            throw new BootException("kernel: multiboot header with bad addresses");
        }
        if (fileSize > size - offset) {
            throw new BootException("kernel: truncated");
        }
        return new Part(offset, start, fileSize, bssEnd == 0 ? fileSize : bssEnd - start);
    }

    private long place(Part part) {
        KernelBoot.checkRange(memory, part.gpa, part.memorySize);
        boot.copyKernel(memory, part.offset, part.gpa, part.fileSize);
        memory.fill(part.gpa + part.fileSize, part.memorySize - part.fileSize, (byte) 0);
        return part.gpa + part.memorySize;
    }

    private void writeRecord(KernelBoot.Placed placed) {
        boolean module = placed.initrdSize() > 0;
        ByteBuffer record = buffer(RECORD_LENGTH);
        record.putInt(0, MEMORY | COMMAND_LINE | MODULES | MEMORY_MAP | LOADER_NAME);
        record.putInt(4, (int) (MemoryMap.LOW_END >> 10));
        record.putInt(8, (int) ((memory.lowSize() - MemoryMap.ONE_MIB) >> 10));
        record.putInt(16, (int) KernelBoot.COMMAND_LINE);
        record.putInt(20, module ? 1 : 0).putInt(24, (int) MODULE_GPA);
        ByteBuffer map = memoryMap();
        record.putInt(44, map.limit()).putInt(48, (int) MAP_GPA);
        record.putInt(64, (int) NAME_GPA);
        KernelBoot.store(memory, KernelBoot.START_INFO, record);
        KernelBoot.store(memory, MAP_GPA, map);
        byte[] name = (NAME + '\0').getBytes(StandardCharsets.US_ASCII);
        memory.copyIn(NAME_GPA, name, 0, name.length);
        if (module) {
            ByteBuffer list = buffer(MODULE_LENGTH + 1); // and the module's string, which is empty
            list.putInt(0, (int) placed.initrdGpa());
            list.putInt(4, (int) (placed.initrdGpa() + placed.initrdSize()));
            list.putInt(8, (int) MODULE_GPA + MODULE_LENGTH);
            KernelBoot.store(memory, MODULE_GPA, list);
        }
    }

    /** As the memory map of 3.3: each entry has its length, not counted, before it. */
    private ByteBuffer memoryMap() {
        var entries = MemoryMap.of(memory).entries();
        ByteBuffer map = buffer(MAP_ENTRY_LENGTH * entries.size());
        for (MemoryMap.Entry e : entries) {
            map.putInt(MAP_ENTRY_LENGTH - 4).putLong(e.gpa()).putLong(e.length()).putInt(e.type());
        }
        return map;
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
