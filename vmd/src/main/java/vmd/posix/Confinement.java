package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Steps by which a process gives up what it may do; none can be taken back. */
public final class Confinement {
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SYS_SECCOMP = 317;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    private static final MethodHandle PRCTL = CLibrary.scalars("prctl");
    private static final MethodHandle SYSCALL = CLibrary.scalars("syscall");

    private Confinement() {}

    /** No execve gives more rights than the caller has: of this thread and those it starts. */
    public static void noNewPrivileges() {
        long r = CLibrary.call(PRCTL, PR_SET_NO_NEW_PRIVS, 1);
        CLibrary.check("prctl(PR_SET_NO_NEW_PRIVS)", r);
    }

    /**
     * Installs a seccomp filter on every thread of the process, together with their no_new_privs.
     * Each element is one BPF instruction: struct sock_filter as a little-endian 64-bit word.
     */
    public static void installFilter(long[] program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocateFrom(ValueLayout.JAVA_LONG, program);
            MemorySegment fprog = arena.allocate(16, Long.BYTES);
            fprog.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
            fprog.set(ValueLayout.JAVA_LONG, 8, code.address());
            long r =
                    CLibrary.call(
                            SYSCALL,
                            SYS_SECCOMP,
                            SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_TSYNC,
                            fprog.address(),
                            0,
                            0);
            long tid = CLibrary.check("seccomp", r);
            if (tid != 0) {
                // TSYNC names a thread whose own filter stands in the way.
                throw new PosixException("seccomp: thread " + tid, Errno.EBUSY);
            }
        }
    }

    /** Closes a descriptor by its number, whoever opened it. */
    public static void closeStray(int number) {
        Fd.closeNumber(number);
    }
}
