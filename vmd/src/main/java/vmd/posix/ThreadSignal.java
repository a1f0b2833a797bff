package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A signal that stays pending on one thread and is never delivered: what ends a call that changes
 * the signal mask while it waits, as KVM_RUN does, without a handler and so without the Java
 * virtual machine noticing.
 *
 * <p>The signal is SIGURG. Its default is to be ignored, so that one which reaches another thread
 * by mistake does nothing; it is not counted, so that one {@link #drain} takes any number; and the
 * Java virtual machine does not use it. A blocked signal is kept although it would be ignored
 * (signal(7); in the kernel {@code sig_ignored}).
 */
public final class ThreadSignal {
    private static final int SIGURG = 23;
    private static final long SIGURG_BIT = 1L << SIGURG - 1;
    private static final int SIG_BLOCK = 0;
    private static final int SYS_GETTID = 186;
    private static final int SYS_TGKILL = 234;

    /** sigset_t of glibc; the kernel's is the first eight bytes. */
    private static final int SIGSET_BYTES = 128;

    private static final int TIMESPEC_BYTES = 16;

    private static final MethodHandle SYSCALL = CLibrary.scalars("syscall");
    private static final MethodHandle GETPID = CLibrary.scalars("getpid");
    private static final MethodHandle SIGMASK = CLibrary.scalars("pthread_sigmask");
    private static final MethodHandle TIMEDWAIT = CLibrary.scalars("sigtimedwait");

    private final long pid;
    private final long tid;
    private final long maskWhileWaiting;
    private final MemorySegment set = Arena.ofAuto().allocate(SIGSET_BYTES, Long.BYTES);
    private final MemorySegment noTime = Arena.ofAuto().allocate(TIMESPEC_BYTES, Long.BYTES);

    private ThreadSignal() {
        pid = CLibrary.check("getpid", CLibrary.call(GETPID));
        tid = CLibrary.check("gettid", CLibrary.call(SYSCALL, SYS_GETTID));
        set.set(ValueLayout.JAVA_LONG, 0, SIGURG_BIT);
        MemorySegment old = Arena.ofAuto().allocate(SIGSET_BYTES, Long.BYTES);
        long r = CLibrary.call(SIGMASK, SIG_BLOCK, set.address(), old.address());
        CLibrary.checkDirect("pthread_sigmask", r);
        maskWhileWaiting = old.get(ValueLayout.JAVA_LONG, 0) & ~SIGURG_BIT;
    }

    /** Blocks the signal for the calling thread, from now on. */
    public static ThreadSignal blockHere() {
        return new ThreadSignal();
    }

    /**
     * The signal mask, as the kernel has it, for a call that the signal is to end: that of the
     * thread before it was blocked.
     */
    public long maskWhileWaiting() {
        return maskWhileWaiting;
    }

    /** Makes the signal pending on the thread; from any thread. Nothing happens if it has ended. */
    public void send() {
        long r = CLibrary.call(SYSCALL, SYS_TGKILL, pid, tid, SIGURG, 0, 0);
        if (r != -Errno.ESRCH) {
            CLibrary.check("tgkill", r);
        }
    }

    /** Takes the signal if it is pending; on the thread itself. */
    public void drain() {
        long r = CLibrary.call(TIMEDWAIT, set.address(), 0, noTime.address());
        if (r != -Errno.EAGAIN && r != -Errno.EINTR) {
            CLibrary.check("sigtimedwait", r);
        }
    }
}
