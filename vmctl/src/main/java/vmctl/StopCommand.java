package vmctl;

import java.util.ArrayList;
import java.util.List;
import vmd.posix.Errno;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;

/** Stops one machine, or all that run. */
final class StopCommand implements Command {
    /** A connection for each of them; the process may have no more than 256 descriptors. */
    private static final int AT_ONCE = 100;

    @Override
    public String name() {
        return "stop";
    }

    @Override
    public String syntax() {
        return "[-fw] [id | -a]";
    }

    @Override
    public String summary() {
        return "stop a machine (-f: without asking the guest, -w: wait for its end)";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        Arguments arguments = Arguments.parse("afw", words);
        boolean force = arguments.has('f');
        boolean wait = arguments.has('w');
        if (!arguments.has('a')) {
            VmRef vm = VmName.parse(arguments.only());
            try (Asked asked = ask(context, vm, force, wait)) {
                return finish(context, asked, wait, false) ? 0 : 1;
            }
        }
        if (arguments.rest().length != 0) {
            throw new UsageError();
        }
        List<VmInfo> running = new ArrayList<>();
        for (VmInfo vm : machines(context)) {
            if (StatusCommand.isRunning(vm)) {
                running.add(vm);
            }
        }
        for (int first = 0; first < running.size(); first += AT_ONCE) {
            int end = Math.min(first + AT_ONCE, running.size());
            stopAll(context, running.subList(first, end), force, wait);
        }
        return 0;
    }

    /** These guests shut down at the same time; what is told is in order. */
    private static void stopAll(Context context, List<VmInfo> vms, boolean force, boolean wait)
            throws Failure {
        List<Asked> all = new ArrayList<>();
        try {
            for (VmInfo vm : vms) {
                all.add(ask(context, VmRef.byName(vm.name()), force, wait));
            }
            for (Asked asked : all) {
                try (asked) {
                    finish(context, asked, wait, true);
                }
            }
        } finally {
            all.forEach(Asked::close);
        }
    }

    /** A machine that was asked to stop, and the connection that brings the answers. */
    private record Asked(VmRef vm, Daemon daemon) implements AutoCloseable {
        @Override
        public void close() {
            daemon.close();
        }
    }

    private static Iterable<VmInfo> machines(Context context) throws Failure {
        try (Daemon daemon = context.connectConfined()) {
            return daemon.machines();
        }
    }

    private static Asked ask(Context context, VmRef vm, boolean force, boolean wait)
            throws Failure {
        Daemon daemon = context.connectConfined();
        try {
            daemon.send(new ClientRequest.Stop(vm, force, wait));
        } catch (Failure e) {
            daemon.close();
            throw e;
        }
        return new Asked(vm, daemon);
    }

    private static boolean finish(Context context, Asked asked, boolean wait, boolean all)
            throws Failure {
        Daemon daemon = asked.daemon();
        context.say("stopping vm" + inWords(asked.vm()) + ": ");
        if (!(reply(context, daemon) instanceof ClientReply.Stopping stopping)) {
            throw unexpected(context);
        }
        if (all && wait && stopping.outcome().code() == Outcome.EALREADY) {
            // Somebody else has asked this guest; it still takes its time.
            daemon.send(new ClientRequest.Wait(asked.vm()));
            return awaitEnd(context, daemon);
        }
        if (!stopping.outcome().ok()) {
            context.say(reason(stopping.outcome()) + "\n");
            return false;
        }
        if (!wait) {
            context.say("requested to shutdown vm " + unsigned(stopping.id()) + "\n");
            return true;
        }
        return awaitEnd(context, daemon);
    }

    /** Reads the reply that says that a machine ended, and tells the user. */
    static boolean awaitEnd(Context context, Daemon daemon) throws Failure {
        if (!(reply(context, daemon) instanceof ClientReply.Terminated ended)) {
            throw unexpected(context);
        }
        if (!ended.outcome().ok()) {
            context.say(reason(ended.outcome()) + "\n");
            return false;
        }
        context.say("terminated vm " + unsigned(ended.id()) + "\n");
        return true;
    }

    /** A failure starts a line of its own: the current one has begun already. */
    private static ClientReply reply(Context context, Daemon daemon) throws Failure {
        try {
            return daemon.receive();
        } catch (Failure e) {
            context.say("\n");
            throw e;
        }
    }

    private static Failure unexpected(Context context) {
        context.say("\n");
        return new Failure(Daemon.UNEXPECTED);
    }

    static String inWords(VmRef vm) {
        return vm.name().isEmpty() ? "" : " " + vm.name();
    }

    private static String unsigned(int id) {
        return Integer.toUnsignedString(id);
    }

    private static String reason(Outcome outcome) {
        return switch (outcome.code()) {
            case Outcome.NOT_RUNNING -> outcome.message();
            case Errno.ENOENT -> "vm not found";
            case Errno.EINTR -> "interrupted call";
            default -> "failed: " + outcome.message();
        };
    }
}
