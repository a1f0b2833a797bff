package vmm.boot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.List;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * An OpenBSD kernel, i386 or amd64, entered as OpenBSD's own boot loader does it (boot(8), and the
 * kernel's {@code sys/arch/i386/include/biosvar.h}): linked to high addresses, loaded to what
 * remains of them below 256 MiB, with its arguments on the stack and a chain of records that they
 * point to.
 */
final class OpenBsdKernel {
    private static final int PT_OPENBSD_RANDOMIZE = 0x65a3dbe6;
    private static final long LOAD_MASK = 0x0fff_ffff;

    /** Random bytes that a kernel may ask for; it has a few KiB. */
    private static final long MAX_RANDOM = 1 << 20;

    private static final int PAGE = 4096;

    // What lies where in low memory, as in OpenBSD's vmd.
    static final long ARGUMENTS = 0x2000;
    private static final long STACK_END = 0x10000;

    private static final int ARG_MEMORY_MAP = 0, ARG_CONSOLE = 5, ARG_END = -1;
    private static final int ARG_HEADER = 12;
    private static final int MAP_ENTRY = 20;
    private static final int CONSOLE_BYTES = 32;
    private static final int COM0 = 8 << 8, COM0_SPEED = 115200, COM0_PORT = 0x3f8;

    /** Vector of arguments, environment, BIOS memory map: what the records are. */
    private static final int API_VERSION = 0x0e;

    /** sd0a; the kernel asks when it is not there. */
    private static final int BOOT_DEVICE = 0xa0000004;

    private final ElfFile file;
    private final KernelBoot boot;
    private final GuestMemory memory;

    OpenBsdKernel(KernelBoot boot, ElfFile file, GuestMemory memory) {
        this.boot = boot;
        this.file = file;
        this.memory = memory;
    }

    /**
     * Whether {@code file} is one: it asks for random bytes or carries the system's note, or, as
     * older ones do neither, its entry is where only its own page tables lead to.
     */
    static boolean matches(ElfFile file) {
        boolean[] noted = {false};
        file.notes((name, type, value) -> noted[0] = name.equals("OpenBSD"));
        return noted[0]
                || file.segments().stream().anyMatch(s -> s.type() == PT_OPENBSD_RANDOMIZE)
                || ElfKernel.pvhEntry(file) < 0 && (file.entry() & ~LOAD_MASK) != 0;
    }

    CpuState load() {
        if (boot.initrd() != null) {
            throw new BootException("initrd: an OpenBSD kernel takes none");
        }
        long end = loadSegments();
        long imageEnd = new Symbols(align(end)).place();
        int argumentBytes = placeArguments();
        int[] stack = {
            0, // where a call would leave its return address
            0, // howto: nothing special
            BOOT_DEVICE,
            API_VERSION,
            (int) imageEnd,
            0, // extended memory: the map says it
            0, // base memory
            argumentBytes,
            (int) ARGUMENTS
        };
        long stackPointer = STACK_END - 4L * stack.length;
        for (int k = 0; k < stack.length; k++) {
            memory.write32(stackPointer + 4L * k, stack[k]);
        }
        return EntryState.openBsd(memory, file.wide(), file.entry() & LOAD_MASK, stackPointer);
    }

    /** Loads what is to be loaded; the end of it. */
    private long loadSegments() {
        long end = 0;
        for (ElfFile.Segment segment : file.segments()) {
            long gpa = segment.gpa() & LOAD_MASK;
            boolean random = segment.type() == PT_OPENBSD_RANDOMIZE;
            if (segment.type() != ElfFile.PT_LOAD && !random) {
                continue;
            }
            KernelBoot.checkRange(memory, gpa, segment.memorySize());
            if (random) {
                fillRandom(gpa, segment.memorySize());
            } else {
                boot.copyKernel(memory, segment.offset(), gpa, segment.fileSize());
                long rest = segment.memorySize() - segment.fileSize();
                memory.fill(gpa + segment.fileSize(), rest, (byte) 0);
                end = Math.max(end, gpa + segment.memorySize());
            }
        }
        if (end == 0) {
            throw new BootException("kernel: ELF file without anything to load");
        }
        return end;
    }

    private void fillRandom(long gpa, long length) {
        if (length > MAX_RANDOM) {
            throw new BootException("kernel: wants " + length + " random bytes");
        }
        byte[] bytes = new byte[(int) length];
        new SecureRandom().nextBytes(bytes);
        memory.copyIn(gpa, bytes, 0, bytes.length);
    }

