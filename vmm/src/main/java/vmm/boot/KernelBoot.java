package vmm.boot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * Puts a kernel, its initial ramdisk and its command line into guest memory and says how the boot
 * processor has to start. Takes Linux as bzImage and ELF, whatever has a PVH entry or a multiboot
 * header, and OpenBSD's kernels; any of them may be packed with gzip.
 *
 * @param rsdpGpa where the ACPI root pointer lies, 0 if there is none
 */
public record KernelBoot(
        BootSource kernel, @Nullable BootSource initrd, String commandLine, long rsdpGpa) {

    // What the loader leaves in low memory. The kernel takes what it needs, then reuses it all.
    static final long GDT = 0x6000;
    static final long BOOT_PARAMS = 0x7000;
    static final long START_INFO = 0x8000;
    static final long PAGE_TABLES = 0x9000;
    static final long COMMAND_LINE = 0x20000;

    /** Limit of kernels that do not name one, and of what COMMAND_LINE has room for. */
    static final int COMMAND_LINE_MAX = 2047, COMMAND_LINE_ROOM = 0x10000;

    private static final int HEAD = 4096;
    private static final long PAGE = 4096;
    private static final long MIB = 1 << 20;

    /** Ranges that are taken, and the first address that is free after the kernel. */
    record Placed(long kernelEnd, long initrdGpa, long initrdSize) {}

    /** Loads everything into {@code memory}; the state of the boot processor. */
    public CpuState load(GuestMemory memory) {
        if (memory.lowSize() < 2 * MIB) {
            throw new BootException("kernel: does not fit into memory of less than 2 MiB");
        }
        byte[] head = new byte[(int) Math.min(HEAD, kernel.sizeBytes())];
        kernel.read(0, MemorySegment.ofArray(head));
        ByteBuffer bytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (GzipSource.matches(kernel)) {
            BootSource unpacked = GzipSource.unpack(kernel, memory.lowSize());
            if (GzipSource.matches(unpacked)) {
                throw new BootException("kernel: packed twice");
            }
            return new KernelBoot(unpacked, initrd, commandLine, rsdpGpa).load(memory);
        }
        if (ElfFile.matches(bytes)) {
            return loadElf(new ElfFile(kernel, bytes), memory);
        }
        if (BzImage.matches(bytes)) {
            return new BzImage(this, memory).load(bytes);
        }
        MultibootKernel multiboot = MultibootKernel.find(this, memory);
        if (multiboot != null) {
            return multiboot.load(null);
        }
        throw new BootException("kernel: not a kernel (neither bzImage nor ELF)");
    }

    private CpuState loadElf(ElfFile file, GuestMemory memory) {
        if (OpenBsdKernel.matches(file)) {
            return new OpenBsdKernel(this, file, memory).load();
        }
        MultibootKernel multiboot =
                ElfKernel.pvhEntry(file) >= 0 ? null : MultibootKernel.find(this, memory);
        return multiboot != null ? multiboot.load(file) : new ElfKernel(this, file, memory).load();
    }

    /** Copies a part of the kernel's file. */
    void copyKernel(GuestMemory memory, long offset, long gpa, long length) {
        if (length > 0) {
            kernel.read(offset, memory.slice(gpa, length));
            memory.written(gpa, length);
        }
    }

    /**
     * Puts the ramdisk as high as it may go: below {@code end}, and above {@code kernelEnd} since
     * the kernel unpacks itself up to there.
     */
    Placed placeInitrd(GuestMemory memory, long kernelEnd, long end) {
        if (initrd != null) {
            InitrdCheck.check(initrd);
        }
        return placeModule(memory, kernelEnd, end);
    }

    /** As {@link #placeInitrd}, for a kernel that takes anything. */
    Placed placeModule(GuestMemory memory, long kernelEnd, long end) {
        BootSource source = initrd;
        if (source == null) {
            return new Placed(kernelEnd, 0, 0);
        }
        long size = source.sizeBytes();
        long top = Math.min(end, memory.lowSize());
        long gpa = top - size & -PAGE;
        if (size > top || gpa < kernelEnd) {
            throw new BootException(
                    "initrd: "
                            + mib(size)
                            + " MiB do not fit beside the kernel into memory of "
                            + mib(memory.ram().byteSize())
                            + " MiB");
        }
        source.read(0, memory.slice(gpa, size));
        memory.written(gpa, size);
        return new Placed(kernelEnd, gpa, size);
    }

    /** Stores the command line, of at most {@code limit} bytes, with its final zero. */
    void placeCommandLine(GuestMemory memory, long limit) {
        byte[] text = commandLine.getBytes(StandardCharsets.UTF_8);
        long most = Math.min(limit, COMMAND_LINE_ROOM - 1);
        if (text.length > most) {
            throw new BootException(
                    "command line: " + text.length + " bytes, the kernel takes " + most);
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw new BootException("command line: contains a zero byte");
        }
        memory.copyIn(COMMAND_LINE, text, 0, text.length);
        memory.write8(COMMAND_LINE + text.length, 0);
    }

    /** Refuses a kernel whose range {@code gpa .. gpa+length-1} is not in RAM above 1 MiB. */
    static void checkRange(GuestMemory memory, long gpa, long length) {
        if (gpa < MemoryMap.ONE_MIB || length < 0 || !memory.contains(gpa, length)) {
            throw new BootException(
                    "kernel: does not fit into memory of "
                            + mib(memory.ram().byteSize())
                            + " MiB (needs "
                            + mib(length)
                            + " MiB at 0x"
                            + Long.toHexString(gpa)
                            + ")");
        }
    }

    private static long mib(long bytes) {
        return (bytes + MIB - 1) / MIB;
    }

    /** Appends what a bounded part of {@code source} holds to a buffer of its own. */
    static ByteBuffer bytes(BootSource source, long offset, int length) {
        byte[] to = new byte[length];
        source.read(offset, MemorySegment.ofArray(to));
        return ByteBuffer.wrap(to).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Copies {@code from} to {@code gpa}. */
    static void store(GuestMemory memory, long gpa, ByteBuffer from) {
        memory.copyIn(gpa, from.array(), 0, from.array().length);
    }

    /** Copies 64-bit values to {@code gpa}. */
    static void store(GuestMemory memory, long gpa, long... values) {
        for (int k = 0; k < values.length; k++) {
            memory.write64(gpa + ValueLayout.JAVA_LONG.byteSize() * k, values[k]);
        }
    }
}
