package vmm.cpu.mmu;

import java.util.Arrays;

/**
 * Which translations of decoded code still hold. Code that was found at a linear address is given
 * the stamp of the moment, and is there without another look as long as that stamp is current.
 * Translations of global pages have stamps of their own, which outlive a write to CR3; and INVLPG
 * of a page that no code was found in, which is by far the most frequent, leaves all stamps as they
 * are.
 */
public final class CodeMappings {
    private static final int GLOBAL = 1 << 8;

    private static final int PAGES = 1 << 15;

    private long local = 1 << 9;
    private long global = 1 << 9 | GLOBAL;

    /** Hash set of the pages that code was found in since {@link #dropAll}. */
    private final long[] pages = new long[PAGES / Long.SIZE];

    CodeMappings() {}

    /** The stamp of code of {@code mode} (8 bits) in a page that is not global. */
    public long stamp(int mode) {
        return local | mode;
    }

    /** The stamp of code in a global page. */
    public long globalStamp(int mode) {
        return global | mode;
    }

    /** Notes that code in the page at {@code linear} gets a stamp. */
    public void found(long linear) {
        int page = page(linear);
        pages[page >> 6] |= 1L << page;
    }

    private static int page(long linear) {
        return (int) (linear >>> 12 ^ linear >>> 27) & PAGES - 1;
    }

    /** Makes the stamps of code in the 4 KiB at {@code linear} old, and may make all others old. */
    void dropPage(long linear) {
        int page = page(linear);
        if ((pages[page >> 6] >>> page & 1) != 0) {
            dropAll();
        }
    }

    void dropNonGlobal() {
        local += 1 << 9;
    }

    void dropAll() {
        local += 1 << 9;
        global += 1 << 9;
        Arrays.fill(pages, 0);
    }
}
