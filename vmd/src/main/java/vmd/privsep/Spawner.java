package vmd.privsep;

import java.util.ArrayList;
import java.util.List;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.Sockets;
import vmd.posix.Spawn;

/** Starts children: a Java virtual machine each, with its channel on descriptor 3. */
public final class Spawner {
    private final Installation installation;

    public Spawner(Installation installation) {
        this.installation = installation;
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
        argv.addAll(installation.commandLine(role));
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
                            startUp.foreground() ? Spawn.Output.INHERIT : Spawn.Output.NULL);
            return new Child(role, startUp.name(), pid, pair.first());
        } catch (PosixException e) {
            pair.first().close();
            throw e;
        }
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
