package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Who runs as whom, with what in hand, and what happens when one of them dies. Everything is read
 * from /proc.
 */
@Tag("guest")
class ProcessesTest {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private static String title(ProcessHandle process) {
        try {
            String line = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
            return line.substring(0, Math.max(line.indexOf('\0'), 0));
        } catch (IOException e) {
            return "";
        }
    }

    private static ProcessHandle find(Suite suite, String title) throws InterruptedException {
        for (int attempt = 0; attempt < 500; attempt++) {
            for (ProcessHandle child : suite.children()) {
                if (title(child).equals(title)) {
                    return child;
                }
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new AssertionError("no process " + title);
    }

    /** Waits until a process has ended. An orphan may stay a zombie: that is init's affair. */
    private static void awaitEnd(ProcessHandle process, long timeoutMs) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (!ended(process)) {
            assertTrue(System.nanoTime() < deadline, title(process) + " has not ended");
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static boolean ended(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void childrenRunConfined() throws Exception {
        try (Suite suite =
                Suite.start(Guests.block("one", "6.1", "") + Guests.block("two", "6.1", ""))) {
            suite.vmctl("start", "one");
            suite.vmctl("start", "two");
            try (Console console = suite.console("one")) {
                console.await("Linux version", Guests.BOOT_TIMEOUT_S);
            }
            for (String title : List.of("vmd: control", "vmd: vmm", "vmd: one", "vmd: two")) {
                ProcessHandle process = find(suite, title);
                try (Stream<Path> threads =
                        Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
                    for (Path thread : threads.toList()) {
                        confined(title, Files.readString(thread.resolve("status")));
                    }
                }
            }
            machineHoldsNothing(find(suite, "vmd: one"));
        }
    }

    private static void confined(String title, String status) {
        assertTrue(status.contains("NoNewPrivs:\t1"), title + " " + status);
        assertTrue(status.contains("Seccomp:\t2"), title + " " + status);
        String uid =
                status.lines().filter(line -> line.startsWith("Uid:")).findFirst().orElseThrow();
        if (ROOT) {
            assertFalse(uid.matches("Uid:.*\\b0\\b.*"), title + " " + uid);
        }
    }

    private static void machineHoldsNothing(ProcessHandle machine) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + machine.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target = Files.readSymbolicLink(descriptor).toString();
                assertFalse(
                        Files.isDirectory(descriptor) && !target.startsWith("anon_inode"), target);
                assertFalse(target.contains(".img"), "the file of another machine: " + target);
                assertFalse(target.contains("vmd.sock"), target);
            }
        }
        String listening = Files.readString(Path.of("/proc/net/unix"));
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + machine.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith("socket:[")) {
                    String inode = target.substring(8, target.length() - 1);
                    // field Flags: 00010000 is a listening socket
                    assertTrue(
                            listening
                                    .lines()
                                    .noneMatch(line ->
                                            line.contains(" " + inode)
                                                    && line.contains(" 00010000 ")),
                            target);
                }
            }
        }
    }

    @Test
    void deathOfAMachineIsNoticedAndHarmsNobody() throws Exception {
        try (Suite suite =
                Suite.start(Guests.block("victim", "6.1", "") + Guests.block("other", "6.1", ""))) {
            suite.vmctl("start", "victim");
            suite.vmctl("start", "other");
            ProcessHandle victim = find(suite, "vmd: victim");
            victim.destroyForcibly();
            awaitEnd(victim, 5000);
            for (int attempt = 0;
                    !suite.vmctl("status", "victim").out().contains("crashed");
                    attempt++) {
                assertNotEquals(50, attempt, suite.logText());
                TimeUnit.MILLISECONDS.sleep(50);
            }
            assertTrue(suite.vmctl("status", "other").out().contains("running"));
            assertTrue(suite.logText().contains("victim"), suite.logText());
        }
    }

    @Test
    void lossOfAFixedChildIsLoggedAndEndsVmd() throws Exception {
        for (String title : List.of("vmd: control", "vmd: vmm", "vmd: priv")) {
            Suite suite = Suite.start("");
            ProcessHandle parent = suite.parent();
            List<ProcessHandle> children = suite.children();
            find(suite, title).destroyForcibly();
            awaitEnd(parent, 10000);
            for (ProcessHandle child : children) {
                awaitEnd(child, 3000);
            }
            assertTrue(suite.logText().contains("lost child"), suite.logText());
            suite.close();
        }
    }

    @Test
    void deathOfTheParentEndsAllWithinASecond() throws Exception {
        Suite suite = Suite.start(Guests.block("orphan", "6.1", ""));
        suite.vmctl("start", "orphan");
        find(suite, "vmd: orphan");
        List<ProcessHandle> children = suite.children();
        assertTrue(children.size() >= 4, children.toString());
        suite.parent().destroyForcibly();
        for (ProcessHandle child : children) {
            awaitEnd(child, 1000);
        }
        suite.close();
    }

    @Test
    void interruptEndsEverythingInOrder() throws Exception {
        Suite suite = Suite.start(Guests.block("running", "6.1", ""));
        suite.vmctl("start", "running");
        List<ProcessHandle> children = suite.children();
        assertEquals(
                0,
                Suite.run(List.of("kill", "-INT", Long.toString(suite.parent().pid()))).status());
        awaitEnd(suite.parent(), 10000);
        for (ProcessHandle child : children) {
            awaitEnd(child, 1000);
        }
        suite.close();
    }
}