    /** Stores the chain of records; its size. */
    private int placeArguments() {
        List<MemoryMap.Entry> map = MemoryMap.of(memory).entries();
        ByteBuffer chain = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
        record(chain, ARG_MEMORY_MAP, MAP_ENTRY * (map.size() + 1));
        for (MemoryMap.Entry entry : map) {
            chain.putLong(entry.gpa()).putLong(entry.length()).putInt(entry.type());
        }
        chain.putLong(0).putLong(0).putInt(0);
        record(chain, ARG_CONSOLE, CONSOLE_BYTES);
        chain.putInt(COM0).putInt(COM0_SPEED).putLong(COM0_PORT);
        chain.putInt(0).putInt(0).putInt(0).putInt(0); // frequency, flags, width, shift: its own
        record(chain, ARG_END, 0);
        memory.copyIn(ARGUMENTS, chain.array(), 0, chain.position());
        return chain.position();
    }

    private static void record(ByteBuffer chain, int type, int bytes) {
        int size = ARG_HEADER + bytes;
        chain.putInt(type).putInt(size).putInt(size);
    }

    /** Rounds up to the size of an address, as the loader does between what it places. */
    private long align(long value) {
        int unit = file.wide() ? 8 : 4;
        return value + unit - 1 & -unit;
    }

    /**
     * The kernel's symbols, for its debugger: an ELF header, the section headers, the sections with
     * symbols and names, one after the other behind the kernel.
     */
    private final class Symbols {
        private final long base;
        private final ByteBuffer table = file.sectionTable();
        private final List<ElfFile.Section> sections = file.sections(table);
        private long next;

        Symbols(long base) {
            this.base = base;
        }

        /** Places them if there are any; the end of everything. */
        long place() {
            if (sections.stream().noneMatch(s -> s.type() == ElfFile.SHT_SYMTAB)) {
                return base;
            }
            ByteBuffer names = names();
            next = align(file.headerBytes() + (long) table.limit());
            for (ElfFile.Section section : sections) {
                if (wanted(section, names)) {
                    place(section);
                }
            }
            ByteBuffer header = header();
            KernelBoot.checkRange(memory, base, next);
            KernelBoot.store(memory, base, header);
            KernelBoot.store(memory, base + file.headerBytes(), table);
            return base + next;
        }

        private void place(ElfFile.Section section) {
            file.checkInFile(section.offset(), section.size());
            KernelBoot.checkRange(memory, base, next + section.size());
            boot.copyKernel(memory, section.offset(), base + next, section.size());
            if (file.wide()) {
                table.putLong(section.at() + 24, next);
            } else {
                table.putInt(section.at() + 16, (int) next);
            }
            next = align(next + section.size());
        }

        private ByteBuffer names() {
            int index = file.nameSection();
            if (index >= sections.size() || sections.get(index).size() > 1 << 20) {
                throw new BootException("kernel: ELF file with bad section names");
            }
            ElfFile.Section section = sections.get(index);
            return file.read(section.offset(), (int) section.size());
        }

        private static boolean wanted(ElfFile.Section section, ByteBuffer names) {
            return section.type() == ElfFile.SHT_SYMTAB
                    || section.type() == ElfFile.SHT_STRTAB
                    || named(section, names, ".debug_line")
                    || named(section, names, ".SUNW_ctf");
        }

        private static boolean named(ElfFile.Section section, ByteBuffer names, String name) {
            byte[] wanted = (name + '\0').getBytes(ISO_8859_1);
            int at = section.name();
            if (at < 0 || at > names.limit() - wanted.length) {
                return false;
            }
            for (int k = 0; k < wanted.length; k++) {
                if (names.get(at + k) != wanted[k]) {
                    return false;
                }
            }
            return true;
        }

        /** The file's ELF header with the sections behind it and no segments. */
        private ByteBuffer header() {
            ByteBuffer header = file.read(0, file.headerBytes());
            if (file.wide()) {
                header.putLong(32, 0).putLong(40, file.headerBytes());
                header.putShort(54, (short) 0).putShort(56, (short) 0);
            } else {
                header.putInt(28, 0).putInt(32, file.headerBytes());
                header.putShort(42, (short) 0).putShort(44, (short) 0);
            }
            return header;
        }
    }
}
