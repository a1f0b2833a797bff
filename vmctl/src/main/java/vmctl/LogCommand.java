package vmctl;

import java.util.Locale;
import vmd.proto.ClientRequest;

/** Sets how much all processes of the daemon log. */
final class LogCommand implements Command {
    private static final int BRIEF = 0;
    private static final int VERBOSE = 2;

    @Override
    public String name() {
        return "log";
    }

    @Override
    public String syntax() {
        return "[brief | verbose]";
    }

    @Override
    public String summary() {
        return "change how much vmd logs";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        String word = Arguments.parse("", words).only().toLowerCase(Locale.ROOT);
        if (word.isEmpty()) {
            throw new UsageError();
        }
        int level;
        if ("brief".startsWith(word)) {
            level = BRIEF;
        } else if ("verbose".startsWith(word)) {
            level = VERBOSE;
        } else {
            throw new UsageError();
        }
        try (Daemon daemon = context.connectConfined()) {
            daemon.askForLines(new ClientRequest.Verbosity(level), context::complain);
            return 0;
        }
    }
}
