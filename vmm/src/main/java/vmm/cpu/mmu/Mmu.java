package vmm.cpu.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import vmm.cpu.Cpu;
import vmm.mem.GuestMemory;

/**
 * Memory access of the processor: segmentation, paging, soft TLB. Every access names its segment
 * and the offset in it; faults are thrown as {@link vmm.cpu.GuestFault} before anything is changed.
 * Values are zero-extended.
 *
 * <p>The methods of fixed width are the hot path: one comparison with a tag of {@link Tlb} and, in
 * modes with limits, one bit per segment that says whether the segment needs looking at. Everything
 * else (page walks, limits, page crossing, MMIO, writes to code) is behind {@code loadSlow} and
 * {@code storeSlow}.
 */
public final class Mmu {
    static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort I16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong I64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long PAGE_MASK = Tlb.PAGE_MASK;
    private static final int PAGE_SIZE = GuestMemory.PAGE_SIZE;
    private static final int WRITE = Tlb.WRITE, ADDEND = Tlb.ADDEND;

    private static final int FLAT_SEGMENTS = 1 << Cpu.ES | 1 << Cpu.SS | 1 << Cpu.DS;

    private final Cpu cpu;
    private final GuestMemory memory;
    private final MemorySegment ram;
    private final SegmentCheck segments;
    private final PageWalk walk;
    private final Tlb tlb = new Tlb();
    private final FlatMemory flatMemory;

    /** {@link Tlb#entries}, at hand. */
    private final long[] entries = tlb.entries;

    /** {@link Cpu#segmentBase}, at hand. */
    private final long[] bases;

    // Derived from the processor's mode; see modeChanged and privilegeChanged.

    /** Bit s: reads through segment s need {@link SegmentCheck}. */
    private int checkedReads;

    private int checkedWrites;

    private boolean flat;

    /** All ones in 64-bit mode, else 32 ones. */
    private long linearMask = 0xffff_ffffL;

    /** All ones in long mode, compatibility mode included, else 32 ones. */
    private long systemMask = 0xffff_ffffL;

    /** First entry of the current privilege. */
    int contextBase;

    /** What is known of the translations that decoded code was found by. */
    public final CodeMappings code = new CodeMappings();

    /** First entry of accesses that are the processor's own: descriptor tables, TSS. */
    private int systemBase;

    public Mmu(Cpu cpu, GuestMemory memory) {
        this.cpu = cpu;
        this.memory = memory;
        ram = memory.ram();
        bases = cpu.segmentBase;
        segments = new SegmentCheck(cpu);
        walk = new PageWalk(cpu, memory);
        flatMemory = new FlatMemory(this, ram, entries);
    }

    /** The processor that this unit belongs to. */
    public Cpu cpu() {
        return cpu;
    }

    /** The guest memory below. */
    public GuestMemory memory() {
        return memory;
    }

    // Mode

