package vmd.privsep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.Sockets;
import vmd.posix.Spawn;

/** Starts children: a Java virtual machine each, with its channel on descriptor 3. */
public final class Spawner {
    private final Installation installation;
    private final Map<Role, List<String>> prepared;
    private final @Nullable Fd library;

    public Spawner(Installation installation) {
        this(installation, Map.of(), null);
    }

    private Spawner(
            Installation installation, Map<Role, List<String>> prepared, @Nullable Fd library) {
        this.installation = installation;
        this.prepared = prepared;
        this.library = library;
    }

    /**
     * A spawner of {@code role} for a process that is about to give up root. The installation may
     * lie where only root comes to (below /root, in a private folder): the children then find their
     * jars through a descriptor of the folder, which does not ask for the way to it. They get it as
     * descriptor {@link Spawn#PROGRAM} and close it when they have opened the jars.
     */
    public static Spawner prepared(Installation installation, Role role) {
        Path lib = installation.library();
        if (lib == null) {
            return new Spawner(installation);
        }
        Fd folder = FileIo.open(lib.toString(), FileIo.O_PATH | FileIo.O_DIRECTORY);
        String onDescriptor = "/proc/self/fd/" + Spawn.PROGRAM + "/";
        List<String> words =
                installation.commandLine(role).stream()
                        .map(word -> word.replace(lib + "/", onDescriptor))
                        .toList();
        return new Spawner(installation, Map.of(role, words), folder);
    }

    /** Numbers of the descriptors that it needs. */
    public List<Integer> descriptors() {
        return library == null ? List.of() : List.of(library.number());
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
        List<String> argv = new ArrayList<>();
        argv.add(startUp.title());
        List<String> ready = reachable() ? null : prepared.get(role);
        argv.addAll(ready == null ? installation.commandLine(role) : ready);
        argv.add(mainClass);
        argv.addAll(startUp.words());
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        try (Fd theirs = pair.second()) {
            int pid =
                    Spawn.start(
                            installation.java().toString(),
                            argv,
                            environment(),
                            theirs,
                            ready == null ? null : library,
                            startUp.foreground() ? Spawn.Output.INHERIT : Spawn.Output.NULL);
            return new Child(role, startUp.name(), pid, pair.first());
        } catch (PosixException e) {
            pair.first().close();
            throw e;
        }
    }

    /**
     * Whether the jars can be reached by their paths: the better way, because the archives of
     * loaded classes were made for these.
     */
    private boolean reachable() {
        Path lib = installation.library();
        return lib == null || Files.isReadable(lib.resolve("vmd.jar"));
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
