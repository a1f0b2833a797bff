package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Debian with systemd on a disk: to its login, and through programs whose results are compared with
 * those of the host's processor. `make workloads` makes the disk and runs this.
 */
@Tag("workloads")
class DebianTest {
    private static final long TIMEOUT_S = 3600;
    private static final Pattern RESULT = Pattern.compile("(?m)^RESULT (\\S+) (.*?)\\r?$");

    /** No device of these is missing for long, only slow to be found by a slow processor. */
    private static final String WORDS =
            "root=/dev/vda1 console=ttyS0 systemd.default_device_timeout_sec=900"
                    + " systemd.default_timeout_start_sec=900";

    private static Path made(String name) {
        Path file = Suite.ROOT.resolve("build/debian").resolve(name);
        assertTrue(Files.exists(file), () -> file + " is missing: make workloads");
        return file;
    }

    private interface Session {
        void in(Console console) throws Exception;
    }

    /** Runs a session in a guest whose disk is a copy, from its login to its orderly end. */
    private static void inGuest(String boot, Session session) throws Exception {
        Path directory = Suite.newDirectory();
        Path disk = directory.resolve("disk.img");
        List<String> copy =
                List.of("cp", "--sparse=always", made("debian.img").toString(), disk.toString());
        assertEquals(0, Suite.run(copy).status());
        String block =
                """
                vm "debian" {
                    memory 512M
                    disk "%s" format raw
                    disable
                    %s
                }
                """
                        .formatted(disk, boot);
        try (Suite suite = Suite.start(block)) {
            Suite.Output started = suite.vmctl("start", "debian");
            assertEquals(0, started.status(), started.err());
            try (Console console = suite.console("debian")) {
                console.await("guest login: root \\(automatic login\\)", TIMEOUT_S);
                console.await(Guests.PROMPT, TIMEOUT_S);
                session.in(console);
                console.type("systemctl poweroff");
                assertEquals(0, console.awaitEnd(TIMEOUT_S));
            }
        } finally {
            Files.delete(disk);
            Files.delete(directory);
        }
    }

    private static String kernel() {
        return """
        boot "%s"
            initrd "%s"
            cmdline "%s"
        """
                .formatted(made("debian.vmlinuz"), made("debian.initrd"), WORDS);
    }

    @Test
    void firmwareAndBootLoaderReachTheLogin() throws Exception {
        inGuest(
                "boot \"" + Guests.firmware() + "\"",
                console -> {
                    assertEquals(
                            "running",
                            console.run("systemctl is-system-running --wait", TIMEOUT_S).trim());
                    assertEquals(List.of(), KernelLog.complaints(console.run("dmesg", TIMEOUT_S)));
                });
    }

    @Test
    void resultsAreThoseOfTheHost() throws Exception {
        Map<String, String> expected = results(Files.readString(made("debian.expected")));
        assertTrue(expected.size() > 20, () -> "few results from the host: " + expected);
        List<String> differences = new ArrayList<>();
        inGuest(
                kernel(),
                console -> {
                    String output = console.run("/usr/local/lib/inside/workloads", 5 * TIMEOUT_S);
                    Map<String, String> found = results(output);
                    expected.forEach((name, value) -> {
                        String guest = found.getOrDefault(name, "nothing");
                        if (!value.equals(guest)) {
                            differences.add(name + ": host " + value + ", guest " + guest);
                        }
                    });
                });
        assertEquals(List.of(), differences);
    }

    @Test
    void stressFindsNothingToVerifyWrong() throws Exception {
        List<String> failures = new ArrayList<>();
        inGuest(
                kernel(),
                console -> {
                    String output = console.run("/usr/local/lib/inside/stress", 5 * TIMEOUT_S);
                    assertTrue(output.contains("STRESS-DONE"), output);
                    output.lines()
                            .filter(line -> line.startsWith("STRESS-FAIL"))
                            .forEach(failures::add);
                });
        assertEquals(List.of(), failures);
    }

    private static Map<String, String> results(String output) {
        Map<String, String> results = new HashMap<>();
        Matcher matcher = RESULT.matcher(output);
        while (matcher.find()) {
            results.put(matcher.group(1), matcher.group(2));
        }
        return results;
    }
}
