package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process gives up before its first instruction. All of it is done by the one thread that
 * starts the process, with system calls that change their caller only, and is inherited: neither
 * the other threads of the starter change, nor has the new process a moment in which it could do
 * more. Nothing here is undone, so the thread has to end after it.
 *
 * @param spaces name spaces to have anew, as flags of unshare(2)
 * @param keptCapabilities bits of the capabilities that stay
 * @param domain Landlock domain to enter, or null
 * @param uid to become, or -1 to stay
 * @param gid to become if the uid is not -1
 */
public record Birth(int spaces, long keptCapabilities, @Nullable Fd domain, int uid, int gid) {
    private static final int STAY = -1;
    private static final int CAPABILITIES_MAX = 63;

    private static final int PR_CAPBSET_READ = 23;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /**
     * linux/securebits.h: a change of user takes capabilities away (bit 5 locks that bit 4 is
     * clear), and there are no ambient ones (bit 6, with its lock).
     */
    private static final int SECURE_BITS = 1 << 5 | 1 << 6 | 1 << 7;

    /** As well, root is nobody special (bit 0), with its lock: no capability comes by execve. */
    private static final int NO_ROOT = 1 | 1 << 1;

    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SYS_CAPSET = 126;
    private static final int SYS_SETGROUPS = 116;
    private static final int SYS_SETRESUID = 117;
    private static final int SYS_SETRESGID = 119;
    private static final int SYS_FACCESSAT = 269;
    private static final int AT_FDCWD = -100;
    private static final int R_OK = 4;

    private static final MethodHandle UNSHARE = CLibrary.scalars("unshare");
    private static final MethodHandle PRCTL = CLibrary.scalars("prctl");
    private static final MethodHandle SYSCALL = CLibrary.scalars("syscall");

    /** Of an ordinary user's process: there is nothing of root's to give up. */
    public static Birth unprivileged(@Nullable Fd domain) {
        return new Birth(0, 0, domain, STAY, STAY);
    }

    /** Of root's process that stays root's. */
    public static Birth root(int spaces, long keptCapabilities, @Nullable Fd domain) {
        return new Birth(spaces, keptCapabilities, domain, STAY, STAY);
    }

    /**
     * Does it all to the calling thread. What this system does not let us give up (name spaces in a
     * container, say) is named in the result; whatever else fails is an exception.
     */
    public List<String> enter() {
        List<String> refused = new ArrayList<>();
        boolean root = Processes.effectiveUid() == 0;
        if (spaces != 0 && CLibrary.call(UNSHARE, spaces) < 0) {
            refused.add("name spaces");
        }
        if (root && !dropBounds()) {
            refused.add("bounding set of capabilities");
        }
        check("PR_SET_NO_NEW_PRIVS", CLibrary.call(PRCTL, PR_SET_NO_NEW_PRIVS, 1));
        if (domain != null) {
            Landlock.enter(domain);
        }
        if (uid != STAY) {
            // The bare calls: the C library's would change every thread.
            check("setgroups", CLibrary.call(SYSCALL, SYS_SETGROUPS, 0, 0));
            check("setresgid", CLibrary.call(SYSCALL, SYS_SETRESGID, gid, gid, gid, 0, 0));
            check("setresuid", CLibrary.call(SYSCALL, SYS_SETRESUID, uid, uid, uid, 0, 0));
        } else if (root) {
            keepOnly();
        }
        return refused;
    }

    private boolean dropBounds() {
        boolean dropped = true;
        for (int capability = 0; capability <= CAPABILITIES_MAX; capability++) {
            if ((keptCapabilities >> capability & 1) == 0
                    && CLibrary.call(PRCTL, PR_CAPBSET_READ, capability) == 1) {
                dropped &= CLibrary.call(PRCTL, PR_CAPBSET_DROP, capability) == 0;
            }
        }
        dropped &= CLibrary.call(PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL) == 0;
        int bits = SECURE_BITS | (uid == STAY ? 0 : NO_ROOT);
        dropped &= CLibrary.call(PRCTL, PR_SET_SECUREBITS, bits) == 0;
        return dropped;
    }

    /** The thread too: what it looks up from now on is what the new process will find. */
    private void keepOnly() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocate(8, Integer.BYTES);
            header.set(ValueLayout.JAVA_INT, 0, CAPABILITY_VERSION_3);
            MemorySegment data = arena.allocate(24, Integer.BYTES);
            data.setAtIndex(ValueLayout.JAVA_INT, 0, (int) keptCapabilities); // effective
            data.setAtIndex(ValueLayout.JAVA_INT, 1, (int) keptCapabilities); // permitted
            data.setAtIndex(ValueLayout.JAVA_INT, 3, (int) (keptCapabilities >>> 32));
            data.setAtIndex(ValueLayout.JAVA_INT, 4, (int) (keptCapabilities >>> 32));
            check("capset", CLibrary.call(SYSCALL, SYS_CAPSET, header.address(), data.address()));
        }
    }

    private static void check(String call, long result) {
        CLibrary.check(call, result);
    }

    /** Whether the calling thread can read a file, after {@link #enter}. */
    public static boolean canRead(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = CLibrary.string(arena, path);
            return CLibrary.call(SYSCALL, SYS_FACCESSAT, AT_FDCWD, name.address(), R_OK, 0, 0) == 0;
        }
    }
}
