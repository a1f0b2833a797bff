package vmctl;

import vmd.proto.ClientRequest;

/** Has the configuration read again. */
final class ReloadCommand implements Command {
    @Override
    public String name() {
        return "reload";
    }

    @Override
    public String syntax() {
        return "[-n]";
    }

    @Override
    public String summary() {
        return "read the configuration again (-n: only say what would change)";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        Arguments arguments = Arguments.parse("n", words);
        if (arguments.rest().length != 0) {
            throw new UsageError();
        }
        boolean dryRun = arguments.has('n');
        try (Daemon daemon = context.connectConfined()) {
            daemon.askForLines(
                    new ClientRequest.Reload(dryRun),
                    dryRun ? line -> context.print(line + "\n") : context::complain);
            return 0;
        }
    }
}
