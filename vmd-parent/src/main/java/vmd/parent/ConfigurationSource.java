package vmd.parent;

import java.nio.file.Path;
import vmd.conf.Accounts;
import vmd.conf.ParseResult;
import vmd.conf.Parser;
import vmd.log.Log;

/** Where the configuration comes from, as the command line says it; read as often as needed. */
record ConfigurationSource(Options options) {
    private static final String UNUSED_MACRO = "warning: macro ";

    /** Reads the file of the command line. */
    ParseResult read() {
        return read(options.file());
    }

    /** Reads another file with the same macros. */
    ParseResult read(Path file) {
        return Parser.parse(file, options.macros(), options.directory(), Accounts.ofFiles());
    }

    /**
     * Logs what a parse has to say; a file with errors has no configuration.
     *
     * @param toUser whether the log is what the user sees: a macro that is not used concerns nobody
     *     else
     */
    static void log(ParseResult result, boolean toUser) {
        for (String warning : result.warnings()) {
            if (toUser || !warning.startsWith(UNUSED_MACRO)) {
                Log.warn(warning);
            }
        }
        result.errors().forEach(error -> Log.warn(error.toString()));
    }
}
