package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmm.mem.GuestMemory;

class BlockCacheTest {
    private static final long FIRST = 0x3000, SECOND = 0x5000;

    private final BlockCache cache = new BlockCache(GuestMemory.allocate(1 << 20));

    private static Block block(long gpa, long secondPage) {
        return new Block(new Insn[] {new Insn()}, gpa, 0, 4, secondPage, false, 0, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {FIRST, SECOND})
    void blockInTwoPagesIsForgottenWithEither(long written) {
        for (int k = 0; k < 100; k++) {
            cache.add(block(FIRST + 0xffe, SECOND));
            cache.dropPage(written);
        }
        assertNull(cache.find(FIRST + 0xffe, 0));
        assertEquals(0, cache.held(FIRST));
        assertEquals(0, cache.held(SECOND));
    }

    @Test
    void blockThatReachesIntoItsOwnPageIsForgotten() {
        cache.add(block(FIRST + 0xffe, FIRST));
        cache.dropPage(FIRST);
        assertNull(cache.find(FIRST + 0xffe, 0));
        assertEquals(0, cache.held(FIRST));
    }

    @Test
    void neighboursInTheListStay() {
        Block before = block(FIRST + 0x10, -1);
        Block after = block(FIRST + 0x20, -1);
        cache.add(before);
        cache.add(block(FIRST + 0xffe, SECOND));
        cache.add(after);
        cache.dropPage(SECOND);
        assertSame(before, cache.find(FIRST + 0x10, 0));
        assertSame(after, cache.find(FIRST + 0x20, 0));
        assertEquals(2, cache.held(FIRST));
        assertEquals(0, cache.held(SECOND));
    }
}
