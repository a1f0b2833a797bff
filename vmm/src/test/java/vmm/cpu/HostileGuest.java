package vmm.cpu;

import java.util.List;
import java.util.Random;
import vmm.cpu.isa.Row;
import vmm.cpu.isa.Table;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;
import vmm.mem.GuestMemory;

/**
 * Programs of a guest that means harm, each made from a seed: random bytes and mangled instructions
 * as code in every mode, over page tables and descriptor tables that are good, damaged or rubbish.
 */
final class HostileGuest {
    static final long MEMORY_BYTES = 1 << 20;

    private static final int GDT = 0, IDT = 0x1000, LDT = 0x2000, TSS = 0x3000, TASKS = 0x4000;
    private static final int TABLES = 0x1_0000, TABLE_PAGES = 16, CODE = 0x2_0000;
    private static final int CODE_BYTES = 0x1000, DATA = 0x3_0000;
    private static final int REAL = 0,
            VIRTUAL_8086 = 1,
            PROTECTED_16 = 2, // 3 is the same in 32 bits
            PAGING_32 = 4,
            PAE = 5,
            COMPATIBILITY = 6,
            LONG = 7;
    private static final int MODES = 8;

    private static final int[] PREFIXES = {
        0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x48, 0x41, 0x4c
    };

    private static final int[] MANDATORY = {0, 0x66, 0xf3, 0xf2};

    private static final long CR4_OPTIONAL =
            Cpu.CR4_TSD
                    | Cpu.CR4_DE
                    | Cpu.CR4_PSE
                    | Cpu.CR4_PGE
                    | Cpu.CR4_OSFXSR
                    | Cpu.CR4_OSXMMEXCPT
                    | Cpu.CR4_UMIP
                    | Cpu.CR4_FSGSBASE
                    | Cpu.CR4_OSXSAVE
                    | Cpu.CR4_SMEP
                    | Cpu.CR4_SMAP
                    | Cpu.CR4_PKE;
    private static final long[] XCR0 = {1, 3, 7, 0x207};

    private final GuestMemory memory;
    private final Shape[] shapes =
            Table.standard().rows().stream().map(Shape::new).toArray(Shape[]::new);
    private final byte[] image = new byte[(int) MEMORY_BYTES];
    private Random random = new Random(0);
    private int mode;

    HostileGuest(GuestMemory memory) {
        this.memory = memory;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private boolean longMode() {
        return mode >= COMPATIBILITY;
    }

    private void put(int at, long value) {
        for (int k = 0; k < 8; k++) {
            image[at + k & image.length - 1] = (byte) (value >>> 8 * k);
        }
    }

    /** Writes the program of {@code seed} to memory and returns the state that it starts in. */
    CpuState program(long seed) {
        random = new Random(seed);
        mode = random.nextInt(MODES);
        java.util.Arrays.fill(image, (byte) 0);
        descriptors();
        interruptTable();
        taskStates();
        pageTables();
        code();
        data();
        memory.copyIn(0, image, 0, image.length);
        return state();
    }

    // Tables

    private static long segment(long base, long limit, int access) {
        return limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) (access & 0xf0ff) << 40
                | (limit & 0xf_0000) << 32
                | (base & 0xff00_0000L) << 32;
    }

    private static long gate(int selector, long offset, int type) {
        return offset & 0xffff
                | (long) selector << 16
                | (long) type << 40
                | (offset & 0xffff_0000L) << 32;
    }

    /** A third of the guests have good tables, a third damaged ones, a third rubbish. */
    private int quality() {
        return switch (random.nextInt(3)) {
            case 0 -> 0;
            case 1 -> 12;
            default -> 100;
        };
    }

    private int target() {
        return CODE + random.nextInt(CODE_BYTES);
    }

    private void descriptors() {
        int bad = quality();
        for (int table : new int[] {GDT, LDT}) {
            for (int k = 1; k < 64; k++) {
                put(table + 8 * k, chance(bad) ? rubbish() : descriptor(k));
            }
        }
    }

