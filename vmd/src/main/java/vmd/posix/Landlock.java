package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Landlock domains (linux/landlock.h): what of the file system a thread, and all that it starts,
 * can still open. A domain also keeps signals, ptrace and abstract sockets within, and bars TCP.
 * What is open already stays open.
 */
public final class Landlock {
    private static final int SYS_CREATE_RULESET = 444;
    private static final int SYS_ADD_RULE = 445;
    private static final int SYS_RESTRICT_SELF = 446;
    private static final int CREATE_RULESET_VERSION = 1;
    private static final int RULE_PATH_BENEATH = 1;

    // LANDLOCK_ACCESS_FS_...
    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 1 << 1;
    private static final long READ_FILE = 1 << 2;
    private static final long READ_DIR = 1 << 3;
    private static final long TRUNCATE = 1 << 14;
    private static final long IOCTL_DEV = 1 << 15;

    /** Removing and making: REMOVE_DIR to MAKE_SYM but for devices. */
    private static final long CHANGE_DIR = 0x1ff0 & ~(1 << 6 | 1 << 11);

    /** The rights that a file can have; the others are of folders. */
    private static final long OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

    /** LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP, from level 4 on. */
    private static final long TCP = 3;

    /** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and _SIGNAL, from level 6 on. */
    private static final long SCOPES = 3;

    private static final MethodHandle SYSCALL = CLibrary.scalars("syscall");

    private Landlock() {}

    /** The level of the kernel's interface; 0 if it has none, or it is switched off. */
    public static int level() {
        long r = CLibrary.call(SYSCALL, SYS_CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION, 0, 0);
        return r < 0 ? 0 : (int) r;
    }

    /** The file rights that a kernel of {@code level} knows. */
    private static long fileRights(int level) {
        int bits = level >= 5 ? 16 : level >= 3 ? 15 : level >= 2 ? 14 : 13;
        return (1L << bits) - 1;
    }

    /**
     * A domain in which nothing can be opened. {@link #allow} adds to it; {@link Birth} enters it.
     *
     * @param level of the kernel, at least 1
     */
    public static Fd create(int level) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(24, Long.BYTES);
            attributes.set(ValueLayout.JAVA_LONG, 0, fileRights(level));
            attributes.set(ValueLayout.JAVA_LONG, 8, level >= 4 ? TCP : 0);
            attributes.set(ValueLayout.JAVA_LONG, 16, level >= 6 ? SCOPES : 0);
            int size = level >= 6 ? 24 : level >= 4 ? 16 : 8;
            long n =
                    CLibrary.call(SYSCALL, SYS_CREATE_RULESET, attributes.address(), size, 0, 0, 0);
            return Fd.own((int) CLibrary.check("landlock_create_ruleset", n));
        }
    }

    /** Enters a domain: the calling thread, which has given up new privileges, and its heirs. */
    public static void enter(Fd domain) {
        long r = CLibrary.call(SYSCALL, SYS_RESTRICT_SELF, domain.number(), 0);
        CLibrary.check("landlock_restrict_self", r);
    }

    /**
     * Lets {@code path}, and all below it, be used.
     *
     * @param permissions as of unveil(2): r, w, x, c
     * @param path opened, at least with {@link FileIo#O_PATH}
     */
    public static void allow(Fd domain, int level, Fd path, String permissions) {
        long rights = 0;
        for (char permission : permissions.toCharArray()) {
            rights |=
                    switch (permission) {
                        case 'r' -> READ_FILE | READ_DIR;
                        case 'w' -> WRITE_FILE | TRUNCATE | IOCTL_DEV;
                        case 'x' -> EXECUTE | READ_FILE;
                        case 'c' -> CHANGE_DIR;
                        default -> throw new IllegalArgumentException(permissions);
                    };
        }
        rights &= fileRights(level);
        if (!FileIo.stat(path).isDirectory()) {
            rights &= OF_FILES;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rule = arena.allocate(16, Long.BYTES);
            rule.set(ValueLayout.JAVA_LONG, 0, rights);
            rule.set(ValueLayout.JAVA_INT, 8, path.number());
            long r =
                    CLibrary.call(
                            SYSCALL,
                            SYS_ADD_RULE,
                            domain.number(),
                            RULE_PATH_BENEATH,
                            rule.address(),
                            0,
                            0);
            CLibrary.check("landlock_add_rule", r);
        }
    }
}
