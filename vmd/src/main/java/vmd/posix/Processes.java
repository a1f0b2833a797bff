package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Processes: waiting, signals, and what a process may do to itself. */
public final class Processes {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;

    public static final int RLIMIT_FSIZE = 1;
    public static final int RLIMIT_CORE = 4;
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_MEMLOCK = 8;
    public static final int RLIMIT_MSGQUEUE = 12;

    private static final int WNOHANG = 1;
    private static final int SYS_PIDFD_OPEN = 434;
    private static final int PR_SET_DUMPABLE = 4;

    private static final MethodHandle WAITPID = CLibrary.scalars("waitpid");
    private static final MethodHandle KILL = CLibrary.scalars("kill");
    private static final MethodHandle SYSCALL = CLibrary.scalars("syscall");
    private static final MethodHandle PRCTL = CLibrary.scalars("prctl");
    private static final MethodHandle GETPID = CLibrary.scalars("getpid");
    private static final MethodHandle GETPPID = CLibrary.scalars("getppid");
    private static final MethodHandle GETUID = CLibrary.scalars("getuid");
    private static final MethodHandle GETEUID = CLibrary.scalars("geteuid");
    private static final MethodHandle GETGID = CLibrary.scalars("getgid");
    private static final MethodHandle GETEGID = CLibrary.scalars("getegid");
    private static final MethodHandle SETSID = CLibrary.scalars("setsid");
    private static final MethodHandle SIGNAL = CLibrary.scalars("signal");
    private static final MethodHandle SETGROUPS = CLibrary.scalars("setgroups");
    private static final MethodHandle SETRESGID = CLibrary.scalars("setresgid");
    private static final MethodHandle SETRESUID = CLibrary.scalars("setresuid");
    private static final MethodHandle GETRLIMIT = CLibrary.scalars("getrlimit");
    private static final MethodHandle SETRLIMIT = CLibrary.scalars("setrlimit");

    private Processes() {}

    /** How a child ended: an exit code, or the signal that ended it (then code is -1). */
    public record Exit(int pid, int code, int signal) {
        public boolean normal() {
            return signal == 0 && code == 0;
        }

        static Exit of(int pid, int status) {
            int signal = status & 0x7f;
            return signal == 0 ? new Exit(pid, status >> 8 & 0xff, 0) : new Exit(pid, -1, signal);
        }
    }

    /** Soft and hard limit; -1 is infinity. */
    public record Limit(long soft, long hard) {}

    /** Waits until the child ends and reaps it. */
    public static Exit await(int pid) {
        Exit exit = waitFor(pid, 0);
        if (exit == null) {
            throw new PosixException("waitpid", Errno.ECHILD);
        }
        return exit;
    }

    /** Reaps the child if it has ended; null while it runs. A pid of -1 means any child. */
    public static @Nullable Exit poll(int pid) {
        return waitFor(pid, WNOHANG);
    }

    private static @Nullable Exit waitFor(int pid, int options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            long r = CLibrary.retry(WAITPID, pid, status.address(), options, 0);
            int ended = (int) CLibrary.check("waitpid", r);
            return ended == 0 ? null : Exit.of(ended, status.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /** A descriptor that becomes readable when the process ends. */
    public static Fd pidfd(int pid) {
        long n = CLibrary.call(SYSCALL, SYS_PIDFD_OPEN, pid, 0);
        return Fd.own((int) CLibrary.check("pidfd_open", n));
    }

    /** Sends a signal; false if there is no such process. */
    public static boolean kill(int pid, int signal) {
        if (pid <= 0) {
            throw new PosixException("kill " + pid, Errno.EINVAL); // a group, or everybody
        }
        long r = CLibrary.call(KILL, pid, signal);
        if (r == -Errno.ESRCH) {
            return false;
        }
        CLibrary.check("kill", r);
        return true;
    }

    public static int pid() {
        return (int) CLibrary.call(GETPID);
    }

    public static int parentPid() {
        return (int) CLibrary.call(GETPPID);
    }

    public static int uid() {
        return (int) CLibrary.call(GETUID);
    }

    public static int effectiveUid() {
        return (int) CLibrary.call(GETEUID);
    }

    public static int gid() {
        return (int) CLibrary.call(GETGID);
    }

    public static int effectiveGid() {
        return (int) CLibrary.call(GETEGID);
    }

    /** False if the process leads a group already. */
    public static boolean newSession() {
        long r = CLibrary.call(SETSID);
        if (r == -Errno.EPERM) {
            return false;
        }
        CLibrary.check("setsid", r);
        return true;
    }

    /** Ignores a signal, in place of whatever the process did on it before. */
    public static void ignoreSignal(int signal) {
        long ignore = 1; // SIG_IGN
        CLibrary.check("signal", CLibrary.call(SIGNAL, signal, ignore) < 0 ? -Errno.EINVAL : 0);
    }

    /** Whether others of the same user may read this process's memory and dump its core. */
    public static void dumpable(boolean dumpable) {
        long r = CLibrary.call(PRCTL, PR_SET_DUMPABLE, dumpable ? 1 : 0);
        CLibrary.check("prctl(PR_SET_DUMPABLE)", r);
    }

    /**
     * Sets the supplementary groups. Like the two below this is the C library's function, which
     * changes every thread; the bare system call would change only the caller.
     */
    public static void supplementaryGroups(List<Integer> gids) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(ValueLayout.JAVA_INT, gids.size() + 1L);
            for (int i = 0; i < gids.size(); i++) {
                list.setAtIndex(ValueLayout.JAVA_INT, i, gids.get(i));
            }
            CLibrary.check("setgroups", CLibrary.call(SETGROUPS, gids.size(), list.address()));
        }
    }

    /** Sets real, effective and saved group of every thread; false if that is not permitted. */
    public static boolean changeGroup(int gid) {
        return permitted("setresgid", CLibrary.call(SETRESGID, gid, gid, gid));
    }

    /** Sets real, effective and saved user of every thread; false if that is not permitted. */
    public static boolean changeUser(int uid) {
        return permitted("setresuid", CLibrary.call(SETRESUID, uid, uid, uid));
    }

    private static boolean permitted(String call, long result) {
        if (result == -Errno.EPERM) {
            return false;
        }
        CLibrary.check(call, result);
        return true;
    }

    public static Limit limit(int resource) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment l = arena.allocate(ValueLayout.JAVA_LONG, 2);
            CLibrary.check("getrlimit", CLibrary.call(GETRLIMIT, resource, l.address()));
            return new Limit(
                    l.getAtIndex(ValueLayout.JAVA_LONG, 0), l.getAtIndex(ValueLayout.JAVA_LONG, 1));
        }
    }

    public static void limit(int resource, Limit limit) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment l = arena.allocate(ValueLayout.JAVA_LONG, 2);
            l.setAtIndex(ValueLayout.JAVA_LONG, 0, limit.soft());
            l.setAtIndex(ValueLayout.JAVA_LONG, 1, limit.hard());
            CLibrary.check("setrlimit", CLibrary.call(SETRLIMIT, resource, l.address()));
        }
    }
}
