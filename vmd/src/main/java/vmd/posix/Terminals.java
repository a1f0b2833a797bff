package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Terminals and pseudo terminals. */
public final class Terminals {
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TCSANOW = 0;
    private static final int TCSADRAIN = 1;
    private static final int TCSAFLUSH = 2;
    private static final int NAME_MAX = 64;

    // struct termios of glibc: four flag words, the line discipline, then c_cc.
    private static final int TERMIOS_BYTES = 60;
    private static final int C_IFLAG = 0;
    private static final int C_OFLAG = 4;
    private static final int C_CFLAG = 8;
    private static final int C_LFLAG = 12;
    private static final int C_CC = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    // What cfmakeraw(3) changes.
    private static final int IFLAG_OFF = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 0x1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    private static final int LFLAG_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    private static final MethodHandle ISATTY = CLibrary.scalars("isatty");
    private static final MethodHandle OPENPT = CLibrary.scalars("posix_openpt");
    private static final MethodHandle GRANTPT = CLibrary.scalars("grantpt");
    private static final MethodHandle UNLOCKPT = CLibrary.scalars("unlockpt");
    private static final MethodHandle PTSNAME = CLibrary.scalars("ptsname_r");
    private static final MethodHandle TCGETATTR = CLibrary.scalars("tcgetattr");
    private static final MethodHandle TCSETATTR = CLibrary.scalars("tcsetattr");
    private static final MethodHandle IOCTL = CLibrary.scalars("ioctl");

    private Terminals() {}

    /** The master side of a new pseudo terminal and the path of its other side. */
    public record Pty(Fd master, String path) {}

    /** Rows and columns. */
    public record WindowSize(int rows, int columns) {}

    /** Saved settings of a terminal. */
    public static final class Settings {
        private final byte[] termios;

        private Settings(byte[] termios) {
            this.termios = termios;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Settings s && Arrays.equals(termios, s.termios);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(termios);
        }
    }

    public static boolean isTerminal(Fd fd) {
        return CLibrary.call(ISATTY, fd.number()) == 1;
    }

    public static Pty openPty() {
        long n = CLibrary.call(OPENPT, FileIo.O_RDWR | FileIo.O_NOCTTY | FileIo.O_CLOEXEC);
        Fd master = Fd.own((int) CLibrary.check("posix_openpt", n));
        try (Arena arena = Arena.ofConfined()) {
            CLibrary.check("grantpt", CLibrary.call(GRANTPT, master.number()));
            CLibrary.check("unlockpt", CLibrary.call(UNLOCKPT, master.number()));
            MemorySegment name = arena.allocate(NAME_MAX);
            long r = CLibrary.call(PTSNAME, master.number(), name.address(), NAME_MAX);
            CLibrary.checkDirect("ptsname_r", r);
            return new Pty(master, name.getString(0));
        } catch (PosixException e) {
            master.close();
            throw e;
        }
    }

    public static Settings settings(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(TERMIOS_BYTES, Integer.BYTES);
            CLibrary.check("tcgetattr", CLibrary.call(TCGETATTR, fd.number(), termios.address()));
            return new Settings(termios.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /**
     * Makes a terminal raw, as cfmakeraw(3) does, and returns the settings it had. What was typed
     * before is dropped.
     */
    public static Settings makeRaw(Fd fd) {
        return makeRaw(fd, TCSAFLUSH);
    }

    /** As {@link #makeRaw}, for the line of a machine: what it has sent already is kept. */
    public static Settings makeRawKeepingInput(Fd fd) {
        return makeRaw(fd, TCSANOW);
    }

    private static Settings makeRaw(Fd fd, int when) {
        Settings before = settings(fd);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment t = copy(arena, before);
            mask(t, C_IFLAG, IFLAG_OFF, 0);
            mask(t, C_OFLAG, OPOST, 0);
            mask(t, C_CFLAG, CSIZE_PARENB, CS8);
            mask(t, C_LFLAG, LFLAG_OFF, 0);
            t.set(ValueLayout.JAVA_BYTE, C_CC + VMIN, (byte) 1);
            t.set(ValueLayout.JAVA_BYTE, C_CC + VTIME, (byte) 0);
            long r = CLibrary.retry(TCSETATTR, fd.number(), when, t.address(), 0);
            CLibrary.check("tcsetattr", r);
        }
        return before;
    }

    /** Gives a terminal settings that it had before, after its pending output. */
    public static void restore(Fd fd, Settings settings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment t = copy(arena, settings);
            long r = CLibrary.retry(TCSETATTR, fd.number(), TCSADRAIN, t.address(), 0);
            CLibrary.check("tcsetattr", r);
        }
    }

    private static MemorySegment copy(Arena arena, Settings settings) {
        MemorySegment t = arena.allocate(TERMIOS_BYTES, Integer.BYTES);
        t.copyFrom(MemorySegment.ofArray(settings.termios));
        return t;
    }

    private static void mask(MemorySegment t, int flagWord, int off, int on) {
        int value = t.get(ValueLayout.JAVA_INT, flagWord);
        t.set(ValueLayout.JAVA_INT, flagWord, value & ~off | on);
    }

    public static WindowSize windowSize(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ValueLayout.JAVA_SHORT, 4);
            long r = CLibrary.call(IOCTL, fd.number(), TIOCGWINSZ, s.address());
            CLibrary.check("ioctl(TIOCGWINSZ)", r);
            return new WindowSize(
                    s.get(ValueLayout.JAVA_SHORT, 0) & 0xffff,
                    s.get(ValueLayout.JAVA_SHORT, 2) & 0xffff);
        }
    }

    public static void windowSize(Fd fd, WindowSize size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ValueLayout.JAVA_SHORT, 4);
            s.set(ValueLayout.JAVA_SHORT, 0, (short) size.rows());
            s.set(ValueLayout.JAVA_SHORT, 2, (short) size.columns());
            long r = CLibrary.call(IOCTL, fd.number(), TIOCSWINSZ, s.address());
            CLibrary.check("ioctl(TIOCSWINSZ)", r);
        }
    }
}
