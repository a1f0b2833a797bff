package vmd.conf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where the control socket is when nobody says so: one rule for the daemon and its clients. */
public final class ControlSocket {
    public static final String SYSTEM = "/var/run/vmd.sock";

    private static final String NAME = "vmd.sock";
    private static final String RUNTIME_DIRECTORY = "XDG_RUNTIME_DIR";

    private ControlSocket() {}

    /**
     * The socket of a daemon that {@code uid} runs: the system's for root, else one in the user's
     * runtime directory; empty if there is no such directory.
     */
    public static String ofDaemon(int uid, Map<String, String> environment) {
        if (uid == 0) {
            return SYSTEM;
        }
        String directory = environment.getOrDefault(RUNTIME_DIRECTORY, "");
        return directory.startsWith("/") ? directory + "/" + NAME : "";
    }

    /**
     * The socket for a client: that of the user's own daemon if there is one, else the system's.
     */
    public static String ofClient(Map<String, String> environment) {
        String own = ofDaemon(-1, environment);
        return !own.isEmpty() && Files.exists(Path.of(own)) ? own : SYSTEM;
    }
}
