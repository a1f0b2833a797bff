package vmctl;

import java.util.Locale;
import vmd.proto.ClientRequest;
import vmd.proto.ResetScope;

/** Has machines, switches or both forgotten. */
final class ResetCommand implements Command {
    @Override
    public String name() {
        return "reset";
    }

    @Override
    public String syntax() {
        return "[all | switches | vms]";
    }

    @Override
    public String summary() {
        return "end and forget all machines, forget switches, or both";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        String[] rest = Arguments.parse("", words).rest();
        if (rest.length > 1) {
            throw new UsageError();
        }
        ResetScope scope = rest.length == 0 ? ResetScope.ALL : scope(rest[0]);
        try (Daemon daemon = context.connectConfined()) {
            daemon.askForLines(new ClientRequest.Reset(scope), context::complain);
            return 0;
        }
    }

    private static ResetScope scope(String word) throws UsageError {
        for (ResetScope scope : ResetScope.values()) {
            if (scope.word().equals(word.toLowerCase(Locale.ROOT))) {
                return scope;
            }
        }
        throw new UsageError();
    }
}
