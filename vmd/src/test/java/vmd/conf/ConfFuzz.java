package vmd.conf;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a file holds, its lexer and parser end, and what they accept is what they print. */
class ConfFuzz {
    /** Every name but those with a question mark is a file's; none is looked at. */
    private static final ConfigFiles FILES =
            new ConfigFiles(Path.of("/nowhere")) {
                @Override
                String read(String name) throws Unusable {
                    return name.contains("?") ? text(name) : "vm included { boot bsd }";
                }

                @Override
                Path resolve(String name) throws Unusable {
                    String file = text(name).replace('\0', '_');
                    return Path.of("/nowhere").resolve(file).normalize();
                }

                private String text(String name) throws Unusable {
                    if (name.contains("?")) {
                        throw new Unusable("No such file or directory", true);
                    }
                    return name;
                }
            };

    private static final int MAX_TOKENS_PER_CHAR = 3;

    @MethodSource("files")
    @FuzzTest(maxDuration = "30m")
    void parserEndsAndPrintsWhatItRead(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        ParseResult result = parse(text);
        for (ConfigError error : result.errors()) {
            assertTrue(!error.message().isEmpty());
        }
        Configuration configuration = result.configuration();
        if (configuration != null) {
            String printed = Printer.print(configuration);
            ParseResult again = parse(printed);
            assertEquals(List.of(), again.errors(), printed);
            assertEquals(
                    printed.replaceAll("(?m)^# .*\n", ""),
                    Printer.print(requireNonNull(again.configuration())));
        }
    }

    @MethodSource("files")
    @FuzzTest(maxDuration = "30m")
    void lexerMovesOnWithEveryToken(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        Diagnostics diagnostics = new Diagnostics();
        Lexer lexer = new Lexer("fuzz", text, new Macros(Map.of("m", "up 5")), diagnostics);
        int line = 1;
        for (int left = text.length() * MAX_TOKENS_PER_CHAR + 3; ; left--) {
            Token token = lexer.next();
            assertTrue(left > 0, "the lexer stands still");
            assertTrue(token.position().line() >= line, "lines go back");
            line = token.position().line();
            if (token.kind() == Token.Kind.END) {
                break;
            }
        }
        assertTrue(diagnostics.errors().size() <= text.length());
    }

    private static ParseResult parse(String text) {
        Accounts nobody =
                new Accounts() {
                    @Override
                    public long uid(String user) {
                        return UNKNOWN;
                    }

                    @Override
                    public long gid(String group) {
                        return UNKNOWN;
                    }
                };
        return Parser.parseText("fuzz", text, FILES, nobody);
    }

    /** The configurations of the golden tests. */
    static Stream<byte[]> files() throws IOException {
        try (Stream<Path> list = Files.list(Path.of("src/test/resources/golden/conf"))) {
            return list
                    .filter(path -> path.toString().endsWith(".conf"))
                    .sorted()
                    .map(ConfFuzz::bytes)
                    .toList()
                    .stream();
        }
    }

    private static byte[] bytes(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
