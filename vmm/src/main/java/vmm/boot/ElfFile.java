package vmm.boot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of an ELF executable that a loader needs (System V ABI, chapters 4 and 5). Everything
 * in it may be a lie: what is read is bounded by the file and by the limits here.
 */
final class ElfFile {
    static final int PT_LOAD = 1, PT_NOTE = 4;
    static final int SHT_SYMTAB = 2, SHT_STRTAB = 3;
    private static final int CLASS = 4, DATA = 5, TYPE = 16, MACHINE = 18;
    private static final int CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN = 1, EXECUTABLE = 2;
    private static final int MACHINE_386 = 3, MACHINE_X86_64 = 62;
    private static final int MAX_SEGMENTS = 64, MAX_SECTIONS = 1024, MAX_NOTES = 64 << 10;

    /** One program header; addresses and sizes in bytes. */
    record Segment(int type, long offset, long gpa, long fileSize, long memorySize) {}

    /** One section header. {@code at} is where it starts in the table. */
    record Section(int at, int name, int type, long offset, long size) {}

    /** Hears of each note; {@code value} is at the note's value. True ends the search. */
    interface NoteReader {
        boolean note(String name, int type, ByteBuffer value);
    }

    private final BootSource source;
    private final ByteBuffer head;
    private final boolean wide;
    private final List<Segment> segments;

    /** Reads the headers. {@code head} is the beginning of the file, 64 bytes or more. */
    ElfFile(BootSource source, ByteBuffer head) {
        this.source = source;
        this.head = head;
        int width = head.get(CLASS);
        int machine = head.getShort(MACHINE) & 0xffff;
        this.wide = width == CLASS_64;
        if (width != CLASS_32 && !wide
                || head.get(DATA) != LITTLE_ENDIAN
                || head.getShort(TYPE) != EXECUTABLE
                || machine != MACHINE_386 && machine != MACHINE_X86_64) {
            throw new BootException("kernel: ELF file, but no executable for x86");
        }
        this.segments = readSegments();
    }

    static boolean matches(ByteBuffer head) {
        return head.limit() >= 64 && head.getInt(0) == 0x464c457f; // 7f "ELF"
    }

    /** Whether it is an ELF64 file. */
    boolean wide() {
        return wide;
    }

    /** The entry point, as the file has it. */
    long entry() {
        return wide ? head.getLong(24) : head.getInt(24) & 0xffff_ffffL;
    }

    List<Segment> segments() {
        return segments;
    }

    private List<Segment> readSegments() {
        long tableOffset = wide ? head.getLong(32) : head.getInt(28) & 0xffff_ffffL;
        int entrySize = head.getShort(wide ? 54 : 42) & 0xffff;
        int count = head.getShort(wide ? 56 : 44) & 0xffff;
        if (entrySize != (wide ? 56 : 32) || count > MAX_SEGMENTS) {
            throw new BootException("kernel: ELF file with a bad program header table");
        }
        ByteBuffer table = read(tableOffset, entrySize * count);
        List<Segment> read = new ArrayList<>();
        for (int at = 0; at < entrySize * count; at += entrySize) {
            read.add(segment(table, at));
        }
        return read;
    }

    private Segment segment(ByteBuffer table, int at) {
        Segment segment =
                wide
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
        if (segment.type == PT_LOAD) {
            checkInFile(segment.offset, segment.fileSize);
            if (segment.memorySize < segment.fileSize) {
                throw new BootException("kernel: ELF segment with a bad size");
            }
        }
        return segment;
    }

    /** A part of the file as it is. */
    ByteBuffer read(long offset, int length) {
        checkInFile(offset, length);
        return KernelBoot.bytes(source, offset, length);
    }

    void checkInFile(long offset, long length) {
        long size = source.sizeBytes();
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new BootException("kernel: truncated");
        }
    }

    /** Bytes of the ELF header. */
    int headerBytes() {
        return wide ? 64 : 52;
    }

    /** The table of the section headers as it is in the file; empty if there is none. */
    ByteBuffer sectionTable() {
        int entrySize = head.getShort(wide ? 58 : 46) & 0xffff;
        int count = head.getShort(wide ? 60 : 48) & 0xffff;
        if (count == 0) {
            return ByteBuffer.allocate(0);
        }
        if (entrySize != (wide ? 64 : 40) || count > MAX_SECTIONS) {
            throw new BootException("kernel: ELF file with a bad section header table");
        }
        return read(wide ? head.getLong(40) : head.getInt(32) & 0xffff_ffffL, entrySize * count);
    }

    /** The headers in {@code table}. */
    List<Section> sections(ByteBuffer table) {
        List<Section> sections = new ArrayList<>();
        int entrySize = wide ? 64 : 40;
        for (int at = 0; at < table.limit(); at += entrySize) {
            sections.add(
                    wide
                            ? new Section(
                                    at,
                                    table.getInt(at),
                                    table.getInt(at + 4),
                                    table.getLong(at + 24),
                                    table.getLong(at + 32))
                            : new Section(
                                    at,
                                    table.getInt(at),
                                    table.getInt(at + 4),
                                    table.getInt(at + 16) & 0xffff_ffffL,
                                    table.getInt(at + 20) & 0xffff_ffffL));
        }
        return sections;
    }

    /** Number of the section that holds the names of the sections. */
    int nameSection() {
        return head.getShort(wide ? 62 : 50) & 0xffff;
    }

    /** Shows every note to {@code reader} until it has what it wants. */
    void notes(NoteReader reader) {
        for (Segment segment : segments) {
            if (segment.type == PT_NOTE && segment.fileSize <= MAX_NOTES) {
                if (notes(read(segment.offset, (int) segment.fileSize), reader)) {
                    return;
                }
            }
        }
    }

    private static boolean notes(ByteBuffer notes, NoteReader reader) {
        int at = 0;
        while (at + 12 <= notes.limit()) {
            int nameSize = notes.getInt(at);
            int valueSize = notes.getInt(at + 4);
            if (nameSize < 0 || nameSize > MAX_NOTES || valueSize < 0 || valueSize > MAX_NOTES) {
                return false;
            }
            int value = at + 12 + (nameSize + 3 & ~3);
            if (value + valueSize > notes.limit()) {
                return false;
            }
            byte[] name = new byte[Math.max(0, nameSize - 1)];
            notes.get(at + 12, name);
            ByteBuffer content = notes.slice(value, valueSize).order(notes.order());
            if (reader.note(new String(name, ISO_8859_1), notes.getInt(at + 8), content)) {
                return true;
            }
            at = value + (valueSize + 3 & ~3);
        }
        return false;
    }
}
