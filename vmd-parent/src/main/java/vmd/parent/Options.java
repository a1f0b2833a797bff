package vmd.parent;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.ParseException;
import vmd.conf.Parser;

/**
 * The command line of vmd.
 *
 * @param foreground -d: stay, log to standard error
 * @param checkOnly -n: only check the configuration
 * @param verbosity -v, counted; -d counts twice
 * @param macros -D
 * @param badMacros definitions that could not be understood
 * @param file -f
 * @param socket -s, or the default of the user
 * @param directory what relative paths are relative to: the user's, also in the background
 */
record Options(
        boolean foreground,
        boolean checkOnly,
        int verbosity,
        Map<String, String> macros,
        List<String> badMacros,
        Path file,
        Path socket,
        Path directory) {

    static final String USAGE = "usage:\tvmd [-dnv] [-D macro=value] [-f file] [-s socket]";

    private static final Pattern ATTACHED = Pattern.compile("-([dnv]*)([Dfs])(.+)", Pattern.DOTALL);
    private static final Pattern TAKES_VALUE = Pattern.compile("-[dnv]*[Dfs]");
    private static final int FOREGROUND_VERBOSITY = 2;
    private static final int VERBOSITY_MAX = 3;

    /** The command line is not understood: the answer is the usage line. */
    static final class Usage extends Exception {
        private static final long serialVersionUID = 1L;

        Usage() {
            super(null, null, false, false);
        }
    }

    /** Parses what the user typed in {@code directory}. */
    static Options parse(String[] args, Path defaultSocket, Path directory) throws Usage {
        CommandLine line;
        try {
            line = new DefaultParser(false).parse(grammar(), separated(args));
        } catch (ParseException e) {
            throw new Usage();
        }
        if (!line.getArgList().isEmpty()) {
            throw new Usage();
        }
        boolean foreground = line.hasOption('d');
        int verbosity = foreground ? FOREGROUND_VERBOSITY : 0;
        for (Option option : line.getOptions()) {
            verbosity += option.getOpt().equals("v") ? 1 : 0;
        }
        Map<String, String> macros = new LinkedHashMap<>();
        List<String> bad = new ArrayList<>();
        String[] definitions = line.getOptionValues('D');
        for (String definition : definitions == null ? new String[0] : definitions) {
            int equals = definition.lastIndexOf('=');
            if (equals > 0) {
                macros.put(definition.substring(0, equals), definition.substring(equals + 1));
            } else {
                bad.add(definition);
            }
        }
        return new Options(
                foreground,
                line.hasOption('n'),
                Math.min(verbosity, VERBOSITY_MAX),
                macros,
                bad,
                path(line, 'f', Parser.DEFAULT_FILE, directory),
                path(line, 's', defaultSocket, directory),
                directory);
    }

    /**
     * The words with each value on its own: the library takes an equals sign in a value that is
     * attached to its option ({@code -Da=b}) for something else.
     */
    private static String[] separated(String[] args) {
        List<String> words = new ArrayList<>();
        boolean value = false;
        for (String word : args) {
            Matcher attached = ATTACHED.matcher(word);
            if (!value && attached.matches()) {
                if (!attached.group(1).isEmpty()) {
                    words.add("-" + attached.group(1));
                }
                words.add("-" + attached.group(2));
                words.add(attached.group(3));
                continue;
            }
            words.add(word);
            value = !value && TAKES_VALUE.matcher(word).matches();
        }
        return words.toArray(String[]::new);
    }

    private static org.apache.commons.cli.Options grammar() {
        return new org.apache.commons.cli.Options()
                .addOption(Option.builder("d").get())
                .addOption(Option.builder("n").get())
                .addOption(Option.builder("v").get())
                .addOption(Option.builder("D").hasArg().get())
                .addOption(Option.builder("f").hasArg().get())
                .addOption(Option.builder("s").hasArg().get());
    }

    private static Path path(CommandLine line, char option, Path otherwise, Path directory) {
        String value = line.getOptionValue(option);
        if (value == null) {
            return otherwise;
        }
        // Nothing is no file, not the folder; the daemon is told so of a socket without a place.
        return value.isEmpty() ? Path.of("") : directory.resolve(value);
    }

    /**
     * The same as words, for the daemon in the background: it works in another directory and
     * another environment. The first word is the user's directory.
     */
    List<String> words() {
        List<String> words = new ArrayList<>();
        words.add(directory.toString());
        macros.forEach((name, value) -> words.addAll(List.of("-D", name + "=" + value)));
        for (int k = 0; k < verbosity; k++) {
            words.add("-v");
        }
        words.addAll(List.of("-f", file.toString(), "-s", socket.toString()));
        return words;
    }
}