    /** To be called after a change of CR0, CR4, EFER or of what CS means; see {@link Cpu}. */
    public void modeChanged() {
        walk.modeChanged();
        linearMask = cpu.longMode() ? -1 : 0xffff_ffffL;
        systemMask = (cpu.efer & Cpu.EFER_LMA) != 0 ? -1 : 0xffff_ffffL;
        checkedReads = 0;
        checkedWrites = 0;
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            segmentChanged(segment);
        }
        privilegeChanged();
    }

    /** To be called after a change of a segment's base, limit or access rights. */
    public void segmentChanged(int segment) {
        int bit = 1 << segment;
        boolean unchecked = cpu.longMode();
        checkedReads =
                unchecked || segments.flat(segment, false)
                        ? checkedReads & ~bit
                        : checkedReads | bit;
        checkedWrites =
                unchecked || segments.flat(segment, true)
                        ? checkedWrites & ~bit
                        : checkedWrites | bit;
        flat =
                (bases[Cpu.ES] | bases[Cpu.SS] | bases[Cpu.DS]) == 0
                        && ((checkedReads | checkedWrites) & FLAT_SEGMENTS) == 0
                        && cpu.stackMask != 0xffff;
    }

    /** To be called after a change of CPL, of RFLAGS.AC, or of what these mean. */
    public void privilegeChanged() {
        boolean ac = (cpu.rflags & Cpu.FLAG_AC) != 0;
        boolean smap = (cpu.cr4 & Cpu.CR4_SMAP) != 0;
        int privilege;
        if (cpu.cpl == 3) {
            boolean aligned = ac && (cpu.cr0 & Cpu.CR0_AM) != 0;
            privilege = aligned ? PageWalk.USER_ALIGNED : PageWalk.USER;
        } else {
            privilege = smap && !ac ? PageWalk.SUPERVISOR_SMAP : PageWalk.SUPERVISOR;
        }
        contextBase = privilege * Tlb.CONTEXT_STRIDE;
        systemBase = (smap ? PageWalk.SUPERVISOR_SMAP : PageWalk.SUPERVISOR) * Tlb.CONTEXT_STRIDE;
    }

    /** Drops all translations. */
    public void flush() {
        code.dropAll();
        tlb.flushAll();
    }

    /** To be called after a change of the rights of protection keys. */
    public void keysChanged() {
        if ((cpu.cr4 & Cpu.CR4_PKE) != 0) {
            flush();
        }
    }

    /** Drops the translations that a write to CR3 drops. */
    public void flushNonGlobal() {
        code.dropNonGlobal();
        tlb.flushNonGlobal();
    }

    /** Drops the translations of the page that holds {@code linear} (INVLPG). */
    public void flushPage(long linear) {
        if (tlb.flushPage(linear)) {
            code.dropPage(linear);
        } else {
            code.dropAll();
        }
    }

    /** Whether the paging mode uses the pointers that {@link #loadPointers} loads. */
    public boolean paePaging() {
        return walk.pae();
    }

    /** Loads the PAE page directory pointers; false, and nothing changed, if they are invalid. */
    public boolean loadPointers(long cr3) {
        return walk.loadPointers(cr3);
    }

    /** Makes stores to the page at {@code gpa} report themselves: it now holds decoded code. */
    public void protectCode(long gpa) {
        long offset = memory.ramOffset(gpa);
        if (offset >= 0) {
            tlb.protectCode(offset);
        }
    }

    /** Makes the next store to every page set its dirty flag again. */
    public void dirtyLogCleared() {
        tlb.dropWrites();
    }

    // Loads

    public int load8(int segment, long offset) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear & PAGE_MASK)) {
            return ram.get(I8, linear + entries[at + ADDEND]) & 0xff;
        }
        return (int) loadSlow(segment, offset, 1);
    }

    public int load16(int segment, long offset) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear + 1 & PAGE_MASK)) {
            return ram.get(I16, linear + entries[at + ADDEND]) & 0xffff;
        }
        return (int) loadSlow(segment, offset, 2);
    }

    public int load32(int segment, long offset) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear + 3 & PAGE_MASK)) {
            return ram.get(I32, linear + entries[at + ADDEND]);
        }
        return (int) loadSlow(segment, offset, 4);
    }

    public long load64(int segment, long offset) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear + 7 & PAGE_MASK)) {
            return ram.get(I64, linear + entries[at + ADDEND]);
        }
        return loadSlow(segment, offset, 8);
    }

    /** Loads {@code size} (1, 2, 4 or 8) bytes. */
    public long load(int segment, long offset, int size) {
        return switch (size) {
            case 1 -> load8(segment, offset);
            case 2 -> load16(segment, offset);
            case 4 -> load32(segment, offset) & 0xffff_ffffL;
            default -> load64(segment, offset);
        };
    }

    /**
     * Loads {@code size} (1, 2, 4 or 8) bytes with the checks of a store: a store to the same place
     * that follows cannot fault.
     */
    public long loadForUpdate(int segment, long offset, int size) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + size - 1 & PAGE_MASK)) {
            return ramLoad(linear + entries[at + ADDEND], size);
        }
        return updateSlow(segment, offset, size);
    }

    /** Adds to four bytes; returns what was there. Nothing has changed if it faults. */
    public int add32(int segment, long offset, int value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 3 & PAGE_MASK)) {
            long where = linear + entries[at + ADDEND];
            int old = ram.get(I32, where);
            ram.set(I32, where, old + value);
            return old;
        }
        int old = (int) updateSlow(segment, offset, 4);
        store32(segment, offset, old + value);
        return old;
    }

    /** As {@link #add32} for eight bytes. */
    public long add64(int segment, long offset, long value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 7 & PAGE_MASK)) {
            long where = linear + entries[at + ADDEND];
            long old = ram.get(I64, where);
            ram.set(I64, where, old + value);
            return old;
        }
        long old = updateSlow(segment, offset, 8);
        store64(segment, offset, old + value);
        return old;
    }

    /** Loads 16 bytes to {@code to[index]} and {@code to[index + 1]}, least significant first. */
    public void load128(int segment, long offset, long[] to, int index) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear + 15 & PAGE_MASK)) {
            long from = linear + entries[at + ADDEND];
            long low = ram.get(I64, from);
            to[index + 1] = ram.get(I64, from + 8);
            to[index] = low;
        } else {
            probe(segment, offset, 16, false);
            long low = load64(segment, offset);
            to[index + 1] = load64(segment, offset + 8);
            to[index] = low;
        }
    }

    /** Loads 32 bytes to {@code to[index]} and the three behind it, least significant first. */
    public void load256(int segment, long offset, long[] to, int index) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedReads >>> segment & 1) == 0 && entries[at] == (linear + 31 & PAGE_MASK)) {
            long from = linear + entries[at + ADDEND];
            to[index] = ram.get(I64, from);
            to[index + 1] = ram.get(I64, from + 8);
            to[index + 2] = ram.get(I64, from + 16);
            to[index + 3] = ram.get(I64, from + 24);
        } else {
            probe(segment, offset, 32, false);
            load128(segment, offset, to, index);
            load128(segment, offset + 16, to, index + 2);
        }
    }

    // Stores

    public void store8(int segment, long offset, int value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0 && entries[at + WRITE] == (linear & PAGE_MASK)) {
            ram.set(I8, linear + entries[at + ADDEND], (byte) value);
        } else {
            storeSlow(segment, offset, 1, value);
        }
    }

    public void store16(int segment, long offset, int value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 1 & PAGE_MASK)) {
            ram.set(I16, linear + entries[at + ADDEND], (short) value);
        } else {
            storeSlow(segment, offset, 2, value);
        }
    }

    public void store32(int segment, long offset, int value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 3 & PAGE_MASK)) {
            ram.set(I32, linear + entries[at + ADDEND], value);
        } else {
            storeSlow(segment, offset, 4, value);
        }
    }

    public void store64(int segment, long offset, long value) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 7 & PAGE_MASK)) {
            ram.set(I64, linear + entries[at + ADDEND], value);
        } else {
            storeSlow(segment, offset, 8, value);
        }
    }

    /** Stores the low {@code size} (1, 2, 4 or 8) bytes of {@code value}. */
    public void store(int segment, long offset, int size, long value) {
        switch (size) {
            case 1 -> store8(segment, offset, (int) value);
            case 2 -> store16(segment, offset, (int) value);
            case 4 -> store32(segment, offset, (int) value);
            default -> store64(segment, offset, value);
        }
    }

    /** Stores 16 bytes. */
    public void store128(int segment, long offset, long low, long high) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 15 & PAGE_MASK)) {
            long to = linear + entries[at + ADDEND];
            ram.set(I64, to, low);
            ram.set(I64, to + 8, high);
        } else {
            probe(segment, offset, 16, true);
            store64(segment, offset, low);
            store64(segment, offset + 8, high);
        }
    }

    /** Stores the 32 bytes of {@code from[index]} and the three behind it. */
    public void store256(int segment, long offset, long[] from, int index) {
        long linear = bases[segment] + offset & linearMask;
        int at = Tlb.index(linear, contextBase);
        if ((checkedWrites >>> segment & 1) == 0
                && entries[at + WRITE] == (linear + 31 & PAGE_MASK)) {
            long to = linear + entries[at + ADDEND];
            ram.set(I64, to, from[index]);
            ram.set(I64, to + 8, from[index + 1]);
            ram.set(I64, to + 16, from[index + 2]);
            ram.set(I64, to + 24, from[index + 3]);
        } else {
            probe(segment, offset, 32, true);
            store128(segment, offset, from[index], from[index + 1]);
            store128(segment, offset + 16, from[index + 2], from[index + 3]);
        }
    }

    // Translated code

    /**
     * Whether the segments ES, SS and DS have base 0 and no limit, and the stack is not one of 64
     * KiB. That holds until one of them is loaded or the mode changes.
     */
    public boolean flat() {
        return flat;
    }

    /** Access for as long as {@link #flat} holds. */
    public FlatMemory flatMemory() {
        return flatMemory;
    }

    // Checks without access, and direct access

    /**
     * Throws what an access to {@code size} (1..4096) bytes would throw; after it the access, in
     * whatever parts, cannot fault.
     */
    public void probe(int segment, long offset, int size, boolean write) {
        segments.check(segment, offset, size, write);
        long linear = bases[segment] + offset & linearMask;
        checkAlignment(linear, size);
        locateAll(linear, size, write ? WRITE : Tlb.READ, contextBase);
    }

    /**
     * Offset in {@link GuestMemory#ram} of {@code length} bytes that may be read there at once, or
     * -1 if they must be loaded one by one (MMIO, more than one page, a limit). Throws the page
     * fault of the first byte.
     */
    public long directRead(int segment, long offset, int length) {
        return direct(segment, offset, length, Tlb.READ);
    }

    /** As {@link #directRead} for bytes to be written. */
    public long directWrite(int segment, long offset, int length) {
        return direct(segment, offset, length, WRITE);
    }

    private long direct(int segment, long offset, int length, int access) {
        long linear = bases[segment] + offset & linearMask;
        if ((int) (linear & PAGE_SIZE - 1) + length > PAGE_SIZE
                || !segments.allows(segment, offset, length, access == WRITE)) {
            return -1;
        }
        int at = locate(linear, access, contextBase);
        return entries[at + access] == (linear & PAGE_MASK) ? linear + entries[at + ADDEND] : -1;
    }

    // Accesses of the processor itself, by linear address

    /** Loads {@code size} (1, 2, 4 or 8) bytes of a descriptor table or TSS, as the supervisor. */
    public long loadSystem(long linear, int size) {
        return loadLinear(linear & systemMask, size, systemBase);
    }

    /** Stores to a descriptor table or TSS. */
    public void storeSystem(long linear, int size, long value) {
        storeLinear(linear & systemMask, size, value, systemBase);
    }

    /** Throws what {@link #storeSystem} of {@code size} (1..4096) bytes would throw. */
    public void probeSystem(long linear, int size) {
        locateAll(linear & systemMask, size, WRITE, systemBase);
    }

    /** Stores with the rights of {@code cpl}, which need not be the current one. */
    public void storeAs(int cpl, long linear, int size, long value) {
        storeLinear(linear & systemMask, size, value, cpl == 3 ? userBase() : systemBase);
    }

    /** Throws what {@link #storeAs} of {@code size} (1..4096) bytes would throw. */
    public void probeAs(int cpl, long linear, int size) {
        locateAll(linear & systemMask, size, WRITE, cpl == 3 ? userBase() : systemBase);
    }

    private static int userBase() {
        return PageWalk.USER * Tlb.CONTEXT_STRIDE;
    }

    /** Guest physical address of the instruction byte at {@code linear}, or a page fault. */
    public long fetchGpa(long linear) {
        boolean user = cpu.cpl == 3;
        long[] fetch = tlb.fetch;
        int at = Tlb.fetchIndex(linear, user);
        if (fetch[at] == (linear & PAGE_MASK)) {
            return fetch[at + 1] & PAGE_MASK | linear & PAGE_SIZE - 1;
        }
        return fetchSlow(linear, user, at);
    }

    private long fetchSlow(long linear, boolean user, int at) {
        if (cpu.longMode() && !cpu.canonical(linear)) {
            throw cpu.protection();
        }
        long gpa = walk.walk(linear, PageWalk.FETCH, user ? PageWalk.USER : PageWalk.SUPERVISOR);
        tlb.noteLarge(linear, walk.pageShift());
        tlb.fetch[at] = linear & PAGE_MASK;
        tlb.fetch[at + 1] = gpa & PAGE_MASK | (walk.global() ? Tlb.GLOBAL : 0);
        return gpa;
    }

    /** Whether the page that {@link #fetchGpa} has just translated is global. */
    public boolean fetchedGlobal(long linear) {
        return (tlb.fetch[Tlb.fetchIndex(linear, cpu.cpl == 3) + 1] & Tlb.GLOBAL) != 0;
    }

    // Slow paths

    long loadSlow(int segment, long offset, int size) {
        segments.check(segment, offset, size, false);
        long linear = bases[segment] + offset & linearMask;
        checkAlignment(linear, size);
        if (cpu.breakpoints.data) {
            cpu.breakpoints.accessed(linear, size, false);
        }
        return loadLinear(linear, size, contextBase);
    }

    private long updateSlow(int segment, long offset, int size) {
        probe(segment, offset, size, true);
        long linear = bases[segment] + offset & linearMask;
        if (cpu.breakpoints.data) {
            cpu.breakpoints.accessed(linear, size, false);
        }
        return loadLinear(linear, size, contextBase);
    }

    void storeSlow(int segment, long offset, int size, long value) {
        segments.check(segment, offset, size, true);
        long linear = bases[segment] + offset & linearMask;
        checkAlignment(linear, size);
        if (cpu.breakpoints.data) {
            cpu.breakpoints.accessed(linear, size, true);
        }
        storeLinear(linear, size, value, contextBase);
    }

    private void checkAlignment(long linear, int size) {
        if (contextBase == PageWalk.USER_ALIGNED * Tlb.CONTEXT_STRIDE
                && size <= 8
                && (linear & size - 1) != 0) {
            throw cpu.fault(Cpu.AC, 0);
        }
    }

    private long loadLinear(long linear, int size, int base) {
        int room = PAGE_SIZE - (int) (linear & PAGE_SIZE - 1);
        if (size <= room) {
            return readAt(locate(linear, Tlb.READ, base), linear, size);
        }
        locateAll(linear, size, Tlb.READ, base);
        long value = 0;
        for (int k = size - 1; k >= 0; k--) {
            long byteAt = next(linear, k);
            value = value << 8 | readAt(locate(byteAt, Tlb.READ, base), byteAt, 1);
        }
        return value;
    }

    private void storeLinear(long linear, int size, long value, int base) {
        int room = PAGE_SIZE - (int) (linear & PAGE_SIZE - 1);
        if (size <= room) {
            writeAt(locate(linear, WRITE, base), linear, size, value);
            return;
        }
        locateAll(linear, size, WRITE, base);
        for (int k = 0; k < size; k++) {
            long byteAt = next(linear, k);
            writeAt(locate(byteAt, WRITE, base), byteAt, 1, value >>> 8 * k);
        }
    }

    /** {@code linear + k}, within 32 bits outside long mode. */
    private long next(long linear, int k) {
        return linear + k & systemMask;
    }

    /** Translates the one or two pages of {@code size} bytes at {@code linear}. */
    private void locateAll(long linear, int size, int access, int base) {
        locate(linear, access, base);
        long last = next(linear, size - 1);
        if ((last & PAGE_MASK) != (linear & PAGE_MASK)) {
            locate(last & PAGE_MASK, access, base);
        }
    }

    /** The valid entry for {@code linear}; walks the page tables if there is none yet. */
    private int locate(long linear, int access, int base) {
        int at = Tlb.index(linear, base);
        if ((entries[at + access] & Tlb.TAG_MASK) != (linear & PAGE_MASK)) {
            fill(at, linear, access, base / Tlb.CONTEXT_STRIDE);
        }
        return at;
    }

    private void fill(int at, long linear, int access, int privilege) {
        long gpa = walk.walk(linear, access, privilege) & PAGE_MASK;
        long page = linear & PAGE_MASK;
        boolean slow =
                privilege == PageWalk.USER_ALIGNED
                        || cpu.breakpoints.data && cpu.breakpoints.inPage(page);
        long tag = slow ? page | Tlb.SLOW : page;
        long writeTag = Tlb.INVALID;
        long offset = memory.ramOffset(gpa);
        if (offset < 0) {
            tag |= Tlb.MMIO;
            writeTag = access == WRITE ? tag : writeTag;
            offset = gpa;
        } else if (access == WRITE) {
            memory.markDirtyAt(offset);
            writeTag = memory.isCodeAt(offset) ? tag | Tlb.CODE : tag;
        }
        tlb.fill(at, tag, writeTag, offset - page, walk.global());
        tlb.noteLarge(linear, walk.pageShift());
    }

    private long readAt(int at, long linear, int size) {
        long where = linear + entries[at + ADDEND];
        if ((entries[at] & Tlb.MMIO) != 0) {
            return cpu.platform.mmioRead(where, size);
        }
        return ramLoad(where, size);
    }

    private void writeAt(int at, long linear, int size, long value) {
        long tag = entries[at + WRITE];
        long where = linear + entries[at + ADDEND];
        if ((tag & Tlb.MMIO) != 0) {
            cpu.platform.mmioWrite(where, size, value);
            return;
        }
        ramStore(where, size, value);
        if ((tag & Tlb.CODE) != 0) {
            if (memory.isCodeAt(where)) {
                memory.codeWritten(memory.gpaOf(where));
            }
            if (entries[at + WRITE] == tag && !memory.isCodeAt(where)) {
                entries[at + WRITE] = tag & ~Tlb.CODE;
            }
        }
    }

    private long ramLoad(long where, int size) {
        return switch (size) {
            case 1 -> ram.get(I8, where) & 0xffL;
            case 2 -> ram.get(I16, where) & 0xffffL;
            case 4 -> ram.get(I32, where) & 0xffff_ffffL;
            default -> ram.get(I64, where);
        };
    }

    private void ramStore(long where, int size, long value) {
        switch (size) {
            case 1 -> ram.set(I8, where, (byte) value);
            case 2 -> ram.set(I16, where, (short) value);
            case 4 -> ram.set(I32, where, (int) value);
            default -> ram.set(I64, where, value);
        }
    }
}
