package vmctl;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import vmd.conf.VmLimits;
import vmd.proto.ClientRequest;

/** Adds what another configuration file defines. */
final class LoadCommand implements Command {
    @Override
    public String name() {
        return "load";
    }

    @Override
    public String syntax() {
        return "filename";
    }

    @Override
    public String summary() {
        return "add the machines of another configuration file";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        String path = absolute(Arguments.parse("", words).only());
        try (Daemon daemon = context.connectConfined()) {
            daemon.askForLines(new ClientRequest.Load(path), context::complain);
            return 0;
        }
    }

    /** The daemon has a working directory of its own: names are relative to the user's. */
    private static String absolute(String word) throws Failure {
        String path;
        try {
            path = Path.of(word).toAbsolutePath().toString();
        } catch (InvalidPathException _) {
            throw new Failure("invalid path: " + word);
        }
        if (word.isEmpty() || !VmLimits.fits(path, VmLimits.MAX_PATH)) {
            throw new Failure("invalid path: " + word);
        }
        return path;
    }
}
