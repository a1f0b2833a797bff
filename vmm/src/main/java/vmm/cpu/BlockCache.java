package vmm.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import vmm.mem.GuestMemory;

/** The blocks of one processor by guest physical address, to be dropped by page. */
final class BlockCache {
    /** All blocks are dropped when there are more instructions than this: some 70 MB. */
    private static final int MAX_INSNS = 600_000;

    private static final int BUCKETS = 1 << 16;
    private static final int RECENT = 1 << 14;

    private final GuestMemory memory;
    private final @Nullable Block[] buckets = new @Nullable Block[BUCKETS];

    /** The blocks that start in a page, by page of RAM. */
    private final @Nullable Block[] pages;

    /** The blocks that reach into a page from another. */
    private final @Nullable Block[] reaching;

    private final Block nowhere = new Block(new Insn[0], -1, 0, 0, -1, false, 0, false);

    /** By linear address, one block for each slot; see {@link #slot}. */
    final Block[] recent = new Block[RECENT];

    private int insns;

    BlockCache(GuestMemory memory) {
        this.memory = memory;
        int count = (int) (memory.ram().byteSize() >>> GuestMemory.PAGE_SHIFT);
        pages = new @Nullable Block[count];
        reaching = new @Nullable Block[count];
        Arrays.fill(recent, nowhere);
    }

    /** A block that is never entered. */
    Block nowhere() {
        return nowhere;
    }

    static int slot(long linear) {
        return (int) (linear ^ linear >>> 13) & RECENT - 1;
    }

    private static int bucket(long gpa) {
        return (int) (gpa ^ gpa >>> 15) & BUCKETS - 1;
    }

    /** The block of {@code mode} that starts at {@code gpa}, or null. */
    @Nullable Block find(long gpa, int mode) {
        Block block = buckets[bucket(gpa)];
        while (block != null && (block.gpa != gpa || block.mode != mode)) {
            block = block.nextInBucket;
        }
        return block;
    }

    /** Adds a block that lies in RAM. */
    void add(Block block) {
        if (insns > MAX_INSNS) {
            dropAll();
        }
        insns += block.insns.length;
        int bucket = bucket(block.gpa);
        block.nextInBucket = buckets[bucket];
        buckets[bucket] = block;
        int page = page(block.gpa);
        block.nextInPage = pages[page];
        pages[page] = block;
        if (block.secondPage >= 0) {
            int second = page(block.secondPage);
            block.nextReaching = reaching[second];
            reaching[second] = block;
        }
    }

    private int page(long gpa) {
        return (int) (memory.ramOffset(gpa) >>> GuestMemory.PAGE_SHIFT);
    }

    /** Drops the blocks that have bytes in the page at {@code pageGpa}. */
    void dropPage(long pageGpa) {
        dropStarting(pageGpa);
        int page = page(pageGpa);
        Block block = reaching[page];
        reaching[page] = null;
        while (block != null) {
            remove(block);
            block = block.nextReaching;
        }
    }

    private void dropStarting(long pageGpa) {
        int page = page(pageGpa);
        Block block = pages[page];
        pages[page] = null;
        while (block != null) {
            Block next = block.nextInPage;
            remove(block);
            block = next;
        }
    }

    private void remove(Block dropped) {
        if (dropped.dropped()) { // through the other one of its two pages
            return;
        }
        int bucket = bucket(dropped.gpa);
        Block block = buckets[bucket];
        if (block == dropped) {
            buckets[bucket] = dropped.nextInBucket;
        } else {
            while (block != null && block.nextInBucket != dropped) {
                block = block.nextInBucket;
            }
            if (block != null) {
                block.nextInBucket = dropped.nextInBucket;
            }
        }
        insns -= dropped.insns.length;
        dropped.drop();
    }

    private void dropAll() {
        for (int page = 0; page < pages.length; page++) {
            if (pages[page] != null) {
                dropStarting(memory.gpaOf((long) page << GuestMemory.PAGE_SHIFT));
            }
        }
    }
}
