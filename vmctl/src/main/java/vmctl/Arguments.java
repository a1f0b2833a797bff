package vmctl;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * Options and arguments of a command. As with getopt(3), options come first: the first word that is
 * none ends them, so that an option behind a name is seen as the mistake it is.
 */
final class Arguments {
    private final @Nullable CommandLine options;
    private final String[] rest;

    private Arguments(@Nullable CommandLine options, String[] rest) {
        this.options = options;
        this.rest = rest;
    }

    /**
     * Takes the words apart.
     *
     * @param letters option letters; a colon behind one says that it takes a value
     */
    static Arguments parse(String letters, String[] words) throws UsageError {
        int end = 0;
        int next = 0;
        while (next < words.length && isOption(words[next])) {
            if (words[next].equals("--")) {
                next++;
                break;
            }
            next = checkOption(letters, words, next);
            end = next;
        }
        String[] rest = Arrays.copyOfRange(words, next, words.length);
        if (end == 0) {
            // Without options their library need not be loaded.
            return new Arguments(null, rest);
        }
        return new Arguments(parseOptions(letters, Arrays.copyOf(words, end)), rest);
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.charAt(0) == '-';
    }

    /** Checks the word of option letters at {@code at} and returns the index behind its value. */
    private static int checkOption(String letters, String[] words, int at) throws UsageError {
        String word = words[at];
        for (int i = 1; i < word.length(); i++) {
            char letter = word.charAt(i);
            int known = letter == ':' ? -1 : letters.indexOf(letter);
            if (known < 0) {
                throw new UsageError("unknown option -- " + word.substring(i));
            }
            if (known + 1 < letters.length() && letters.charAt(known + 1) == ':') {
                if (i + 1 < word.length()) {
                    return at + 1;
                }
                if (at + 1 == words.length) {
                    throw new UsageError("option requires an argument -- " + letter);
                }
                return at + 2;
            }
        }
        return at + 1;
    }

    private static CommandLine parseOptions(String letters, String[] words) throws UsageError {
        Options options = new Options();
        for (int i = 0; i < letters.length(); i++) {
            if (letters.charAt(i) != ':') {
                boolean value = i + 1 < letters.length() && letters.charAt(i + 1) == ':';
                options.addOption(Option.builder(letters.substring(i, i + 1)).hasArg(value).get());
            }
        }
        try {
            return DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false)
                    .get()
                    .parse(options, words, false);
        } catch (ParseException e) {
            throw new UsageError(String.valueOf(e.getMessage()));
        }
    }

    boolean has(char letter) {
        return options != null && options.hasOption(letter);
    }

    /** All values of an option, in order. */
    List<String> values(char letter) {
        String[] values = options == null ? null : options.getOptionValues(letter);
        return values == null ? List.of() : List.of(values);
    }

    /** One option of the command line. */
    record Given(char letter, @Nullable String value) {}

    /** All options in the order in which they were given. */
    List<Given> given() {
        return options == null
                ? List.of()
                : Stream.of(options.getOptions())
                        .map(option -> new Given(option.getOpt().charAt(0), option.getValue()))
                        .toList();
    }

    /** The value of an option that may be given once, or null. */
    @Nullable String value(char letter, String what) throws Failure {
        List<String> values = values(letter);
        if (values.size() > 1) {
            throw new Failure(what + " specified multiple times");
        }
        return values.isEmpty() ? null : values.getFirst();
    }

    String[] rest() {
        return rest;
    }

    /** The one argument that there must be. */
    String only() throws UsageError {
        if (rest.length != 1) {
            throw new UsageError();
        }
        return rest[0];
    }
}
