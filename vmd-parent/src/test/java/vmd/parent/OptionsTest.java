package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private static final Path SOCKET = Path.of("/var/run/vmd.sock");

    private static final Path DIRECTORY = Path.of("/home/joe");

    private static Options parse(String... words) throws Options.Usage {
        return Options.parse(words, SOCKET, DIRECTORY);
    }

    @Test
    void defaultsAreThoseOfTheManual() throws Options.Usage {
        Options options = parse();
        assertEquals(false, options.foreground());
        assertEquals(0, options.verbosity());
        assertEquals(Path.of("/etc/vm.conf"), options.file());
        assertEquals(SOCKET, options.socket());
    }

    @Test
    void optionsMayBeWrittenTogether() throws Options.Usage {
        Options options = parse("-dnv", "-Da=b=c", "-f", "/x", "-s/y");
        assertEquals(true, options.foreground());
        assertEquals(true, options.checkOnly());
        assertEquals(3, options.verbosity());
        assertEquals(Map.of("a=b", "c"), options.macros());
        assertEquals(Path.of("/x"), options.file());
        assertEquals(Path.of("/y"), options.socket());
    }

    @Test
    void definitionWithoutValueIsReportedAndNoError() throws Options.Usage {
        assertEquals(List.of("novalue"), parse("-D", "novalue").badMacros());
    }

    @Test
    void wordsSayTheSameAgain() throws Options.Usage {
        Options options = parse("-vv", "-D", "a=b", "-f", "relative", "-s", "sock");
        List<String> words = options.words();
        assertEquals(DIRECTORY.toString(), words.getFirst());
        assertEquals(options, parse(words.subList(1, words.size()).toArray(String[]::new)));
        assertEquals(DIRECTORY.resolve("relative"), options.file());
        assertEquals(DIRECTORY.resolve("sock"), options.socket());
    }

    /** A user without a runtime directory: it was taken for a socket that is the folder. */
    @Test
    void socketWithoutPlaceStaysOne() throws Options.Usage {
        Path nowhere = Path.of("");
        Options options = Options.parse(new String[0], nowhere, DIRECTORY);
        List<String> words = options.words();
        String[] again = words.subList(1, words.size()).toArray(String[]::new);
        assertEquals(nowhere, Options.parse(again, SOCKET, DIRECTORY).socket());
    }

    @Test
    void anythingElseIsAUsageError() {
        for (String[] words :
                new String[][] {{"-x"}, {"extra"}, {"-f"}, {"--debug"}, {"-d", "extra"}}) {
            assertThrows(Options.Usage.class, () -> parse(words));
        }
    }
}
