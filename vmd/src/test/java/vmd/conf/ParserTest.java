package vmd.conf;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParserTest {
    @TempDir Path directory;

    @Test
    void missingFileIsAWarningAndNoMachines() {
        Path file = directory.resolve("vm.conf");
        ParseResult result = Parser.parse(file, Map.of());
        assertEquals(Configuration.empty(), result.configuration());
        assertEquals(
                List.of("failed to open " + file + ": No such file or directory"),
                result.warnings());
    }

    @Test
    void unreadableFileIsAnErrorWithoutPosition() {
        ParseResult result = Parser.parse(directory, Map.of());
        assertNull(result.configuration());
        assertEquals(
                List.of(new ConfigError(null, "failed to open " + directory + ": Is a directory")),
                result.errors());
    }

    @Test
    void hugeFileIsRefusedUnread() {
        ParseResult result = Parser.parse(Path.of("/dev/zero"), Map.of());
        assertEquals(
                "failed to open /dev/zero: File too large", result.errors().getFirst().toString());
    }

    @Test
    void recordsKnowWhereTheyWereWritten() throws IOException {
        Files.writeString(directory.resolve("k"), "kernel");
        Files.writeString(directory.resolve("sub.conf"), "\nvm sub { boot \"k\" }\n");
        Path file = directory.resolve("vm.conf");
        Files.writeString(
                file, "include \"sub.conf\"\n\nvm top {\n\tboot \"k\"\n\tdisk \"k\"\n}\n");
        Configuration configuration =
                requireNonNull(
                        Parser.parse(file, Map.of(), directory, Accounts.ofFiles())
                                .configuration());
        assertEquals(new Position("sub.conf", 2), configuration.vms().get(0).position());
        VmConfig top = configuration.vms().get(1);
        assertEquals(new Position(file.toString(), 3), top.position());
        assertEquals(new Position(file.toString(), 5), top.disks().getFirst().position());
    }

    @Test
    void accountsOfThisMachineAreKnown() {
        assertEquals(0, Accounts.ofFiles().uid("root"));
        assertEquals(0, Accounts.ofFiles().gid("root"));
        assertEquals(Accounts.UNKNOWN, Accounts.ofFiles().uid("no such user"));
        assertEquals(Accounts.UNKNOWN, Accounts.ofFiles().uid(""));
    }
}
