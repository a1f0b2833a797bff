package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Files: opening, reading and writing at an offset, locks. Every descriptor is close-on-exec. */
public final class FileIo {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NOCTTY = 0400;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DSYNC = 010000;
    public static final int O_DIRECTORY = 0200000;
    public static final int O_NOFOLLOW = 0400000;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_PATH = 010000000;

    /** Result of the calls that would have to wait on a non-blocking descriptor. */
    public static final int WOULD_BLOCK = -1;

    public static final int FALLOC_FL_KEEP_SIZE = 1;
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    public static final int FALLOC_FL_ZERO_RANGE = 16;

    private static final int AT_FDCWD = -100;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_OFD_SETLK = 37;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    /** struct flock of a 64-bit Linux: type, whence, start at 8, length at 16, pid at 24. */
    private static final int FLOCK_BYTES = 32;

    private static final int STAT_BYTES = 144;

    private static final MethodHandle OPENAT = CLibrary.buffer("openat");
    private static final MethodHandle FSTAT = CLibrary.buffer("fstat");
    private static final MethodHandle READ = CLibrary.buffer("read");
    private static final MethodHandle WRITE = CLibrary.buffer("write");
    private static final MethodHandle PREAD = CLibrary.buffer("pread");
    private static final MethodHandle PWRITE = CLibrary.buffer("pwrite");
    private static final MethodHandle FDATASYNC = CLibrary.scalars("fdatasync");
    private static final MethodHandle FTRUNCATE = CLibrary.scalars("ftruncate");
    private static final MethodHandle FALLOCATE = CLibrary.scalars("fallocate");
    private static final MethodHandle FCNTL = CLibrary.scalars("fcntl");
    private static final MethodHandle FLOCK = CLibrary.scalars("flock");
    private static final MethodHandle PIPE2 = CLibrary.scalars("pipe2");
    private static final MethodHandle UMASK = CLibrary.scalars("umask");
    private static final MethodHandle FCHMOD = CLibrary.scalars("fchmod");

    private FileIo() {}

    /** Two ends of a pipe. */
    public record Pipe(Fd reader, Fd writer) {}

    public static Fd open(String path, int flags) {
        return open(path, flags, 0);
    }

    /** Opens a path of the working directory; {@code mode} counts where the file is created. */
    public static Fd open(String path, int flags, int mode) {
        return open(AT_FDCWD, path, flags, mode);
    }

    /** Opens a path relative to an open directory. */
    public static Fd openAt(Fd directory, String path, int flags, int mode) {
        return open(directory.number(), path, flags, mode);
    }

