package vmctl;

import java.util.List;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.Sockets;
import vmd.proto.ClientRequest;
import vmd.sandbox.Host;
import vmd.sandbox.Inspection;

/** Tells what the host offers, and whether each process of the daemon has no more than it may. */
final class DoctorCommand implements Command {
    /** How the line about the device begins among the daemon's details. */
    private static final String ENGINE = "engine ";

    @Override
    public String name() {
        return "doctor";
    }

    @Override
    public String syntax() {
        return "";
    }

    @Override
    public String summary() {
        return "examine the host and the sandbox of every process";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        if (Arguments.parse("", words).rest().length != 0) {
            throw new UsageError();
        }
        StringBuilder report = new StringBuilder();
        for (String line : Host.offers()) {
            report.append(line).append('\n');
        }
        context.print(report.toString());
        int parent;
        // Whoever made the socket listen is its peer: the parent process.
        try (Fd socket = Sockets.connect(context.socketPath(), Sockets.SOCK_STREAM)) {
            parent = Sockets.peerCredentials(socket).pid();
        } catch (PosixException e) {
            context.notice("no daemon to examine: " + e.getMessage());
            return 0;
        }
        engine(context);
        return processes(context, Inspection.ofDaemon(parent));
    }

    /** What the daemon's test of the kernel's vmm device has found. */
    private static void engine(Context context) throws Failure {
        try (Daemon daemon = context.connect()) {
            daemon.askForLines(
                    new ClientRequest.Details(),
                    line -> {
                        if (line.startsWith(ENGINE)) {
                            context.print(line + "\n");
                        }
                    });
        }
    }

    private static int processes(Context context, List<Inspection> inspections) {
        int status = 0;
        StringBuilder report = new StringBuilder();
        for (Inspection one : inspections) {
            report.append(
                    "%s (pid %d): %s: %s\n"
                            .formatted(
                                    one.title(),
                                    one.pid(),
                                    one.excess().isEmpty() ? "ok" : "TOO MUCH",
                                    one.summary()));
            for (String excess : one.excess()) {
                report.append("\t").append(excess).append('\n');
                status = 1;
            }
        }
        context.print(report.toString());
        return status;
    }
}
