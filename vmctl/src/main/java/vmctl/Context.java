package vmctl;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import vmd.conf.ControlSocket;
import vmd.posix.PosixException;

/** What a command works with: where its words go, and how to reach the daemon. */
final class Context {
    private final PrintStream out;
    private final PrintStream err;
    private final @Nullable String socket;
    private final Map<String, String> environment;
    private final Runnable sandbox;
    private boolean confined;

    Context(
            PrintStream out,
            PrintStream err,
            @Nullable String socket,
            Map<String, String> environment,
            Runnable sandbox) {
        this.out = out;
        this.err = err;
        this.socket = socket;
        this.environment = environment;
        this.sandbox = sandbox;
    }

    Daemon connect() throws Failure {
        return Daemon.connect(socketPath(), false);
    }

    /**
     * As {@link #connect()}, for requests with descriptors too, and has the process confined before
     * it says a word. The runtime's own sockets would load more libraries later, which it cannot
     * then.
     */
    Daemon connectConfined() throws Failure {
        Daemon daemon = Daemon.connect(socketPath(), true);
        try {
            confine();
        } catch (Failure e) {
            daemon.close();
            throw e;
        }
        return daemon;
    }

    /** From here on the process can do no more than the rest of a command needs. */
    void confine() throws Failure {
        if (confined) {
            return;
        }
        try {
            sandbox.run();
        } catch (PosixException | UncheckedIOException | IllegalStateException e) {
            throw new Failure("cannot enter the sandbox: " + e.getMessage());
        }
        confined = true;
    }

    /** Where the control socket is. */
    String socketPath() {
        return socket != null ? socket : ControlSocket.ofClient(environment);
    }

    /** Tables and what else is asked for; everything that is said about it goes elsewhere. */
    void print(String text) {
        out.print(text);
        out.flush();
    }

    /** A line for the user. */
    void notice(String text) {
        err.print("vmctl: " + text + "\n");
        err.flush();
    }

    /** A line of the daemon's about what is wrong. */
    void complain(String line) {
        say(line + "\n");
    }

    /** As {@link #notice}, without the program's name and the newline. */
    void say(String text) {
        err.print(text);
        err.flush();
    }
}