    private static Fd open(int directory, String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = CLibrary.string(arena, path);
            long fd = CLibrary.retry(OPENAT, directory, name, flags | O_CLOEXEC, mode);
            return Fd.own((int) CLibrary.check(path, fd));
        }
    }

    public static FileStat stat(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(STAT_BYTES, Long.BYTES);
            CLibrary.check("fstat", CLibrary.call(FSTAT, fd.number(), s, 0, 0));
            return new FileStat(
                    s.get(ValueLayout.JAVA_LONG, 0),
                    s.get(ValueLayout.JAVA_LONG, 8),
                    s.get(ValueLayout.JAVA_INT, 24),
                    s.get(ValueLayout.JAVA_INT, 28),
                    s.get(ValueLayout.JAVA_INT, 32),
                    s.get(ValueLayout.JAVA_LONG, 40),
                    s.get(ValueLayout.JAVA_LONG, 48));
        }
    }

    /** Bytes read, 0 at the end of the file, or {@link #WOULD_BLOCK}. */
    public static int read(Fd fd, MemorySegment buffer) {
        return blocking("read", CLibrary.retry(READ, fd.number(), buffer, buffer.byteSize(), 0));
    }

    /** Bytes written, maybe fewer than asked, or {@link #WOULD_BLOCK}. */
    public static int write(Fd fd, MemorySegment buffer) {
        return blocking("write", CLibrary.retry(WRITE, fd.number(), buffer, buffer.byteSize(), 0));
    }

    /** Bytes read at {@code offset}, fewer than asked at the end of the file. */
    public static int pread(Fd fd, MemorySegment buffer, long offset) {
        long n = CLibrary.retry(PREAD, fd.number(), buffer, buffer.byteSize(), offset);
        return (int) CLibrary.check("pread", n);
    }

    /** Bytes written at {@code offset}, maybe fewer than asked. */
    public static int pwrite(Fd fd, MemorySegment buffer, long offset) {
        long n = CLibrary.retry(PWRITE, fd.number(), buffer, buffer.byteSize(), offset);
        return (int) CLibrary.check("pwrite", n);
    }

    /** Reads until the buffer is full or the file ends; the number of bytes read. */
    public static long preadFully(Fd fd, MemorySegment buffer, long offset) {
        long size = buffer.byteSize();
        long done = 0;
        while (done < size) {
            MemorySegment rest = done == 0 ? buffer : buffer.asSlice(done);
            int n = pread(fd, rest, offset + done);
            if (n == 0) {
                break;
            }
            done += n;
        }
        return done;
    }

    /** Writes the whole buffer. */
    public static void pwriteFully(Fd fd, MemorySegment buffer, long offset) {
        long size = buffer.byteSize();
        long done = 0;
        while (done < size) {
            MemorySegment rest = done == 0 ? buffer : buffer.asSlice(done);
            int n = pwrite(fd, rest, offset + done);
            if (n == 0) {
                throw new PosixException("pwrite", Errno.EIO);
            }
            done += n;
        }
    }

    public static void fdatasync(Fd fd) {
        CLibrary.check("fdatasync", CLibrary.retry(FDATASYNC, fd.number(), 0, 0, 0));
    }

    public static void truncate(Fd fd, long size) {
        CLibrary.check("ftruncate", CLibrary.retry(FTRUNCATE, fd.number(), size, 0, 0));
    }

    /** False where the file system cannot do it. */
    public static boolean allocate(Fd fd, int mode, long offset, long length) {
        long r = CLibrary.retry(FALLOCATE, fd.number(), mode, offset, length);
        if (r == -Errno.EOPNOTSUPP) {
            return false;
        }
        CLibrary.check("fallocate", r);
        return true;
    }

    /**
     * Locks the whole file for this open file description, which a descriptor that is passed on
     * shares; false where another description holds a lock that conflicts.
     */
    public static boolean tryLock(Fd fd, boolean exclusive) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = arena.allocate(FLOCK_BYTES, Long.BYTES);
            lock.set(ValueLayout.JAVA_SHORT, 0, (short) (exclusive ? 1 : 0)); // F_WRLCK, F_RDLCK
            long r = CLibrary.retry(FCNTL, fd.number(), F_OFD_SETLK, lock.address(), 0);
            return locked("fcntl(F_OFD_SETLK)", r);
        }
    }

    /** As {@link #tryLock} in the name space of flock(2), which other programs may use. */
    public static boolean tryFlock(Fd fd, boolean exclusive) {
        int operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
        return locked("flock", CLibrary.retry(FLOCK, fd.number(), operation, 0, 0));
    }

    private static boolean locked(String call, long result) {
        if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
            return false;
        }
        CLibrary.check(call, result);
        return true;
    }

    public static Fd duplicate(Fd fd) {
        long n = CLibrary.call(FCNTL, fd.number(), F_DUPFD_CLOEXEC, 0);
        return Fd.own((int) CLibrary.check("fcntl(F_DUPFD_CLOEXEC)", n));
    }

    /** For a descriptor that came from outside: everything else is opened that way. */
    public static void closeOnExec(Fd fd) {
        long r = CLibrary.call(FCNTL, fd.number(), F_SETFD, FD_CLOEXEC);
        CLibrary.check("fcntl(F_SETFD)", r);
    }

    /** Status flags of the open file: access mode, O_APPEND, O_NONBLOCK. */
    public static int flags(Fd fd) {
        return (int) CLibrary.check("fcntl(F_GETFL)", CLibrary.call(FCNTL, fd.number(), F_GETFL));
    }

    public static void blocking(Fd fd, boolean blocking) {
        int flags = flags(fd);
        int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
        CLibrary.check("fcntl(F_SETFL)", CLibrary.call(FCNTL, fd.number(), F_SETFL, wanted));
    }

    public static Pipe pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(ValueLayout.JAVA_INT, 2);
            CLibrary.check("pipe2", CLibrary.call(PIPE2, fds.address(), O_CLOEXEC));
            return new Pipe(
                    Fd.own(fds.getAtIndex(ValueLayout.JAVA_INT, 0)),
                    Fd.own(fds.getAtIndex(ValueLayout.JAVA_INT, 1)));
        }
    }

    /** Sets the file mode creation mask of the process and returns the one before. */
    public static int umask(int mask) {
        return (int) CLibrary.call(UMASK, mask);
    }

    public static void chmod(Fd fd, int mode) {
        CLibrary.check("fchmod", CLibrary.call(FCHMOD, fd.number(), mode));
    }

    static int blocking(String call, long result) {
        if (result == -Errno.EAGAIN) {
            return WOULD_BLOCK;
        }
        return (int) CLibrary.check(call, result);
    }
}
