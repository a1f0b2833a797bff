package vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmm.mem.GuestMemory;

final class FileSourceTest {

    @Test
    void bytesReachArraysAndGuestMemory(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("kernel");
        Files.write(path, new byte[] {1, 2, 3, 4, 5});
        try (Fd file = FileIo.open(path.toString(), FileIo.O_RDONLY);
                GuestMemory memory = GuestMemory.allocate(4096)) {
            FileSource source = FileSource.of("kernel", file);
            assertEquals(5, source.sizeBytes());
            byte[] bytes = new byte[3];
            source.read(1, MemorySegment.ofArray(bytes));
            assertArrayEquals(new byte[] {2, 3, 4}, bytes);
            source.read(1, memory.slice(8, 4));
            assertEquals(0x05040302, memory.read32(8));
            BootException e =
                    assertThrows(BootException.class, () -> source.read(3, memory.slice(0, 4)));
            assertEquals("kernel: file ends early", e.getMessage());
        }
    }

    @Test
    void onlyRegularFilesAreTaken() {
        try (Fd file = FileIo.open("/dev/zero", FileIo.O_RDONLY)) {
            BootException e =
                    assertThrows(BootException.class, () -> FileSource.of("initrd", file));
            assertEquals("initrd: not a regular file", e.getMessage());
        }
    }
}
