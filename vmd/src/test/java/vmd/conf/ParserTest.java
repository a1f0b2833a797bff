package vmd.conf;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParserTest {
    private static final Path ROOT = Path.of(System.getProperty("project.root"));

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

    @Test
    void exampleIsRight() throws IOException {
        for (String name : List.of("vmlinuz", "initrd.gz", "linux.img", "build.img")) {
            Files.writeString(directory.resolve(name), name);
        }
        String text = Files.readString(ROOT.resolve("vm.conf.example"));
        // Also what is commented out by a hash mark alone, which is not the prose.
        for (String example : List.of(text, text.replaceAll("(?m)^#(?! )", ""))) {
            Path file = Files.writeString(directory.resolve("vm.conf"), example);
            ParseResult result =
                    Parser.parse(
                            file, Map.of("dir", directory.toString()), directory, new AnyAccount());
            assertEquals(List.of(), result.errors());
            assertEquals(List.of(), result.warnings());
        }
    }

    @Test
    void manualNamesEveryKeyword() throws IOException {
        String manual = Files.readString(ROOT.resolve("etc/man/vm.conf.5"));
        List<String> words =
                List.of(
                        "agentx",
                        "allow instance",
                        "boot",
                        "boot device",
                        "cdrom",
                        "cmdline",
                        "disable",
                        "disk",
                        "enable",
                        "engine",
                        "initrd",
                        "instance",
                        "interface",
                        "interfaces",
                        "local",
                        "memory",
                        "owner",
                        "sev",
                        "seves",
                        "socket owner",
                        "staggered start",
                        "switch",
                        "vcpus");
        for (String word : words) {
            assertTrue(manual.contains("Ic " + word), word);
        }
        assertTrue(manual.contains("include"));
    }

    private static final class AnyAccount implements Accounts {
        @Override
        public long uid(String user) {
            return 1000;
        }

        @Override
        public long gid(String group) {
            return 100;
        }
    }

    @Test
    void diskWhosePathBecomesTooLongIsRefused() throws IOException {
        Path deep = directory;
        for (int k = 0; k < 5; k++) {
            deep = deep.resolve("d".repeat(250));
        }
        Files.createFile(Files.createDirectories(deep).resolve("disk"));
        Files.createSymbolicLink(directory.resolve("short"), deep);
        Path file = directory.resolve("vm.conf");
        Files.writeString(file, "vm x {\n disk \"short/disk\"\n}\n");
        ParseResult result = Parser.parse(file, Map.of(), directory, Accounts.ofFiles());
        assertEquals(
                List.of("disk path too long", file + ":2: failed to parse disks: short/disk"),
                result.errors().stream().map(ConfigError::toString).toList());
    }
}
