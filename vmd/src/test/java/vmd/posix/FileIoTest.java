package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // closing early is what some of these tests are about
class FileIoTest {
    @TempDir private Path folder;

    private Fd create(String name) {
        int flags = FileIo.O_RDWR | FileIo.O_CREAT | FileIo.O_EXCL;
        return FileIo.open(folder.resolve(name).toString(), flags, 0640);
    }

    @Test
    void bytesGoToTheirOffsetAndComeBack() throws Exception {
        try (Fd fd = create("f");
                Arena arena = Arena.ofConfined()) {
            FileIo.pwriteFully(fd, arena.allocateFrom("hello"), 100);
            MemorySegment back = arena.allocate(20);
            assertEquals(6, FileIo.preadFully(fd, back, 100));
            assertEquals("hello", back.getString(0));
            assertEquals(0, FileIo.pread(fd, back, 106));
            FileIo.fdatasync(fd);
            assertEquals(106, Files.size(folder.resolve("f")));
            FileIo.truncate(fd, 3);
            assertEquals(3, FileIo.stat(fd).size());
        }
    }

    @Test
    void statTellsTypeModeAndSameness() {
        try (Fd fd = create("s");
                Fd again = FileIo.open(folder.resolve("s").toString(), FileIo.O_RDONLY);
                Fd directory = FileIo.open(folder.toString(), FileIo.O_RDONLY);
                Fd device = FileIo.open("/dev/null", FileIo.O_RDWR)) {
            FileIo.chmod(fd, 0604);
            FileStat s = FileIo.stat(fd);
            assertTrue(s.isRegular());
            assertEquals(0604, s.permissions());
            assertEquals(Processes.effectiveUid(), s.uid());
            assertTrue(s.sameFile(FileIo.stat(again)));
            assertTrue(FileIo.stat(directory).isDirectory());
            assertTrue(FileIo.stat(device).isCharacterDevice());
            assertFalse(s.sameFile(FileIo.stat(device)));
        }
    }

    @Test
    void failureNamesThePathAndTheReason() {
        String path = folder.resolve("missing").toString();
        PosixException e =
                assertThrows(PosixException.class, () -> FileIo.open(path, FileIo.O_RDONLY));
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals(path + ": No such file or directory", e.getMessage());
        assertThrows(PosixException.class, () -> FileIo.open("/tmp\0/x", FileIo.O_RDONLY));
    }

    @Test
    void openAtStartsFromTheDirectory() throws Exception {
        Files.writeString(folder.resolve("in"), "x");
        try (Fd directory = FileIo.open(folder.toString(), FileIo.O_PATH | FileIo.O_DIRECTORY);
                Fd fd = FileIo.openAt(directory, "in", FileIo.O_RDONLY, 0)) {
            assertEquals(1, FileIo.stat(fd).size());
        }
    }

    @Test
    void lockBelongsToTheOpenFileAndItsDuplicates() {
        try (Fd fd = create("l");
                Fd other = FileIo.open(folder.resolve("l").toString(), FileIo.O_RDWR)) {
            assertTrue(FileIo.tryLock(fd, true));
            assertFalse(FileIo.tryLock(other, true));
            assertFalse(FileIo.tryLock(other, false));
            try (Fd same = FileIo.duplicate(fd)) {
                fd.close();
                assertTrue(same.isOpen());
                assertFalse(FileIo.tryLock(other, true));
            }
            assertTrue(FileIo.tryLock(other, true));
        }
    }

    @Test
    void flockConflictsBetweenOpenFiles() {
        try (Fd fd = create("k");
                Fd other = FileIo.open(folder.resolve("k").toString(), FileIo.O_RDWR)) {
            assertTrue(FileIo.tryFlock(fd, false));
            assertTrue(FileIo.tryFlock(other, false));
            assertFalse(FileIo.tryFlock(other, true));
        }
    }

    @Test
    void nonBlockingReadSaysThatItWouldBlock() {
        FileIo.Pipe pipe = FileIo.pipe();
        try (Fd reader = pipe.reader();
                Fd writer = pipe.writer();
                Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(1);
            FileIo.blocking(reader, false);
            assertEquals(FileIo.WOULD_BLOCK, FileIo.read(reader, one));
            one.set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
            assertEquals(1, FileIo.write(writer, one));
            one.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
            assertEquals(1, FileIo.read(reader, one));
            assertEquals(7, one.get(ValueLayout.JAVA_BYTE, 0));
            writer.close();
            assertEquals(0, FileIo.read(reader, one));
        }
    }

    @Test
    void pollReportsWhichDescriptorIsReady() {
        FileIo.Pipe pipe = FileIo.pipe();
        try (Fd reader = pipe.reader();
                Fd writer = pipe.writer();
                EventFd wake = new EventFd()) {
            Poll poll = new Poll(1);
            int r = poll.add(reader, Poll.IN);
            int w = poll.add(wake.fd(), Poll.IN);
            assertEquals(0, poll.await(0));
            wake.signal();
            wake.signal();
            assertEquals(1, poll.await(-1));
            assertEquals(0, poll.ready(r));
            assertEquals(Poll.IN, poll.ready(w));
            assertTrue(wake.drain());
            assertFalse(wake.drain());
            writer.close();
            assertEquals(1, poll.await(-1));
            assertEquals(Poll.HUP, poll.ready(r));
        }
    }

    @Test
    void closedDescriptorIsRefusedAndClosingTwiceIsHarmless() {
        Fd fd = create("c");
        int number = fd.number();
        fd.close();
        Fd next = FileIo.open("/dev/null", FileIo.O_RDONLY);
        assertEquals(number, next.number()); // the lowest free number: the danger of a second close
        fd.close();
        assertEquals(FileIo.O_RDONLY, FileIo.flags(next) & 3);
        assertThrows(PosixException.class, fd::number);
        int released = next.release();
        try (Fd owned = Fd.own(released)) {
            next.close();
            assertTrue(FileIo.stat(owned).isCharacterDevice());
        }
    }
}
