package vmm.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import vmm.mem.GuestMemory;

/** The blocks of one processor by guest physical address, to be dropped by page. */
final class BlockCache {
    /** All blocks are dropped when they are larger than this. */
    private static final int MAX_BYTES = 48 << 20;

    /** What a block takes in HotSpot's heap, and what each of its instructions does. */
    private static final int BLOCK_BYTES = 112, INSN_BYTES = 68;

    private static final int BUCKETS = 1 << 16;
    private static final int RECENT = 1 << 16;

    private final GuestMemory memory;
    private final @Nullable Block[] buckets = new @Nullable Block[BUCKETS];

    /** The blocks that start in a page, by page of RAM. */
    private final @Nullable Block[] pages;

    /** The blocks that reach into a page from another. */
    private final @Nullable Block[] reaching;

    private final Block nowhere = new Block(new Insn[0], -1, 0, 0, -1, false, 0, false);

    /** By linear address, one block for each slot; see {@link #slot}. */
    final Block[] recent = new Block[RECENT];

    private int bytes;

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
        return (int) (linear ^ linear >>> 15) & RECENT - 1;
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
        if (bytes > MAX_BYTES) {
            dropAll();
        }
        bytes += size(block);
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

    private static int size(Block block) {
        return BLOCK_BYTES + INSN_BYTES * block.insns.length;
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
            int first = page(block.gpa);
            pages[first] = withoutInPage(pages[first], block);
            block = block.nextReaching;
        }
    }

    private void dropStarting(long pageGpa) {
        int page = page(pageGpa);
        Block block = pages[page];
        pages[page] = null;
        while (block != null) {
            remove(block);
            if (block.secondPage >= 0) {
                int second = page(block.secondPage);
                reaching[second] = withoutReaching(reaching[second], block);
            }
            block = block.nextInPage;
        }
    }

    // A dropped block leaves the list of its other page as well: a guest that writes to only one of
    // the two, time and again, would make that list grow without end.

    private static @Nullable Block withoutInPage(@Nullable Block list, Block dropped) {
        if (list == dropped) {
            return dropped.nextInPage;
        }
        for (Block block = list; block != null; block = block.nextInPage) {
            if (block.nextInPage == dropped) {
                block.nextInPage = dropped.nextInPage;
            }
        }
        return list;
    }

    private static @Nullable Block withoutReaching(@Nullable Block list, Block dropped) {
        if (list == dropped) {
            return dropped.nextReaching;
        }
        for (Block block = list; block != null; block = block.nextReaching) {
            if (block.nextReaching == dropped) {
                block.nextReaching = dropped.nextReaching;
            }
        }
        return list;
    }

    private void remove(Block dropped) {
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
        bytes -= size(dropped);
        int slot = slot(dropped.linear);
        if (recent[slot] == dropped) {
            recent[slot] = nowhere; // else it would be kept from the collector
        }
        dropped.drop();
    }

    /** How many blocks are in the list of a page, starting there or reaching into it; for tests. */
    int held(long pageGpa) {
        int held = 0;
        for (Block block = pages[page(pageGpa)]; block != null; block = block.nextInPage) {
            held++;
        }
        for (Block block = reaching[page(pageGpa)]; block != null; block = block.nextReaching) {
            held++;
        }
        return held;
    }

    private void dropAll() {
        for (int page = 0; page < pages.length; page++) {
            if (pages[page] != null) {
                dropStarting(memory.gpaOf((long) page << GuestMemory.PAGE_SHIFT));
            }
        }
    }
}
