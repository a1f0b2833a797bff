package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a program with posix_spawn(3): descriptor 3 is its channel, nothing above is open, no
 * signal is blocked or ignored, it leads a session of its own and works in the root directory.
 */
public final class Spawn {
    /** The descriptor that every child finds its channel on. */
    public static final int CHANNEL = 3;

    /** The descriptor that a child finds the folder of its program on, if it is given one. */
    public static final int PROGRAM = 4;

    /** Sizes in glibc: 80, 336, 128; the slack is for a libc that grows. */
    private static final int OPAQUE_BYTES = 512;

    private static final int SIGSET_BYTES = 128;
    private static final short SETSIGDEF_SETSIGMASK_SETSID = 0x04 | 0x08 | 0x80;

    private static final MethodHandle SPAWN = CLibrary.scalars("posix_spawn");
    private static final MethodHandle ACTIONS_INIT =
            CLibrary.scalars("posix_spawn_file_actions_init");
    private static final MethodHandle ACTIONS_DESTROY =
            CLibrary.scalars("posix_spawn_file_actions_destroy");
    private static final MethodHandle ADD_DUP2 =
            CLibrary.scalars("posix_spawn_file_actions_adddup2");
    private static final MethodHandle ADD_OPEN =
            CLibrary.scalars("posix_spawn_file_actions_addopen");
    private static final MethodHandle ADD_CLOSEFROM =
            CLibrary.scalars("posix_spawn_file_actions_addclosefrom_np");
    private static final MethodHandle ADD_CHDIR =
            CLibrary.scalars("posix_spawn_file_actions_addchdir_np");
    private static final MethodHandle ATTR_INIT = CLibrary.scalars("posix_spawnattr_init");
    private static final MethodHandle ATTR_SIGMASK = CLibrary.scalars("posix_spawnattr_setsigmask");
    private static final MethodHandle ATTR_SIGDEF =
            CLibrary.scalars("posix_spawnattr_setsigdefault");
    private static final MethodHandle ATTR_FLAGS = CLibrary.scalars("posix_spawnattr_setflags");

    private Spawn() {}

    /** What happens to the child's standard output and error. */
    public enum Output {
        /** Both are the parent's. */
        INHERIT,
        /** Both are /dev/null. */
        NULL
    }

    /** As the other one, without the folder of a program. */
    public static int start(
            String path, List<String> argv, List<String> environment, Fd channel, Output output) {
        return start(path, argv, environment, channel, null, output);
    }

    /**
     * Starts {@code path} with {@code argv} (whose first word is its name in ps) and only the
     * variables of {@code environment} ("NAME=value"). Returns its process id.
     *
     * @param program passed on as descriptor {@link #PROGRAM} if it is not null
     */
    public static int start(
            String path,
            List<String> argv,
            List<String> environment,
            Fd channel,
            @Nullable Fd program,
            Output output) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(OPAQUE_BYTES, Long.BYTES);
            CLibrary.checkDirect(
                    "posix_spawn_file_actions_init",
                    CLibrary.call(ACTIONS_INIT, actions.address()));
            try {
                descriptors(arena, actions.address(), channel, program, output);
                long attributes = attributes(arena);
                MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
                long r =
                        CLibrary.call(
                                SPAWN,
                                pid.address(),
                                CLibrary.string(arena, path).address(),
                                actions.address(),
                                attributes,
                                vector(arena, argv).address(),
                                vector(arena, environment).address());
                CLibrary.checkDirect("posix_spawn " + path, r);
                return pid.get(ValueLayout.JAVA_INT, 0);
            } finally {
                CLibrary.call(ACTIONS_DESTROY, actions.address());
            }
        }
    }

    private static void descriptors(
            Arena arena, long actions, Fd channel, @Nullable Fd program, Output output) {
        // The channel first: descriptor 3 of the parent may be about to be replaced, but a channel
        // that has the number 0, 1 or 2 would be. dup2 onto itself clears close-on-exec here.
        if (program != null && program.number() == CHANNEL) {
            throw new PosixException("descriptor " + CHANNEL, Errno.EBUSY);
        }
        add(CLibrary.call(ADD_DUP2, actions, channel.number(), CHANNEL));
        long devNull = CLibrary.string(arena, "/dev/null").address();
        add(CLibrary.call(ADD_OPEN, actions, 0, devNull, FileIo.O_RDONLY, 0, 0));
        if (output == Output.NULL) {
            add(CLibrary.call(ADD_OPEN, actions, 1, devNull, FileIo.O_WRONLY, 0, 0));
            add(CLibrary.call(ADD_DUP2, actions, 1, 2));
        }
        if (program != null) {
            add(CLibrary.call(ADD_DUP2, actions, program.number(), PROGRAM));
        }
        add(CLibrary.call(ADD_CLOSEFROM, actions, (program == null ? CHANNEL : PROGRAM) + 1));
        long root = CLibrary.string(arena, "/").address();
        add(CLibrary.call(ADD_CHDIR, actions, root));
    }

    private static void add(long result) {
        CLibrary.checkDirect("posix_spawn_file_actions", result);
    }

    private static long attributes(Arena arena) {
        long attributes = arena.allocate(OPAQUE_BYTES, Long.BYTES).address();
        long none = arena.allocate(SIGSET_BYTES, Long.BYTES).address();
        long every = arena.allocate(SIGSET_BYTES, Long.BYTES).fill((byte) 0xff).address();
        attribute(CLibrary.call(ATTR_INIT, attributes));
        attribute(CLibrary.call(ATTR_SIGMASK, attributes, none));
        attribute(CLibrary.call(ATTR_SIGDEF, attributes, every));
        attribute(CLibrary.call(ATTR_FLAGS, attributes, SETSIGDEF_SETSIGMASK_SETSID));
        return attributes;
    }

    private static void attribute(long result) {
        CLibrary.checkDirect("posix_spawnattr", result);
    }

    private static MemorySegment vector(Arena arena, List<String> words) {
        MemorySegment vector = arena.allocate(ValueLayout.ADDRESS, words.size() + 1L);
        for (int i = 0; i < words.size(); i++) {
            vector.setAtIndex(ValueLayout.ADDRESS, i, CLibrary.string(arena, words.get(i)));
        }
        return vector;
    }
}
