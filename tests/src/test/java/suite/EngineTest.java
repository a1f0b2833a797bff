package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which vmm device a machine runs on, and what the user is told about it. */
@Tag("guest")
class EngineTest {
    private static final String GOOD = "engine kvm is good";
    private static final String BAD = "engine kvm is not used";

    /** A /dev of its own, made by the first word, in which the rest of the command runs. */
    private static List<String> withDevices(String change) {
        String script =
                """
                set -e
                d=$(mktemp -d)
                mount -t tmpfs -o mode=755 devices "$d"
                for n in null zero full random urandom tty ptmx kvm; do
                    [ ! -e /dev/$n ] || cp -a /dev/$n "$d/$n"
                done
                mkdir "$d/pts" "$d/shm"
                mount --rbind /dev/pts "$d/pts"
                cd "$d"
                %s
                cd /
                mount --move "$d" /dev
                rmdir "$d"
                exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"
                """
                        .formatted(change);
        return List.of("unshare", "-m", "sh", "-c", script, "sh");
    }

    @BeforeAll
    static void needsRoot() {
        assumeTrue(
                "root".equals(System.getProperty("user.name")),
                "a /dev of its own takes root to make");
    }

    private static void await(Suite suite, String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!suite.logText().contains(text)) {
            assertTrue(System.nanoTime() < deadline, () -> text + " not in " + suite.logText());
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** Machines run on soft; whoever insists on kvm is told why not, in the words of the log. */
    private static void usesSoft(Suite suite, String reason) throws Exception {
        Suite.Output insisting = suite.vmctl("start", "-e", "kvm", "-b", kernel(), "insisting");
        assertEquals(1, insisting.status(), insisting.err());
        assertTrue(insisting.err().contains("engine kvm cannot be used: "), insisting.err());
        assertTrue(insisting.err().contains(reason), insisting.err());
        assertEquals(0, suite.vmctl("start", "one").status());
        await(suite, "engine soft");
        List<String> lines = suite.logText().lines().filter(l -> l.contains(BAD)).toList();
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.getFirst().contains(reason), lines.toString());
        assertEquals(0, suite.vmctl("stop", "-f", "-w", "one").status());
    }

    private static String kernel() {
        return Guests.kernel("6.1").toString();
    }

    private static String configuration() {
        return Guests.block("one", "6.1", "engine auto");
    }

    @Test
    void withoutADevice() throws Exception {
        try (Suite suite = Suite.start(withDevices("rm -f kvm"), configuration())) {
            usesSoft(suite, "/dev/kvm: No such file or directory");
        }
    }

    @Test
    void withADeviceThatCannotBeOpened() throws Exception {
        String change = "rm -f kvm; cp -a /dev/null kvm; chmod 0 kvm";
        try (Suite suite = Suite.start(withDevices(change), configuration())) {
            usesSoft(suite, "/dev/kvm: Permission denied");
        }
    }

    @Test
    void withADeviceThatRefusesItsCalls() throws Exception {
        String change = "rm -f kvm; cp -a /dev/null kvm";
        try (Suite suite = Suite.start(withDevices(change), configuration())) {
            usesSoft(suite, "KVM_GET_API_VERSION): Inappropriate ioctl for device");
        }
    }

    /** What this host's own device is good for decides; either way a kernel comes up. */
    @Test
    void autoBootsALinuxKernel() throws Exception {
        try (Suite suite = Suite.start(configuration())) {
            assertEquals(0, suite.vmctl("start", "one").status());
            String log = suite.logText();
            boolean good = log.contains(GOOD);
            assertTrue(good != log.contains(BAD), log);
            await(suite, good ? "engine kvm" : "engine soft");
            Suite.Output doctor = suite.vmctl("doctor");
            assertEquals(0, doctor.status(), doctor.out() + doctor.err());
            assertTrue(doctor.out().contains(good ? GOOD : BAD), doctor.out());
            try (Console console = suite.console("one")) {
                console.await(Guests.READY, Guests.BOOT_TIMEOUT_S);
            }
            if (!good) {
                Suite.Output insisting = suite.vmctl("start", "-e", "kvm", "-b", kernel(), "two");
                assertEquals(1, insisting.status());
                assertTrue(insisting.err().contains("self-test"), insisting.err());
            }
        }
    }
}
