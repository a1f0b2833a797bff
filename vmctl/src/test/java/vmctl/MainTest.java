package vmctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmd.posix.Errno;
import vmd.posix.PosixException;

/**
 * Transcripts: {@code $} a command, {@code <} what the daemon was asked, {@code >} standard output,
 * {@code !} standard error, {@code =} the exit status. Run with {@code -Dgolden.update=true} to
 * write them anew.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MainTest {
    private static final Path TRANSCRIPTS = Path.of("src/test/resources/golden");

    @TempDir Path directory;
    private String socket = "";
    private ControlPeer peer;

    @BeforeEach
    void serve() throws IOException {
        socket = directory.resolve("sock").toString();
        peer = new ControlPeer(Path.of(socket));
        Files.writeString(directory.resolve("bsd"), "kernel");
        Files.writeString(directory.resolve("initrd.gz"), "ramdisk");
        Files.writeString(directory.resolve("a.img"), "disk");
        Files.writeString(directory.resolve("e.QCOW2"), "disk");
        Files.writeString(directory.resolve("e.raw"), "disk");
        Files.write(directory.resolve("copied"), new byte[] {'Q', 'F', 'I', (byte) 0xfb});
    }

    @AfterEach
    void stopServing() {
        peer.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"general", "status", "start", "stop", "pause", "daemon", "create"})
    void transcriptIsAsBefore(String name) throws IOException {
        Path file = TRANSCRIPTS.resolve(name + ".txt");
        StringBuilder actual = new StringBuilder();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("$ ")) {
                run(line, actual);
            } else if (line.startsWith("#")) {
                actual.append(line).append('\n');
            }
        }
        String shown = actual.toString().replace(directory.toString(), "DIR");
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(file, shown);
        }
        assertEquals(Files.readString(file), shown);
    }

    @Test
    void newImageIsSparseAndItsOwners() throws IOException {
        Path image = directory.resolve("new.img");
        PrintStream discarded = new PrintStream(new ByteArrayOutputStream());
        String[] words = {"create", "-s", "1536K", image.toString()};
        assertEquals(0, Main.run(words, discarded, discarded, Map.of(), () -> {}));
        assertEquals(1 << 20, Files.size(image));
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(image)));
    }

    @Test
    void pathsThatBecomeTooLongAreRefused() throws IOException {
        Path deep = directory;
        for (int k = 0; k < 5; k++) {
            deep = deep.resolve("d".repeat(250));
        }
        Files.createFile(Files.createDirectories(deep).resolve("file"));
        String file = Files.createSymbolicLink(directory.resolve("short"), deep) + "/file";
        Map<String, String> refusals =
                Map.of(
                        "-b", "kernel name too long",
                        "-d", "disk path too long",
                        "-r", "cdrom name too long");
        refusals.forEach((option, refusal) -> {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            String[] words = {"start", option, file, "new"};
            PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
            assertEquals(1, Main.run(words, err, err, Map.of(), () -> {}));
            String text = said.toString(StandardCharsets.UTF_8);
            assertTrue(text.endsWith("vmctl: " + refusal + "\n"), text);
        });
    }

    @Test
    void nothingIsSaidOutsideOfTheSandbox() {
        Runnable broken =
                () -> {
                    throw new PosixException("seccomp", Errno.EINVAL);
                };
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
        String[] words = {"-s", socket, "stop", "web"};
        assertEquals(1, Main.run(words, err, err, Map.of(), broken));
        assertTrue(
                said.toString(StandardCharsets.UTF_8)
                        .endsWith("vmctl: cannot enter the sandbox: seccomp: Invalid argument\n"),
                said.toString(StandardCharsets.UTF_8));
        assertEquals("", peer.takeRequests());
    }

    @Test
    void ownSocketIsPreferredToTheSystems() throws IOException {
        Files.move(Path.of(socket), directory.resolve("vmd.sock"));
        Map<String, String> environment = Map.of("XDG_RUNTIME_DIR", directory.toString());
        PrintStream discarded = new PrintStream(new ByteArrayOutputStream());
        assertEquals(
                0, Main.run(new String[] {"status"}, discarded, discarded, environment, () -> {}));
        assertEquals("< Info[]\n", peer.takeRequests());
    }

    @Test
    void manualNamesEveryCommandAndOption() throws IOException {
        Path root = Path.of(System.getProperty("project.root"));
        String manual = Files.readString(root.resolve("etc/man/vmctl.8"));
        String plain = manual.replaceAll("[.,]|Ic|Op|Oo|It|Xo", " ");
        for (Command command : Commands.TABLE) {
            assertTrue(plain.matches("(?s).* " + command.name() + "\\s.*"), command.name());
        }
        for (char option : StartOptions.LETTERS.replace(":", "").toCharArray()) {
            assertTrue(plain.matches("(?s).*Fl( +\\w)* +" + option + "\\s.*"), "-" + option);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash-completion/vmctl", "zsh-completion/_vmctl"})
    void completionKnowsEveryCommandAndOption(String file) throws IOException {
        Path root = Path.of(System.getProperty("project.root"));
        String text = Files.readString(root.resolve("etc").resolve(file));
        for (Command command : Commands.TABLE) {
            boolean known = text.matches("(?s).*\\b" + command.name() + "\\b.*");
            assertEquals(!(command instanceof LaterCommand), known, command.name());
        }
        for (char option : StartOptions.LETTERS.replace(":", "").toCharArray()) {
            assertTrue(text.matches("(?s).*[ '*\"]-" + option + "[ \\[\"].*"), "-" + option);
        }
    }

    private void run(String line, StringBuilder actual) {
        List<String> words = words(line.substring(2).replace("DIR", directory.toString()));
        words.removeFirst();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status =
                Main.run(
                        words.toArray(String[]::new),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of("XDG_RUNTIME_DIR", "/nowhere"),
                        () -> {});
        actual.append(line).append('\n');
        actual.append(peer.takeRequests());
        show('>', out, actual);
        show('!', err, actual);
        actual.append("= ").append(status).append('\n');
    }

    private static void show(char mark, ByteArrayOutputStream text, StringBuilder actual) {
        String all = text.toString(StandardCharsets.UTF_8);
        for (String line : all.lines().toList()) {
            actual.append(mark).append(line).append('\n');
        }
        if (!all.isEmpty() && !all.endsWith("\n")) {
            actual.append(mark).append("(no newline)\n");
        }
    }

    /** Words between blanks; apostrophes keep blanks inside and make empty words. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        String[] parts = line.split("'", -1);
        for (int i = 0; i < parts.length; i++) {
            if (i % 2 == 1) {
                words.add(parts[i]);
            } else if (!parts[i].isBlank()) {
                words.addAll(List.of(parts[i].strip().split(" +")));
            }
        }
        return words;
    }
}
