package vmd.privsep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import vmd.log.Log;
import vmd.posix.Birth;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.Sockets;
import vmd.posix.Spawn;

/**
 * Starts children: a Java virtual machine each, with its channel on descriptor 3, with no more
 * rights than its role needs from its first instruction on.
 *
 * <p>The installation may lie where only root comes to (below /root, in a private folder): a child
 * that cannot get there finds its jars through a descriptor of the folder, which does not ask for
 * the way to it. It gets it as descriptor {@link Spawn#PROGRAM}. Where the jars can be reached by
 * their paths that is the better way, because the archives of loaded classes were made for these.
 */
public final class Spawner {
    private static final String ON_DESCRIPTOR = "/proc/self/fd/" + Spawn.PROGRAM;

    private final Installation installation;
    private final @Nullable Fd library;
    private final Map<Role, Birth> births = new EnumMap<>(Role.class);
    private final Map<Role, List<String>> words = new EnumMap<>(Role.class);
    private boolean complained;

    /** What is given up by the children that this process starts. */
    public interface Births {
        /** Null: nothing. */
        @Nullable Birth of(Role role);
    }

    /** Starts children that have the rights of this process. */
    public Spawner(Installation installation) {
        this.installation = installation;
        this.library = null;
    }

    /**
     * Starts children of {@code roles}, which give up {@code rights}. Reads here what it needs for
     * that: this process may be about to lose the way to it.
     */
    public Spawner(Installation installation, Births rights, Role... roles) {
        this.installation = installation;
        Path lib = installation.library();
        this.library =
                lib == null
                        ? null
                        : FileIo.open(lib.toString(), FileIo.O_PATH | FileIo.O_DIRECTORY);
        for (Role role : roles) {
            Birth birth = rights.of(role);
            if (birth != null) {
                births.put(role, birth);
            }
            words.put(role, installation.commandLine(role));
        }
    }

    /** Numbers of the descriptors that it needs. */
    public List<Integer> descriptors() {
        List<Integer> numbers = new ArrayList<>();
        if (library != null) {
            numbers.add(library.number());
        }
        for (Birth birth : births.values()) {
            Fd domain = birth.domain();
            if (domain != null) {
                numbers.add(domain.number());
            }
        }
        return numbers;
    }

    /** A running child: whoever started it reaps it and owns this end of its channel. */
    public record Child(Role role, String name, int pid, Fd channel) {}

    /**
     * Starts a process of {@code role}. In the foreground its standard output and error are ours,
     * else /dev/null; it gets no other descriptor and an environment of its own.
     */
    public Child start(Role role, StartUp startUp) {
        return start(role, startUp, role.mainClass());
    }

    Child start(Role role, StartUp startUp, String mainClass) {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        try (Fd theirs = pair.second()) {
            Birth birth = births.get(role);
            int pid =
                    birth == null
                            ? spawn(role, startUp, mainClass, theirs)
                            : born(birth, role, startUp, mainClass, theirs);
            return new Child(role, startUp.name(), pid, pair.first());
        } catch (PosixException e) {
            pair.first().close();
            throw e;
        }
    }

    /** Starts a child from a thread that gives up what the child must not have, and ends. */
    private int born(Birth birth, Role role, StartUp startUp, String mainClass, Fd channel) {
        List<String> refused = new ArrayList<>();
        FutureTask<Integer> task =
                new FutureTask<>(() -> {
                    refused.addAll(birth.enter());
                    return spawn(role, startUp, mainClass, channel);
                });
        Thread.ofPlatform().name("spawner").start(task);
        int pid = await(task);
        if (!refused.isEmpty() && !complained) {
            complained = true;
            Log.info("this system does not let children be confined by: " + refused);
        }
        return pid;
    }

    private static int await(FutureTask<Integer> task) {
        while (true) {
            try {
                return task.get();
            } catch (InterruptedException e) {
                // Nobody interrupts on purpose; the child is started or not before we go on.
                continue;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    private int spawn(Role role, StartUp startUp, String mainClass, Fd channel) {
        Path lib = installation.library();
        boolean reachable = lib == null || Birth.canRead(lib.resolve("vmd.jar").toString());
        List<String> argv = new ArrayList<>();
        argv.add(startUp.title());
        List<String> ready = words.get(role);
        for (String word : ready == null ? installation.commandLine(role) : ready) {
            argv.add(reachable ? word : word.replace(lib + "/", ON_DESCRIPTOR + "/"));
        }
        argv.add(mainClass);
        argv.addAll(startUp.words());
        return Spawn.start(
                installation.java().toString(),
                argv,
                environment(),
                channel,
                reachable ? null : library,
                startUp.foreground() ? Spawn.Output.INHERIT : Spawn.Output.NULL);
    }

    /** Nothing of the caller's but the time zone, which log lines are written in. */
    private static List<String> environment() {
        List<String> variables = new ArrayList<>(List.of("LC_ALL=C.UTF-8", "PATH=/nonexistent"));
        String zone = System.getenv("TZ");
        if (zone != null) {
            variables.add("TZ=" + zone);
        }
        return variables;
    }
}
