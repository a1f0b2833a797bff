package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Errno;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.Processes;

/** A user without an account, and root who opens files for that user. */
class FileRightsTest {
    private static final int USER = 4321;
    private static final int BOTH = FileRights.READ | FileRights.WRITE;

    @TempDir Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void makeFile() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0);
        mode(folder, "rwxr-xr-x");
        file = Files.writeString(folder.resolve("disk"), "data");
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private void assertOpens(int rights) {
        int flags = rights == BOTH ? FileIo.O_RDWR : FileIo.O_RDONLY;
        FileRights.open(USER, file.toString(), flags, rights).close();
    }

    private void assertDenied(Path path) {
        PosixException why =
                assertThrows(
                        PosixException.class,
                        () -> FileRights.open(USER, path.toString(), FileIo.O_RDWR, BOTH).close());
        assertEquals(Errno.EACCES, why.errno());
    }

    @Test
    void bitsOfTheUsersClassCount() throws IOException {
        mode(file, "rw-rw-r--");
        assertDenied(file);
        assertOpens(FileRights.READ);
        mode(file, "rw-rw-rw-");
        assertOpens(BOTH);
        Files.setAttribute(file, "unix:uid", USER);
        mode(file, "r--rw-rw-");
        assertDenied(file);
        mode(file, "rw-------");
        assertOpens(BOTH);
    }

    @Test
    void folderOfSomebodyElseIsClosed() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Path inside = Files.writeString(closed.resolve("disk"), "data");
        mode(inside, "rw-rw-rw-");
        mode(closed, "rwx------");
        assertDenied(inside);
        assertDenied(closed.resolve("missing"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), inside);
        assertDenied(link);
    }

    @Test
    void deviceIsNoFile() {
        assertTrue(Files.exists(Path.of("/dev/zero")));
        assertDenied(Path.of("/dev/zero"));
        assertDenied(folder);
    }
}
