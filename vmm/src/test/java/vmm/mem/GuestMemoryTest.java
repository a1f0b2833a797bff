package vmm.mem;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GuestMemoryTest {
    private static final long MIB = 1 << 20;

    @Test
    void ramEndsAtItsSize() {
        try (GuestMemory memory = GuestMemory.allocate(MIB)) {
            assertEquals(0, memory.ramOffset(0));
            assertEquals(MIB - 1, memory.ramOffset(MIB - 1));
            assertEquals(-1, memory.ramOffset(MIB));
            assertEquals(-1, memory.ramOffset(GuestMemory.HIGH_BASE));
            assertEquals(-1, memory.ramOffset(-1));
            assertEquals(-1, memory.ramOffset(Long.MIN_VALUE));
        }
    }

    @Test
    void ramThatDoesNotFitLowContinuesAtFourGib(@TempDir Path folder) throws IOException {
        long size = GuestMemory.LOW_LIMIT + 2 * MIB;
        // A sparse mapping: address space only, the pages are never touched.
        try (Arena arena = Arena.ofShared();
                FileChannel file = FileChannel.open(folder.resolve("ram"), CREATE, READ, WRITE)) {
            GuestMemory memory =
                    GuestMemory.over(file.map(FileChannel.MapMode.READ_WRITE, 0, size, arena));
            assertEquals(GuestMemory.LOW_LIMIT, memory.lowSize());
            assertEquals(2 * MIB, memory.highSize());
            assertEquals(-1, memory.ramOffset(GuestMemory.LOW_LIMIT));
            assertEquals(-1, memory.ramOffset(GuestMemory.HIGH_BASE - 1));
            assertEquals(GuestMemory.LOW_LIMIT, memory.ramOffset(GuestMemory.HIGH_BASE));
            assertEquals(GuestMemory.HIGH_BASE, memory.gpaOf(GuestMemory.LOW_LIMIT));
            assertTrue(memory.contains(GuestMemory.HIGH_BASE, 2 * MIB));
            assertFalse(memory.contains(GuestMemory.HIGH_BASE, 2 * MIB + 1));
            assertFalse(memory.contains(GuestMemory.LOW_LIMIT - 1, 2));
        }
    }

    @Test
    void accessesAcrossTheEndChangeNothing() {
        try (GuestMemory memory = GuestMemory.allocate(MIB)) {
            assertThrows(GuestMemoryException.class, () -> memory.write32(MIB - 3, -1));
            assertEquals(0, memory.read8(MIB - 3));
            assertThrows(GuestMemoryException.class, () -> memory.write64(-4, -1));
            assertThrows(GuestMemoryException.class, () -> memory.slice(16, Long.MAX_VALUE));
            assertThrows(GuestMemoryException.class, () -> memory.slice(16, -1));
            assertThrows(
                    GuestMemoryException.class, () -> memory.copyIn(MIB - 4, new byte[8], 0, 8));
            assertEquals(0, memory.read32(MIB - 4));
        }
    }

    @Test
    void valuesAreLittleEndianAtAnyAlignment() {
        try (GuestMemory memory = GuestMemory.allocate(MIB)) {
            memory.write64(3, 0x8877665544332211L);
            assertEquals(0x11, memory.read8(3));
            assertEquals(0x3322, memory.read16(4));
            assertEquals(0x55443322, memory.read32(4));
            assertEquals(0x8877665544332211L, memory.read64(3));
        }
    }

    @Test
    void writesToCodePagesAreHeardOnceAndClearTheFlag() {
        try (GuestMemory memory = GuestMemory.allocate(MIB)) {
            List<Long> heard = new ArrayList<>();
            memory.addCodeListener(heard::add);
            memory.markCode(0x2010);
            memory.write8(0x1fff, 1);
            assertEquals(List.of(), heard);
            memory.write32(0x1ffe, 1);
            memory.write8(0x2000, 1);
            assertEquals(List.of(0x2000L), heard);
            assertFalse(memory.isCode(0x2fff));
        }
    }

    @Test
    void deviceWritesReachTheDirtyLog() {
        try (GuestMemory memory = GuestMemory.allocate(MIB)) {
            memory.copyIn(0x1ff0, new byte[0x20], 0, 0x20);
            memory.written(0x5000, 0);
            memory.written(0x7000, 1);
            assertTrue(memory.isDirty(0x1000));
            assertTrue(memory.isDirty(0x2000));
            assertFalse(memory.isDirty(0x3000));
            assertFalse(memory.isDirty(0x5000));
            assertTrue(memory.isDirty(0x7fff));
            memory.clearDirty();
            assertFalse(memory.isDirty(0x1000));
        }
    }

    @Test
    void sizesThatAreNoPagesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> GuestMemory.allocate(5000));
        assertThrows(
                IllegalArgumentException.class,
                () -> GuestMemory.over(MemorySegment.ofArray(new byte[0])));
    }
}
