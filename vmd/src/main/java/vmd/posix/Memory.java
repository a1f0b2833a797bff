package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory files and mappings. */
public final class Memory {
    public static final int PROT_NONE = 0;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int PROT_EXEC = 4;
    public static final int MAP_SHARED = 1;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_POPULATE = 0x8000;
    public static final int MADV_DONTNEED = 4;
    public static final int MADV_REMOVE = 9;
    public static final int MADV_HUGEPAGE = 14;
    public static final int MADV_DONTDUMP = 16;

    /** No further seals, no change of size: a mapping of the file can never fault. */
    private static final int F_SEAL_SEAL_SHRINK_GROW = 1 | 2 | 4;

    private static final int F_ADD_SEALS = 1033;
    private static final int MFD_CLOEXEC_ALLOW_SEALING = 1 | 2;

    private static final MethodHandle MEMFD_CREATE = CLibrary.scalars("memfd_create");
    private static final MethodHandle MMAP = CLibrary.scalars("mmap");
    private static final MethodHandle MUNMAP = CLibrary.scalars("munmap");
    private static final MethodHandle MADVISE = CLibrary.scalars("madvise");
    private static final MethodHandle FCNTL = CLibrary.scalars("fcntl");

    private Memory() {}

    /** A memory file of a size that nobody can change any more; {@code name} shows in /proc. */
    public static Fd createSealed(String name, long sizeBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = CLibrary.string(arena, name);
            long n = CLibrary.call(MEMFD_CREATE, text.address(), MFD_CLOEXEC_ALLOW_SEALING);
            Fd fd = Fd.own((int) CLibrary.check("memfd_create", n));
            try {
                FileIo.truncate(fd, sizeBytes);
                long r = CLibrary.call(FCNTL, fd.number(), F_ADD_SEALS, F_SEAL_SEAL_SHRINK_GROW);
                CLibrary.check("fcntl(F_ADD_SEALS)", r);
            } catch (PosixException e) {
                fd.close();
                throw e;
            }
            return fd;
        }
    }

    /** Maps a part of a file; the arena's end unmaps it. */
    public static MemorySegment map(
            Arena arena, Fd fd, long offset, long sizeBytes, int protection, int flags) {
        return map(arena, fd.number(), offset, sizeBytes, protection, flags);
    }

    /** Maps fresh private memory; with {@link #PROT_EXEC} code can be run from it. */
    public static MemorySegment mapAnonymous(Arena arena, long sizeBytes, int protection) {
        return map(arena, -1, 0, sizeBytes, protection, MAP_PRIVATE | MAP_ANONYMOUS);
    }

    @SuppressWarnings("restricted") // the size is that of the mapping, and the arena ends it
    private static MemorySegment map(
            Arena arena, int fd, long offset, long sizeBytes, int protection, int flags) {
        long at = CLibrary.call(MMAP, 0, sizeBytes, protection, flags, fd, offset);
        CLibrary.check("mmap", at);
        return MemorySegment.ofAddress(at)
                .reinterpret(sizeBytes, arena, gone -> CLibrary.call(MUNMAP, at, sizeBytes));
    }

    /**
     * Memory that the kernel has mapped for us without being asked by mmap, for the process's life.
     */
    @SuppressWarnings("restricted") // the kernel has said so
    public static MemorySegment at(long address, long sizeBytes) {
        return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
    }

    /** False where the kernel does not know the advice or cannot follow it. */
    public static boolean advise(MemorySegment mapping, int advice) {
        long r = CLibrary.call(MADVISE, mapping.address(), mapping.byteSize(), advice);
        if (r == -Errno.EINVAL || r == -Errno.EOPNOTSUPP) {
            return false;
        }
        CLibrary.check("madvise", r);
        return true;
    }
}
