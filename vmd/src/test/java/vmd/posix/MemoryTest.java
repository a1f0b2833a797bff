package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;

    private static long mappingsOf(String name) throws Exception {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(l -> l.contains("memfd:" + name)).count();
        }
    }

    @Test
    void twoMappingsOfOneFileShowTheSameBytesUntilTheirArenaEnds() throws Exception {
        try (Fd fd = Memory.createSealed("shared-test", 8192)) {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment a = Memory.map(arena, fd, 0, 8192, READ_WRITE, Memory.MAP_SHARED);
                MemorySegment b = Memory.map(arena, fd, 4096, 4096, READ_WRITE, Memory.MAP_SHARED);
                a.set(ValueLayout.JAVA_INT, 4100, 42);
                assertEquals(42, b.get(ValueLayout.JAVA_INT, 4));
                assertThrows(
                        IndexOutOfBoundsException.class,
                        () -> b.get(ValueLayout.JAVA_INT_UNALIGNED, 4093));
                assertEquals(1, FileIo.preadFully(fd, a.asSlice(0, 1), 4100));
                assertEquals(42, a.get(ValueLayout.JAVA_BYTE, 0));
                assertTrue(Memory.advise(a, Memory.MADV_DONTDUMP));
                assertEquals(2, mappingsOf("shared-test"));
            }
            assertEquals(0, mappingsOf("shared-test"));
        }
    }

    @Test
    void sizeOfASealedFileCannotChange() {
        try (Fd fd = Memory.createSealed("sealed", 4096)) {
            for (long size : new long[] {0, 8192}) {
                PosixException e =
                        assertThrows(PosixException.class, () -> FileIo.truncate(fd, size));
                assertEquals(Errno.EPERM, e.errno());
            }
            assertEquals(4096, FileIo.stat(fd).size());
        }
    }

    @Test
    void impossibleMappingIsAnError() {
        try (Arena arena = Arena.ofConfined();
                Fd fd = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            PosixException e =
                    assertThrows(
                            PosixException.class,
                            () -> Memory.map(arena, fd, 1, 4096, READ_WRITE, Memory.MAP_SHARED));
            assertEquals(Errno.EINVAL, e.errno());
            assertEquals(4096, Memory.mapAnonymous(arena, 4096, READ_WRITE).byteSize());
        }
    }
}
