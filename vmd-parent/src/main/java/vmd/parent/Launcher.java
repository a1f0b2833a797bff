package vmd.parent;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.privsep.Installation;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;

/**
 * Starting in the background. A Java virtual machine cannot fork, so the command that the user
 * typed starts the daemon as a process of its own and waits for its one report: ready, or the
 * reason why not.
 */
final class Launcher {
    private static final int REPORT_BYTES = 2048;
    private static final String READY = "ready";

    private Launcher() {}

    /** Starts the daemon and waits for its report; the exit code of the command. */
    static int launch(Options options) {
        StartUp startUp =
                new StartUp(
                        Role.PARENT.label(),
                        ServiceAccount.own(),
                        false,
                        options.verbosity(),
                        options.words());
        Spawner.Child daemon;
        try {
            daemon = new Spawner(Installation.current()).start(Role.PARENT, startUp);
        } catch (PosixException e) {
            Log.fatal("cannot start the daemon", e);
            return 1;
        }
        SocketMessage buffer = new SocketMessage(REPORT_BYTES);
        int length = buffer.receive(daemon.channel(), true);
        String report =
                new String(
                        buffer.data().asSlice(0, length).toArray(ValueLayout.JAVA_BYTE),
                        StandardCharsets.UTF_8);
        if (report.equals(READY)) {
            return 0;
        }
        Log.warn(report.isEmpty() ? "the daemon ended before it was ready" : report);
        return 1;
    }

    /** Sends the report of the daemon: null for ready. Only the first report counts. */
    static void report(Fd channel, @Nullable String reason) {
        if (!channel.isOpen()) {
            return;
        }
        byte[] text = (reason == null ? READY : reason).getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, REPORT_BYTES);
        SocketMessage buffer = new SocketMessage(REPORT_BYTES);
        MemorySegment.copy(text, 0, buffer.data(), ValueLayout.JAVA_BYTE, 0, length);
        try (channel) {
            buffer.send(channel, length, null, true);
        } catch (PosixException e) {
            Log.debug("nobody waits for the daemon: " + e.getMessage());
        }
    }
}
