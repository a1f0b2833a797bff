package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class TerminalsTest {
    @Test
    void rawTerminalPassesBytesAsTheyAreUntilItIsRestored() {
        Terminals.Pty pty = Terminals.openPty();
        try (Fd master = pty.master();
                Fd slave = FileIo.open(pty.path(), FileIo.O_RDWR | FileIo.O_NOCTTY);
                Arena arena = Arena.ofConfined()) {
            assertTrue(Terminals.isTerminal(slave));
            MemorySegment newline = arena.allocateFrom("\n").asSlice(0, 1);
            MemorySegment seen = arena.allocate(8);

            Terminals.Settings before = Terminals.makeRaw(slave);
            FileIo.write(slave, newline);
            assertEquals(1, FileIo.read(master, seen));
            Terminals.restore(slave, before);
            FileIo.write(slave, newline);
            assertEquals(2, FileIo.read(master, seen)); // OPOST turns it into CR LF again
        }
    }

    @Test
    void windowSizeIsSeenFromTheOtherSide() {
        Terminals.Pty pty = Terminals.openPty();
        try (Fd master = pty.master();
                Fd slave = FileIo.open(pty.path(), FileIo.O_RDWR | FileIo.O_NOCTTY)) {
            Terminals.WindowSize size = new Terminals.WindowSize(50, 132);
            Terminals.windowSize(slave, size);
            assertEquals(size, Terminals.windowSize(master));
        }
    }

    @Test
    void fileIsNoTerminal() {
        try (Fd fd = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            assertFalse(Terminals.isTerminal(fd));
        }
    }
}
