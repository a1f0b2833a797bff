package vmctl;

import vmd.posix.Errno;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;

/** Stops one machine, or all that run. */
final class StopCommand implements Command {
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
            return stop(context, vm, force, wait) ? 0 : 1;
        }
        if (arguments.rest().length != 0) {
            throw new UsageError();
        }
        for (VmInfo vm : machines(context)) {
            if (StatusCommand.isRunning(vm)) {
                stop(context, VmRef.byName(vm.name()), force, wait);
            }
        }
        return 0;
    }

    private static Iterable<VmInfo> machines(Context context) throws Failure {
        try (Daemon daemon = context.connectConfined()) {
            return daemon.machines();
        }
    }

    private static boolean stop(Context context, VmRef vm, boolean force, boolean wait)
            throws Failure {
        try (Daemon daemon = context.connectConfined()) {
            context.say("stopping vm" + inWords(vm) + ": ");
            daemon.send(new ClientRequest.Stop(vm, force, wait));
            if (!(reply(context, daemon) instanceof ClientReply.Stopping stopping)) {
                throw unexpected(context);
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
