package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.posix.Spawn;
import vmd.privsep.Role;
import vmd.privsep.StartUpWords;

/** A real Java virtual machine in the sandbox of each role. */
@SuppressWarnings("try") // closing the channel is how the child is told to end
class SandboxTest {
    @TempDir private static Path jars;
    private static String classPath = "";

    /** What each role may still do of {@link SandboxChild}'s attempts. */
    private static final Map<Role, Set<String>> ALLOWED =
            Map.of(
                    Role.PARENT,
                    Set.of(
                            "socket unix",
                            "socketpair",
                            "openat read",
                            "openat create",
                            "unlink",
                            "map code",
                            "kill"),
                    Role.CONTROL,
                    Set.of(),
                    Role.PRIV,
                    Set.of("socket inet"),
                    Role.VMM,
                    Set.of(
                            "socket unix",
                            "socketpair",
                            "openat read",
                            "execve",
                            "vfork",
                            "map code",
                            "tgkill parent",
                            "dumpable",
                            "clone process",
                            "raise a limit",
                            "kill"),
                    Role.VM,
                    Set.of(),
                    Role.VMCTL,
                    Set.of("openat read", "socket unix"));

    @ParameterizedTest
    @EnumSource(Role.class)
    void forbiddenCallsFailAndTheRuntimeGoesOn(Role role) throws Exception {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        try (Fd channel = pair.first();
                Fd theirs = pair.second()) {
            int pid = start(role, theirs);
            theirs.close();
            Map<String, String> report = report(channel);
            for (String attempt : report.keySet()) {
                if (!SandboxChild.attempts().contains(attempt)) {
                    continue;
                }
                if (attempt.equals("clone3")) {
                    assertEquals(Integer.toString(Errno.ENOSYS), report.get(attempt));
                    continue;
                }
                boolean refused = Integer.toString(Errno.EPERM).equals(report.get(attempt));
                boolean allowed = ALLOWED.getOrDefault(role, Set.of()).contains(attempt);
                assertEquals(allowed, !refused, role + " " + attempt + " " + report);
            }
            assertEquals("true", report.get("kept"));
            assertEquals("true", report.get("runs"));
            if (role == Role.VMM) {
                assertEquals("true 0 0", report.get("machine"));
            }
            requireConfined(pid);
            channel.close();
            Processes.Exit exit = Processes.await(pid);
            assertTrue(exit.normal(), exit.toString());
        }
    }

    /** The class path as an installation has it: a folder could not be read in the sandbox. */
    @BeforeAll
    static void makeJars() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            Path path = Path.of(entry);
            entries.add(Files.isDirectory(path) ? jar(path, entries.size()).toString() : entry);
        }
        classPath = String.join(":", entries);
    }

    private static Path jar(Path folder, int number) throws IOException {
        Path jar = jars.resolve(number + ".jar");
        try (var out = new ZipOutputStream(Files.newOutputStream(jar));
                var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
        return jar;
    }

    private static int start(Role role, Fd channel) {
        List<String> argv =
                StartUpWords.commandLine(
                        classPath, role, SandboxChild.class.getName(), List.of(role.name()));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Spawn.start(java, argv, List.of(), channel, Spawn.Output.INHERIT);
    }

    private static Map<String, String> report(Fd channel) {
        SocketMessage message = new SocketMessage(8192);
        int n = message.receive(channel, true);
        byte[] bytes = message.data().asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        Map<String, String> report = new HashMap<>();
        for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
            int equals = line.indexOf('=');
            report.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return report;
    }

    private static void requireConfined(int pid) throws IOException {
        Path folder = Path.of("/proc", Integer.toString(pid));
        try (var tasks = Files.list(folder.resolve("task"))) {
            for (Path task : tasks.toList()) {
                String status = Files.readString(task.resolve("status"));
                assertTrue(status.contains("\nNoNewPrivs:\t1\n"), status);
                assertTrue(status.contains("\nSeccomp:\t2\n"), status);
            }
        }
        try (var links = Files.list(folder.resolve("fd"))) {
            for (Path link : links.toList()) {
                assertFalse(target(link).equals(SandboxChild.STRAY), "left open: " + link);
            }
        }
        String limits = Files.readString(folder.resolve("limits"));
        assertTrue(limits.matches("(?s).*Max core file size +0 +0 .*"), limits);
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }
}
