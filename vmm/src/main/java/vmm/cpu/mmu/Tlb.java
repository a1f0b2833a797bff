package vmm.cpu.mmu;

import java.util.Arrays;

/**
 * The soft TLB: per page a tag for reads, a tag for writes, and what must be added to a linear
 * address to get an offset in RAM (or, for a page outside RAM, a guest physical address).
 *
 * <p>A tag is the page's linear address, so that one comparison with the address of the
 * <em>last</em> byte of an access decides at once about presence, rights, canonical form and page
 * crossing. Flags in the low bits make a valid tag miss that comparison: {@link Mmu} then takes the
 * slow path, which looks at the flags. Each privilege has its own entries, so that a change of
 * privilege flushes nothing.
 */
final class Tlb {
    /** Words of an entry. */
    static final int READ = 0, WRITE = 1, ADDEND = 2;

    static final int ENTRY_SHIFT = 2;
    private static final int PAGES = 1024;

    /** Mask of a scaled page index within the entries of one privilege. */
    static final int INDEX_MASK = (PAGES - 1) << ENTRY_SHIFT;

    /** Distance between the entries of two privileges. */
    static final int CONTEXT_STRIDE = PAGES << ENTRY_SHIFT;

    static final int CONTEXTS = 4;

    static final long PAGE_MASK = -4096L;

    /** The page is not RAM. */
    static final long MMIO = 1;

    /** The page holds decoded code: a write must be reported. */
    static final long CODE = 2;

    /** Each access must be looked at (alignment checks, breakpoints). */
    static final long SLOW = 4;

    static final long TAG_MASK = ~7L;

    static final long INVALID = -1;

    private static final int FETCH_PAGES = 512;
    private static final int NON_GLOBAL_LIMIT = 2048;

    final long[] entries = new long[CONTEXTS * CONTEXT_STRIDE];

    /** In the second word of a pair of {@link #fetch}. */
    static final long GLOBAL = 1;

    /**
     * Pairs of a tag and the page's guest physical address with {@link #GLOBAL}: supervisor's
     * pages, then user's.
     */
    final long[] fetch = new long[2 * FETCH_PAGES * 2];

    // Which entries a flush of non-global pages has to visit; beyond the limit it visits all.
    private final int[] nonGlobal = new int[NON_GLOBAL_LIMIT];
    private int nonGlobalCount;

    // Hash sets of the 2 MiB and 1 GiB regions that have entries made from large pages: INVLPG must
    // drop all entries of the page, however small a part of it each one covers.
    private final long[] largeRegions = new long[16];
    private long hugeRegions;

    Tlb() {
        flushAll();
    }

    static int index(long linear, int contextBase) {
        return ((int) (linear >>> (12 - ENTRY_SHIFT)) & INDEX_MASK) + contextBase;
    }

    static int fetchIndex(long linear, boolean user) {
        return (((int) (linear >>> 12) & (FETCH_PAGES - 1)) + (user ? FETCH_PAGES : 0)) << 1;
    }

    void fill(int at, long readTag, long writeTag, long addend, boolean global) {
        entries[at + READ] = readTag;
        entries[at + WRITE] = writeTag;
        entries[at + ADDEND] = addend;
        if (!global) {
            noteNonGlobal(at);
        }
    }

    private void noteNonGlobal(int at) {
        if (nonGlobalCount < NON_GLOBAL_LIMIT) {
            nonGlobal[nonGlobalCount] = at;
        }
        nonGlobalCount++;
    }

    /** Notes that an entry for {@code linear} comes from a page of {@code 1 << shift} bytes. */
    void noteLarge(long linear, int shift) {
        if (shift > 12) {
            largeRegions[(int) (linear >>> 27) & 15] |= 1L << (linear >>> 21);
        }
        if (shift == 22) { // two regions, SDM 3 section 4.3
            largeRegions[(int) (linear >>> 27) & 15] |= 1L << (linear >>> 21 ^ 1);
        } else if (shift > 22) {
            hugeRegions |= 1L << (linear >>> 30);
        }
    }

    void flushAll() {
        Arrays.fill(entries, INVALID);
        Arrays.fill(fetch, INVALID);
        Arrays.fill(largeRegions, 0);
        hugeRegions = 0;
        nonGlobalCount = 0;
    }

    /** Drops all entries but (most of) those of global pages. */
    void flushNonGlobal() {
        if (nonGlobalCount > NON_GLOBAL_LIMIT) {
            Arrays.fill(entries, INVALID);
        } else {
            for (int k = 0; k < nonGlobalCount; k++) {
                drop(nonGlobal[k]);
            }
        }
        nonGlobalCount = 0; // but what is known of large pages stays: code was found by them
        Arrays.fill(fetch, INVALID);
    }

    /**
     * Drops the entries of the page, small or large, that holds {@code linear}; says whether only
     * those of its 4 KiB were dropped.
     */
    boolean flushPage(long linear) {
        if ((hugeRegions >>> (linear >>> 30) & 1) != 0
                || (largeRegions[(int) (linear >>> 27) & 15] >>> (linear >>> 21) & 1) != 0) {
            flushAll();
            return false;
        }
        long page = linear & PAGE_MASK;
        for (int context = 0; context < CONTEXTS; context++) {
            int at = index(linear, context * CONTEXT_STRIDE);
            if ((entries[at + READ] & TAG_MASK) == page
                    || (entries[at + WRITE] & TAG_MASK) == page) {
                drop(at);
            }
        }
        fetch[fetchIndex(linear, false)] = INVALID;
        fetch[fetchIndex(linear, true)] = INVALID;
        return true;
    }

    private void drop(int at) {
        entries[at + READ] = INVALID;
        entries[at + WRITE] = INVALID;
    }

    /** Makes writes to the RAM page at {@code offset} take the slow path. */
    void protectCode(long offset) {
        long page = offset & PAGE_MASK;
        for (int at = 0; at < entries.length; at += 1 << ENTRY_SHIFT) {
            long tag = entries[at + WRITE];
            if (tag != INVALID
                    && (tag & MMIO) == 0
                    && (tag & PAGE_MASK) + entries[at + ADDEND] == page) {
                entries[at + WRITE] = tag | CODE;
            }
        }
    }

    /** Makes the next write to every page take the slow path. */
    void dropWrites() {
        for (int at = 0; at < entries.length; at += 1 << ENTRY_SHIFT) {
            entries[at + WRITE] = INVALID;
        }
    }
}