    private long rubbish() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> descriptor(1 + random.nextInt(20)) ^ 1L << random.nextInt(64);
            case 2 -> gate(selector(), target(), 0x80 | random.nextInt(0x80));
            default -> segment(random.nextInt(), random.nextInt(), random.nextInt());
        };
    }

    private long descriptor(int k) {
        return switch (k & 15) {
            case 1 -> segment(0, 0xf_ffff, 0xc09b);
            case 2 -> segment(0, 0xf_ffff, 0xc093);
            case 3 -> segment(0, 0xf_ffff, 0xa09b);
            case 4 -> segment(0, 0xf_ffff, 0xc0fb);
            case 5 -> segment(0, 0xf_ffff, 0xc0f3);
            case 6 -> segment(0, 0xf_ffff, 0xa0fb);
            case 7 -> segment(TSS, 0x67 + random.nextInt(0x100), 0x89);
            case 8 -> 0; // the upper half of the one before in long mode
            case 9 -> segment(0, 0xffff, 0x9b);
            case 10 -> segment(0, 0xffff, 0x93);
            case 11 -> segment(LDT, 0x1ff, 0x82);
            case 12 -> 0;
            case 13 -> gate(selector(), target(), random.nextBoolean() ? 0xec : 0x84);
            case 14 -> segment(TASKS + 0x100 * random.nextInt(8), 0x67, 0x89 - random.nextInt(2));
            case 15 -> gate(0x70, 0, 0xe5);
            default -> segment(0xffff_0000L, 0xf_0000, 0xc097);
        };
    }

    private int selector() {
        int k = 1 + random.nextInt(15);
        return k << 3 | (chance(20) ? 4 : 0) | (chance(40) ? 3 : 0);
    }

    private void interruptTable() {
        int bad = quality();
        int size = longMode() ? 16 : 8;
        for (int vector = 0; vector < 0x1000 / size; vector++) {
            int type = 0x80 | random.nextInt(4) << 5 | (random.nextBoolean() ? 14 : 15);
            long entry = gate(longMode() ? 0x18 : 0x08, target(), type);
            if (longMode()) {
                entry |= (long) random.nextInt(4) << 32;
            }
            if (chance(bad)) {
                entry = rubbish();
            }
            if (mode == REAL) {
                put(vector * 4, random.nextInt(0x2000) | (long) (CODE >> 4) << 16);
            }
            put(IDT + vector * size, entry);
        }
    }

    private void taskStates() {
        for (int at = TSS; at < TASKS + 0x800; at += 4) {
            boolean stack = random.nextBoolean();
            put(at, stack ? DATA + random.nextInt(0x8000) : random.nextInt(0x80));
        }
        if (chance(50)) {
            put(TSS + 4, 0x3_4000);
            put(TSS + 8, longMode() ? 0 : 0x10);
        }
    }

    private void pageTables() {
        int bad = quality();
        for (int k = 0; k < TABLE_PAGES * 512; k++) {
            int flags = random.nextInt(0x200) & ~0x98 | (chance(85) ? 3 : 0) | (chance(60) ? 4 : 0);
            long entry =
                    (long) random.nextInt(0x120) << 12 | flags | (long) random.nextInt(8) << 59;
            put(TABLES + 8 * k, chance(bad) && bad < 100 ? random.nextLong() : entry);
        }
        if (bad < 100) {
            identity(bad);
        } else if (chance(50)) {
            identity(0);
        }
    }

    /** The first megabyte at its own address, small pages, in the form that the mode has. */
    private void identity(int bad) {
        int user = chance(80) ? 4 : 0;
        if (mode == PAGING_32) {
            put(TABLES, TABLES + 0x1000 | 3 | user);
            for (int k = 0; k < 256; k += 2) {
                put(
                        TABLES + 0x1000 + 4 * k,
                        k << 12 | 3L | user | (k + 1L << 12 | 3L | user) << 32);
            }
            return;
        }
        put(TABLES, TABLES + 0x1000 | (mode == PAE ? 1 : 3 | user));
        put(TABLES + 0x1000, TABLES + 0x2000 | 3 | user);
        put(TABLES + 0x2000, mode == PAE ? 0x83 | user : TABLES + 0x3000 | 3 | user);
        if (mode == PAE) {
            put(TABLES + 0x1000, 0x83 | user);
        }
        for (int k = 0; k < 256; k++) {
            long damage = chance(bad) ? 1L << random.nextInt(64) : 0;
            put(TABLES + 0x3000 + 8 * k, (long) k << 12 | 3 | user ^ damage);
        }
    }

    // Code

    private void code() {
        int at = CODE;
        while (at < CODE + CODE_BYTES - 64) {
            at =
                    switch (random.nextInt(8)) {
                        case 0 -> raw(at, 1 + random.nextInt(16));
                        case 1 -> branch(at);
                        default -> instruction(at);
                    };
        }
    }

    private int raw(int at, int count) {
        for (int k = 0; k < count; k++) {
            image[at++] = (byte) random.nextInt();
        }
        return at;
    }

    /** A short jump or a conditional one, mostly backward. */
    private int branch(int at) {
        image[at++] = (byte) (chance(30) ? 0xeb : 0x70 + random.nextInt(16));
        image[at++] = (byte) (random.nextInt(64) - 48);
        return at;
    }

    /** An instruction of a row, with prefixes and operands as they come. */
    private int instruction(int at) {
        Shape shape = shapes[random.nextInt(shapes.length)];
        for (int k = random.nextInt(8); k > 4; k--) {
            image[at++] = (byte) PREFIXES[random.nextInt(PREFIXES.length)];
        }
        at = shape.vex ? vex(at, shape) : legacy(at, shape);
        int modRm = random.nextInt(256);
        image[at++] = (byte) (shape.digit >= 0 ? modRm & ~0x38 | shape.digit << 3 : modRm);
        return raw(at, random.nextInt(10));
    }

    private int vex(int at, Shape shape) {
        image[at++] = (byte) 0xc4;
        image[at++] = (byte) (random.nextInt(8) << 5 | shape.map);
        image[at++] = (byte) (random.nextInt(64) << 2 | shape.prefix);
        image[at++] = (byte) shape.bytes[shape.bytes.length - 1];
        return at;
    }

    private int legacy(int at, Shape shape) {
        if (shape.prefix != 0) {
            image[at++] = (byte) MANDATORY[shape.prefix];
        }
        if (longMode() && chance(30)) {
            image[at++] = (byte) (0x40 | random.nextInt(16));
        }
        for (int b : shape.bytes) {
            image[at++] = (byte) b;
        }
        image[at - 1] += (byte) (shape.varies ? random.nextInt(8) : 0);
        return at;
    }

    /** What of a row's encoding does not depend on operands. */
    private static final class Shape {
        private final boolean vex;
        private final boolean varies;
        private final int map;
        private final int prefix;
        private final int digit;
        private final int[] bytes;

        Shape(Row row) {
            List<String> parts = List.of(row.encoding().split(" "));
            vex = parts.contains("VEX");
            varies = row.encoding().contains("+");
            map = parts.contains("38") ? 2 : parts.contains("3A") ? 3 : 1;
            prefix = Math.max(0, List.of("", "66", "F3", "F2").indexOf(first(parts)));
            digit = parts.getLast().startsWith("/") ? parts.getLast().charAt(1) - '0' : -1;
            bytes =
                    parts.stream()
                            .skip(prefix != 0 ? parts.indexOf(first(parts)) + 1 : 0)
                            .filter(part -> part.matches("[0-9A-F]{2}(\\+.)?"))
                            .mapToInt(part -> Integer.parseInt(part.substring(0, 2), 16))
                            .toArray();
        }

        /** The first part that says which mandatory prefix, if there is one. */
        private static String first(List<String> parts) {
            int at = 0;
            while (at < parts.size() - 1 && parts.get(at).matches("VEX|L.|W.|REX.W")) {
                at++;
            }
            return at < parts.size() - 1 ? parts.get(at) : "";
        }
    }

    private void data() {
        for (int at = DATA; at < DATA + 0x8000; at += 8) {
            put(at, chance(50) ? pointer() : random.nextLong());
        }
    }

    private long pointer() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(0x10_0000);
            case 1 -> DATA + random.nextInt(0x8000);
            case 2 -> target();
            case 3 -> selector();
            case 4 -> random.nextInt(64);
            case 5 -> (1L << random.nextInt(64)) - random.nextInt(16);
            case 6 -> 0xfff - random.nextInt(16) + ((long) random.nextInt(256) << 12);
            default -> random.nextLong();
        };
    }

    // State

    private CpuState state() {
        boolean protectedMode = mode != REAL;
        boolean paging = mode >= PAGING_32 || mode == VIRTUAL_8086 && chance(30);
        boolean pae = mode >= PAE;
        long cr0 = Cpu.CR0_ET | random.nextInt() & (Cpu.CR0_WP | Cpu.CR0_AM | Cpu.CR0_NE);
        cr0 |= chance(10) ? Cpu.CR0_TS | Cpu.CR0_MP : 0;
        cr0 |= (protectedMode ? Cpu.CR0_PE : 0) | (paging ? Cpu.CR0_PG : 0);
        long cr4 = random.nextLong() & CR4_OPTIONAL | (pae ? Cpu.CR4_PAE : 0);
        cr4 |= chance(70) ? Cpu.CR4_OSFXSR | Cpu.CR4_OSXSAVE : 0;
        cr4 |= longMode() ? random.nextInt() & (Cpu.CR4_PCIDE | Cpu.CR4_LA57) : 0;
        long efer = random.nextInt() & (Cpu.EFER_SCE | Cpu.EFER_NXE);
        efer |= longMode() ? Cpu.EFER_LME | Cpu.EFER_LMA : 0;
        long[] control = {
            cr0, pointer(), TABLES, cr4, random.nextInt(16), XCR0[random.nextInt(XCR0.length)]
        };
        long flags = random.nextInt() & 0x3c_7ed5 | 2;
        flags |= chance(6) ? Cpu.FLAG_TF : 0;
        flags = mode == VIRTUAL_8086 ? flags | Cpu.FLAG_VM : flags & ~(long) Cpu.FLAG_VM;
        long mask = longMode() ? -1 : 0xffff_ffffL;
        return new CpuState(
                registers(),
                start(),
                flags,
                segments(),
                (chance(95) ? GDT : pointer()) & mask,
                chance(90) ? 0x1ff : random.nextInt(0x10000),
                (chance(95) ? mode == REAL ? 0 : IDT : pointer()) & mask,
                chance(90) ? 0xfff : random.nextInt(0x10000),
                control,
                debug(),
                modelSpecific(efer),
                floating(),
                false);
    }

    private long start() {
        int into = chance(80) ? 0 : random.nextInt(CODE_BYTES);
        return mode <= VIRTUAL_8086 ? into : CODE + into;
    }

    private long[] registers() {
        long[] gpr = new long[16];
        for (int r = 0; r < 16; r++) {
            gpr[r] = pointer();
        }
        if (chance(80)) {
            gpr[Cpu.RSP] = mode <= VIRTUAL_8086 ? 0x8000 : DATA + 0x4000;
        }
        return gpr;
    }

    private long[] debug() {
        long[] dr = {0, 0, 0, 0, 0xffff_0ff0L, 0x400};
        if (chance(20)) {
            for (int k = 0; k < 4; k++) {
                dr[k] = chance(50) ? target() : DATA + random.nextInt(0x8000);
            }
            dr[5] |= random.nextInt() & 0xffff_23ffL;
        }
        return dr;
    }

    private long[] modelSpecific(long efer) {
        long canonical = target();
        return new long[] {
            efer,
            (long) selector() << 48 | (long) selector() << 32,
            canonical,
            canonical,
            random.nextInt() & 0xffff_ffffL,
            canonical,
            selector(),
            DATA + 0x5000,
            canonical,
            0x0007_0406_0007_0406L,
            random.nextLong()
        };
    }

    private byte[] floating() {
        byte[] area = new byte[512];
        if (chance(50)) {
            random.nextBytes(area);
        } else {
            area[0] = 0x7f;
            area[1] = 3;
            area[24] = (byte) 0x80;
            area[25] = 0x1f;
        }
        return area;
    }

    private SegmentState[] segments() {
        boolean user = mode != REAL && chance(50);
        int level = user || mode == VIRTUAL_8086 ? 3 : 0;
        SegmentState[] segments = new SegmentState[8];
        for (int s = Cpu.ES; s <= Cpu.GS; s++) {
            segments[s] = mode <= VIRTUAL_8086 ? real(s, level) : descriptorSegment(s, level);
        }
        segments[Cpu.LDTR] =
                chance(70)
                        ? new SegmentState(0x58, LDT, 0x1ff, 0x82)
                        : new SegmentState(0, 0, 0, Cpu.ACCESS_UNUSABLE);
        segments[Cpu.TR] =
                new SegmentState(0x38, TSS, 0x67 + random.nextInt(0x100), chance(85) ? 0x8b : 0x83);
        return segments;
    }

    private SegmentState real(int segment, int level) {
        long base = segment == Cpu.CS ? CODE : DATA;
        return new SegmentState((int) base >> 4, base, 0xffff, 0x93 | level << 5);
    }

    private SegmentState descriptorSegment(int segment, int level) {
        int size = mode == PROTECTED_16 ? 0 : mode == LONG && segment == Cpu.CS ? 0xa000 : 0xc000;
        int type = segment == Cpu.CS ? 0x9b : 0x93;
        int index = segment == Cpu.CS ? mode == LONG ? 3 : 1 : 2;
        int selector = (level == 3 ? index + 3 : index) << 3 | level;
        int limit = chance(85) ? -1 : random.nextInt();
        long base = chance(90) ? 0 : random.nextInt(0x1000);
        return new SegmentState(selector, base, limit, size | type | level << 5);
    }
}
