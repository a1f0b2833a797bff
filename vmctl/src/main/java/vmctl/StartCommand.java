package vmctl;

import org.jspecify.annotations.Nullable;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmRef;

/** Starts a machine: one of the configuration, or a new one. */
final class StartCommand implements Command {
    /** From here on a result is one of vmd's own, and its text is a sentence. */
    private static final int OWN_RESULTS = 1000;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String syntax() {
        return "[-cL] [-a cmdline] [-B device] [-b path] [-C cpu]\n"
                + "\t\t[-d disk] [-e engine] [-I initrd] [-i count] [-m size]\n"
                + "\t\t[-n switch] [-p vcpus] [-r path] [-t name] id | name";
    }

    @Override
    public String summary() {
        return "start a machine (-c: and attach to its console)";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        Arguments arguments = Arguments.parse(StartOptions.LETTERS, words);
        VmRef vm = VmName.parse(arguments.only());
        StartOptions options = StartOptions.of(context, arguments);
        BootFile kernel = null;
        BootFile initrd = null;
        ClientReply.Started started;
        try {
            kernel = open(options.kernel(), "kernel");
            initrd = open(options.initrd(), "initrd");
            started = start(context, vm, options, kernel, initrd);
        } finally {
            close(kernel);
            close(initrd);
        }
        if (!started.outcome().ok()) {
            throw new Failure(reason(started.outcome()));
        }
        if (options.console()) {
            return ConsoleCommand.attach(context, started.id(), started.tty());
        }
        context.notice(
                "started vm "
                        + Integer.toUnsignedString(started.id())
                        + " successfully, tty "
                        + started.tty());
        return 0;
    }

    private static ClientReply.Started start(
            Context context,
            VmRef vm,
            StartOptions options,
            @Nullable BootFile kernel,
            @Nullable BootFile initrd)
            throws Failure {
        ClientRequest request = options.request(vm, kernel, initrd);
        try (Daemon daemon = context.connectConfined()) {
            daemon.send(request, kernel == null ? null : kernel.descriptor());
            if (initrd != null) {
                daemon.send(new ClientRequest.StartInitrd(), initrd.descriptor());
            }
            if (!(daemon.receive() instanceof ClientReply.Started started)) {
                throw new Failure(Daemon.UNEXPECTED);
            }
            return started;
        }
    }

    private static @Nullable BootFile open(@Nullable String path, String kind) throws Failure {
        return path == null ? null : BootFile.open(path, kind);
    }

    private static void close(@Nullable BootFile file) {
        if (file != null) {
            file.close();
        }
    }

    private static String reason(Outcome outcome) {
        return outcome.code() > OWN_RESULTS
                ? outcome.message()
                : "start vm command failed: " + outcome.message();
    }
}
