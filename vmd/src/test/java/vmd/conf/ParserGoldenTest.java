package vmd.conf;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pairs of files: {@code x.conf} with {@code x.ok}, the configuration as it is printed, or {@code
 * x.err}, the errors. Lines that begin with {@code W:} are warnings. In both {@code DIR} is the
 * directory of the files that the configurations name. Run with {@code -Dgolden.update=true} to
 * write the expectations anew.
 */
class ParserGoldenTest {
    private static final Path CASES = Path.of("src/test/resources/golden/conf");

    @TempDir static Path directory;

    @BeforeAll
    static void makeFiles() throws IOException {
        for (String name :
                List.of(
                        "bsd",
                        "vmlinuz",
                        "initrd.gz",
                        "a.img",
                        "b.img",
                        "c.img",
                        "d.img",
                        "e.img",
                        "with space")) {
            Files.writeString(directory.resolve(name), name);
        }
        Files.write(
                directory.resolve("q.img"), new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3});
        Files.createSymbolicLink(directory.resolve("link"), Path.of("bsd"));
        Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        Files.writeString(
                directory.resolve("some.inc"), "kernel = \"bsd\"\nvm inc { boot $kernel }");
        Files.writeString(directory.resolve("uses.inc"), "vm inc {\n boot $k\n cmdline $none\n}\n");
        Files.writeString(directory.resolve("outer.inc"), "# outer\ninclude \"some.inc\"\n");
        Files.writeString(directory.resolve("bad.inc"), "\nvm inc { bot \"bsd\" }\n");
        Files.writeString(directory.resolve("quote.inc"), "vm inc {\n boot \"bsd\n}\n");
        Files.writeString(directory.resolve("self.inc"), "include \"self.inc\"\n");
        Files.write(directory.resolve("latin1.inc"), new byte[] {'#', (byte) 0xe9, '\n'});
    }

    static Stream<String> cases() throws IOException {
        try (Stream<Path> list = Files.list(CASES)) {
            return list
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".conf"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesWhatIsExpected(String name) throws IOException {
        String text = Files.readString(CASES.resolve(name)).replace("DIR", directory.toString());
        Path file = Files.writeString(directory.resolve(name), text);
        ParseResult result = parse(file);
        StringBuilder actual = new StringBuilder();
        result.warnings().forEach(warning -> actual.append("W:").append(warning).append('\n'));
        result.errors().forEach(error -> actual.append(error).append('\n'));
        if (result.configuration() != null) {
            actual.append(Printer.print(result.configuration()));
        }
        String stem = name.substring(0, name.length() - ".conf".length());
        Path expected = CASES.resolve(stem + (result.ok() ? ".ok" : ".err"));
        String shown = actual.toString().replace(directory.toString(), "DIR");
        if (Boolean.getBoolean("golden.update")) {
            Files.deleteIfExists(CASES.resolve(stem + (result.ok() ? ".err" : ".ok")));
            Files.writeString(expected, shown);
        }
        assertTrue(Files.exists(expected), () -> "no " + expected + " for\n" + shown);
        assertEquals(Files.readString(expected), shown);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void printedConfigurationParsesToTheSame(String name) throws IOException {
        String text = Files.readString(CASES.resolve(name)).replace("DIR", directory.toString());
        ParseResult first = parse(Files.writeString(directory.resolve(name), text));
        if (first.configuration() != null) {
            String printed = Printer.print(first.configuration());
            ParseResult again = parse(Files.writeString(directory.resolve("printed"), printed));
            assertEquals(List.of(), again.errors());
            // A comment says what was an instance; read again it is a machine like others.
            assertEquals(
                    printed.replaceAll("(?m)^# .*\n", ""),
                    Printer.print(requireNonNull(again.configuration())));
        }
    }

    @Test
    void thereAreManyCases() throws IOException {
        assertTrue(cases().count() >= 200);
    }

    private static ParseResult parse(Path file) {
        Map<String, String> forced =
                file.getFileName().toString().startsWith("macro-forced")
                        ? Map.of("forced", "768M")
                        : Map.of();
        Accounts accounts =
                new Accounts() {
                    @Override
                    public long uid(String user) {
                        return user.equals("joe") ? 1000 : user.equals("root") ? 0 : UNKNOWN;
                    }

                    @Override
                    public long gid(String group) {
                        return group.equals("users") ? 100 : UNKNOWN;
                    }
                };
        return Parser.parse(file, forced, directory, accounts);
    }
}
