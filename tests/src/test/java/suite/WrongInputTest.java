package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each wrong input gives one clear message and a non-zero exit. */
@Tag("guest")
class WrongInputTest {
    private static Suite suite;
    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        suite = Suite.start(Guests.block("known", "6.1", ""));
        directory = suite.directory();
    }

    @AfterAll
    static void stop() throws Exception {
        suite.close();
    }

    /**
     * A command that must fail: one line, beside the notices about what the machine goes without,
     * on standard error that contains {@code expected}.
     */
    private static void refused(String expected, String... arguments) throws Exception {
        Suite.Output output = suite.vmctl(arguments);
        assertEquals(1, output.status(), output.err());
        assertEquals(
                1,
                output.err().lines().filter(line -> !line.contains("starting without ")).count(),
                output.err());
        assertTrue(output.err().contains(expected), output.err());
    }

    private static String file(String name, byte[] content) throws IOException {
        Path file = directory.resolve(name);
        Files.write(file, content);
        return file.toString();
    }

    private static String kernel() {
        return Guests.kernel("6.1").toString();
    }

    @Test
    void kernelThatIsMissing() throws Exception {
        refused("/no/such/kernel", "start", "-b", "/no/such/kernel", "-m", "128M", "x");
    }

    @Test
    void kernelThatIsNone() throws Exception {
        refused(
                "kernel",
                "start",
                "-b",
                file("text", "no kernel\n".repeat(2000).getBytes(StandardCharsets.US_ASCII)),
                "-m",
                "128M",
                "x");
    }

    @Test
    void kernelThatIsTruncated() throws Exception {
        byte[] whole = Files.readAllBytes(Guests.kernel("6.1"));
        refused(
                "kernel",
                "start",
                "-b",
                file("short-kernel", Arrays.copyOf(whole, 100_000)),
                "-m",
                "128M",
                "x");
    }

    @Test
    void initrdThatIsTruncated() throws Exception {
        byte[] whole = Files.readAllBytes(Guests.initrd("6.1"));
        refused(
                "initrd",
                "start",
                "-b",
                kernel(),
                "-I",
                file("short-initrd", Arrays.copyOf(whole, whole.length / 2)),
                "-m",
                "128M",
                "x");
    }

    @Test
    void initrdThatIsMissing() throws Exception {
        refused(
                "/no/such/initrd",
                "start",
                "-b",
                kernel(),
                "-I",
                "/no/such/initrd",
                "-m",
                "128M",
                "x");
    }

    @Test
    void diskThatIsMissing() throws Exception {
        refused("/no/such/disk", "start", "-b", kernel(), "-d", "/no/such/disk", "-m", "128M", "x");
    }

    @Test
    void diskThatIsLockedByAnotherMachine() throws Exception {
        String disk = Guests.disk(directory, "shared.img", 1 << 20).toString();
        assertEquals(
                0,
                suite.vmctl("start", "-b", kernel(), "-d", disk, "-m", "128M", "holder").status());
        refused(disk, "start", "-b", kernel(), "-d", disk, "-m", "128M", "x");
        suite.vmctl("stop", "-fw", "holder");
    }

    @Test
    void memoryOfNothing() throws Exception {
        refused("memory size", "start", "-b", kernel(), "-m", "0", "x");
    }

    @Test
    void memoryBeyondTheHost() throws Exception {
        refused("memory", "start", "-b", kernel(), "-m", "120G", "x");
    }

    @Test
    void machineThatNobodyKnows() throws Exception {
        refused("", "start", "nobody-knows-it");
        refused("", "stop", "nobody-knows-it");
        refused("", "console", "nobody-knows-it");
    }

    /** A vmd that must not start. */
    private static void vmdRefuses(String expected, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(Suite.program("vmd")));
        command.addAll(List.of(arguments));
        Suite.Output output = Suite.run(command);
        assertTrue(output.status() != 0, output.err());
        assertTrue(output.err().contains(expected), output.err());
        assertTrue(output.err().lines().count() <= 2, output.err());
    }

    @Test
    void unknownKeyword() throws Exception {
        String conf =
                file(
                        "keyword.conf",
                        "vm \"x\" {\n    memory 128M\n    colour blue\n}\n"
                                .getBytes(StandardCharsets.US_ASCII));
        vmdRefuses(
                "keyword.conf:3: syntax error",
                "-d",
                "-f",
                conf,
                "-s",
                directory.resolve("other.sock").toString());
        vmdRefuses("keyword.conf:3: syntax error", "-n", "-f", conf);
        vmdRefuses(
                "keyword.conf:3: syntax error",
                "-f",
                conf,
                "-s",
                directory.resolve("other.sock").toString());
    }

    @Test
    void whatIsNotThereYetIsNamed() throws Exception {
        String conf =
                file(
                        "later.conf",
                        """
                        switch "uplink" { interface bridge0 }
                        vm "net" {
                            boot "%s"
                            interface { switch "uplink" }
                        }
                        """
                                .formatted(kernel())
                                .getBytes(StandardCharsets.US_ASCII));
        Suite.Output checked = Suite.run(List.of(Suite.program("vmd"), "-n", "-f", conf));
        assertEquals(0, checked.status(), checked.err());
        assertTrue(
                checked.err().contains("later.conf:2: vm \"net\": will not start: interface is"),
                checked.err());
        refused(
                "interface is not supported yet",
                "start",
                "-n",
                "uplink",
                "-b",
                kernel(),
                "-m",
                "128M",
                "later");
    }

    @Test
    void configurationThatCannotBeRead() throws Exception {
        vmdRefuses(
                directory.toString(),
                "-d",
                "-f",
                directory.toString(),
                "-s",
                directory.resolve("other.sock").toString());
    }

    @Test
    void secondVmdOnTheSameSocket() throws Exception {
        String conf = file("empty.conf", new byte[0]);
        vmdRefuses("vmd.sock", "-d", "-f", conf, "-s", suite.socket().toString());
        assertEquals(0, suite.vmctl("status").status(), "the first one must go on answering");
    }

    @Test
    void vmctlWithoutVmd() throws Exception {
        Suite.Output output =
                Suite.run(
                        List.of(
                                Suite.program("vmctl"),
                                "-s",
                                directory.resolve("none.sock").toString(),
                                "status"));
        assertEquals(1, output.status());
        assertTrue(output.err().startsWith("vmctl: connect: "), output.err());
    }
}
