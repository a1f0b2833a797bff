package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Starting and stopping a machine with vmctl leaves nothing behind; MachineLifeTest does it 200
 * times without.
 */
@Tag("guest")
class ChurnTest {
    private static final int CYCLES = Integer.getInteger("churn.cycles", 20);

    @Test
    void startsAndStopsLeaveNothing() throws Exception {
        try (Suite suite = Suite.start(Guests.block("churn", "6.1", ""))) {
            cycle(suite);
            Map<String, Integer> before = held(suite);
            for (int k = 0; k < CYCLES; k++) {
                cycle(suite);
            }
            Map<String, Integer> after = held(suite);
            for (int attempt = 0; attempt < 50 && !after.equals(before); attempt++) {
                TimeUnit.MILLISECONDS.sleep(100); // a client's connection may still be closing
                after = held(suite);
            }
            assertEquals(before, after);
        }
    }

    private static void cycle(Suite suite) throws Exception {
        Suite.Output started = suite.vmctl("start", "churn");
        assertEquals(0, started.status(), started.err());
        Suite.Output stopped = suite.vmctl("stop", "-fw", "churn");
        assertEquals(0, stopped.status(), stopped.err());
        assertTrue(stopped.err().contains("terminated vm"), stopped.err());
    }

    /** Descriptors by process and kind, and the number of processes. */
    private static Map<String, Integer> held(Suite suite) throws IOException {
        Map<String, Integer> held = new TreeMap<>();
        held.put("processes", suite.children().size());
        count(suite.parent(), "parent", held);
        int index = 0;
        for (ProcessHandle child : suite.children().stream().sorted().toList()) {
            count(child, "child " + index++, held);
        }
        return held;
    }

    private static void count(ProcessHandle process, String name, Map<String, Integer> held)
            throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target;
                try {
                    target = Files.readSymbolicLink(descriptor).toString();
                } catch (IOException e) {
                    continue; // closed in between
                }
                held.merge(name + " " + target.replaceAll("\\[\\d+\\]|\\d+$", ""), 1, Integer::sum);
            }
        }
    }
}
