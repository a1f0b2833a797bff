package vmm.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.FileIo;
import vmd.posix.PosixException;

final class RawDiskTest {
    private static final int ENOSPC = 28;

    @Test
    void bytesLieWhereTheFileHasThem(@TempDir Path folder) throws IOException {
        Path image = folder.resolve("disk");
        Files.write(image, new byte[8192]);
        try (Arena arena = Arena.ofConfined();
                RawDisk disk =
                        new RawDisk(FileIo.open(image.toString(), FileIo.O_RDWR), 8192, false)) {
            MemorySegment buffer = arena.allocate(512);
            buffer.fill((byte) 0x77);
            disk.write(4096, buffer);
            disk.flush();
            byte[] content = Files.readAllBytes(image);
            assertEquals(0, content[4095]);
            assertEquals(0x77, content[4096]);
            assertEquals(0x77, content[4607]);
            assertEquals(0, content[4608]);
            disk.read(4096 - 256, buffer);
            assertEquals(0, buffer.get(ValueLayout.JAVA_BYTE, 255));
            assertEquals(0x77, buffer.get(ValueLayout.JAVA_BYTE, 256));
        }
    }

    @Test
    void fileThatShrankReadsAsZeroes(@TempDir Path folder) throws IOException {
        Path image = folder.resolve("disk");
        Files.write(image, new byte[] {1, 2, 3});
        try (Arena arena = Arena.ofConfined();
                RawDisk disk =
                        new RawDisk(FileIo.open(image.toString(), FileIo.O_RDONLY), 4096, true)) {
            MemorySegment buffer = arena.allocate(4);
            buffer.fill((byte) 9);
            disk.read(1, buffer);
            assertArrayEquals(new byte[] {2, 3, 0, 0}, buffer.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void fullHostIsReported() {
        try (Arena arena = Arena.ofConfined();
                RawDisk disk = new RawDisk(FileIo.open("/dev/full", FileIo.O_RDWR), 4096, false)) {
            MemorySegment buffer = arena.allocate(512);
            PosixException e = assertThrows(PosixException.class, () -> disk.write(0, buffer));
            assertEquals(ENOSPC, e.errno());
        }
    }
}
