package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Errno;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmRef;
import vmd.sandbox.Inspection;

/**
 * What no role may do is tried from inside the real running processes, while guests run and the
 * compilers and collectors of all processes are busy. {@code -Dmatrix.seconds=60} for longer.
 */
class MatrixTest {
    private static final int SECONDS = Integer.getInteger("matrix.seconds", 5);
    private static final int ACTS_MIN = 12;

    /** What is let, by role; all else has to be refused. */
    private static final Map<String, Set<String>> ALLOWED =
            Map.of(
                    "control", Set.of(),
                    "priv", Set.of("socket(AF_INET)"),
                    // It starts machines: Java's launcher maps code, and they connect to the log.
                    "vmm", Set.of("socket(AF_UNIX)", "connect to the control socket", "map code"),
                    "vm", Set.of(),
                    // It opens what its user names.
                    "parent",
                            Set.of(
                                    "open a file outside",
                                    "write a device",
                                    "create a file",
                                    "socket(AF_UNIX)",
                                    "connect to the control socket",
                                    "map code"),
                    // Its user's files are his to read, and it is the one that connects.
                    "vmctl",
                            Set.of(
                                    "open a file outside",
                                    "socket(AF_UNIX)",
                                    "connect to the control socket"));

    private static final Pattern RESULT = Pattern.compile("intruder (\\w+): (.*) (\\d+)$");

    @TempDir Path folder;

    @Test
    void whatNoRoleMayDoIsRefusedInsideTheRunningProcesses() throws Exception {
        Path home = Intruded.in(Files.createDirectory(folder.resolve("home")), SECONDS);
        Path kernel = TinyGuest.echoing(folder);
        String machines = machine("one", kernel) + machine("two", kernel);
        try (Vmd vmd = Vmd.ready(home, folder, machines);
                Client client = new Client(vmd.socket())) {
            List<String> ttys = List.of(start(client, "one"), start(client, "two"));
            List<String> log = new ArrayList<>(console(vmd, home));
            for (int ended = 0; ended < 6; ended++) {
                vmd.awaitLine("intruder \\w+: done", Vmd.WAIT_S + 2L * SECONDS);
            }
            for (String tty : ttys) {
                try (Terminal terminal = new Terminal(tty)) {
                    terminal.type("HAL");
                    terminal.awaitText("IBM");
                }
            }
            assertEquals(2, client.info().size());
            List<Inspection> processes = Inspection.ofDaemon((int) vmd.process().pid());
            assertEquals(6, processes.size());
            for (Inspection process : processes) {
                assertEquals(List.of(), process.excess(), process.toString());
            }
            log.addAll(vmd.linesSeen());
            check(log);
        }
        Files.deleteIfExists(Path.of("/tmp/intruder")); // the parent may
    }

    /** What the intruder in a vmctl says that is at a console. */
    private static List<String> console(Vmd vmd, Path home) throws Exception {
        List<String> command = Vmd.vmctl(home, "-s", vmd.socket().toString(), "console", "one");
        Process vmctl = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader = vmctl.inputReader()) {
            String line = "";
            while (line != null && !line.contains("intruder vmctl: done")) {
                lines.add(line);
                line = reader.readLine();
            }
            assertNotNull(line, "vmctl has ended: " + lines);
            try (Writer typed = vmctl.outputWriter()) {
                typed.write("\r~.");
            }
            while (reader.readLine() != null) {}
        }
        assertEquals(0, vmctl.waitFor());
        return lines;
    }

    private static String machine(String name, Path kernel) {
        return "vm \"" + name + "\" {\n disable\n memory 32M\n boot \"" + kernel + "\"\n}\n";
    }

    private static String start(Client client, String name) {
        var started = client.start(ClientRequest.Start.existing(VmRef.byName(name)), null);
        assertEquals(Outcome.OK, started.outcome());
        return started.tty();
    }

    private static void check(List<String> log) {
        Map<String, Set<String>> refused = new HashMap<>();
        for (String line : log) {
            Matcher result = RESULT.matcher(line);
            if (!result.find()) {
                continue;
            }
            String role = result.group(1);
            String act = result.group(2);
            int errno = Integer.parseInt(result.group(3));
            Set<String> allowed = ALLOWED.getOrDefault(role, Set.of());
            if (!allowed.contains(act)) {
                // Anything else than these two would have been tried.
                assertTrue(errno == Errno.EPERM || errno == Errno.EACCES, line);
                refused.computeIfAbsent(role, r -> new TreeSet<>()).add(act);
            }
        }
        assertEquals(ALLOWED.keySet(), refused.keySet());
        refused.forEach((role, acts) -> assertTrue(acts.size() >= ACTS_MIN, role + acts));
    }
}
