package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmd.posix.Processes;
import vmd.privsep.Role;

class InspectionTest {
    private static final String NONE = "0000000000000000";
    private static final Inspection.Facts DAEMON =
            facts("vmd: parent", status("0", "1", "2", NONE), "4096", "net:[1]", List.of());

    private static Map<String, String> status(
            String uid, String noNewPrivs, String seccomp, String capabilities) {
        Map<String, String> status = new HashMap<>();
        status.put("Uid", (uid + "\t").repeat(3) + uid);
        status.put("NoNewPrivs", noNewPrivs);
        status.put("Seccomp", seccomp);
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            status.put(set, capabilities);
        }
        return status;
    }

    private static Inspection.Facts facts(
            String title, Map<String, String> thread, String files, String net, List<String> fds) {
        Map<String, String> limits = new HashMap<>();
        limits.put("Max open files", files);
        limits.put("Max core file size", "0");
        limits.put("Max msgqueue size", "0");
        limits.put("Max locked memory", "0");
        Map<String, String> spaces = Map.of("net", net, "ipc", net + "i", "uts", net + "u");
        return new Inspection.Facts(7, title, List.of(thread), limits, spaces, fds);
    }

    private static List<String> excess(Role role, Inspection.Facts facts) {
        return Inspection.of(role, facts, DAEMON).excess();
    }

    @Test
    void confinedMachineIsFine() {
        List<String> open = List.of("/dev/null", "socket:[5]", "/lib/vmm.jar", "/dev/ptmx");
        Inspection.Facts machine =
                facts("vmd: one", status("99", "1", "2", NONE), "256", "net:[2]", open);
        assertEquals(List.of(), excess(Role.VM, machine));
        assertEquals(List.of(), excess(Role.PARENT, DAEMON));
    }

    @ParameterizedTest
    @CsvSource({
        "99, 0, 2, 0000000000000000, 256, net:[2], socket, a thread can gain rights by execve",
        "99, 1, 0, 0000000000000000, 256, net:[2], socket, a thread has no system call filter",
        "0, 1, 2, 0000000000000000, 256, net:[2], socket, runs as root",
        "99, 1, 2, 0000000000001000, 256, net:[2], socket, CapEff is 0000000000001000",
        "99, 1, 2, 0000000000000000, 257, net:[2], socket, Max open files is 257",
        "99, 1, 2, 0000000000000000, unlimited, net:[2], socket, Max open files is unlimited",
        "99, 1, 2, 0000000000000000, 256, net:[1], socket, sees the host's net name space",
        "99, 1, 2, 0000000000000000, 256, net:[2], folder /, has folder / open",
        "99, 1, 2, 0000000000000000, 256, net:[2], /dev/sda, has /dev/sda open",
    })
    void whatIsTooMuchIsNamed(
            String uid,
            String noNewPrivs,
            String seccomp,
            String capabilities,
            String files,
            String net,
            String descriptor,
            String excess) {
        Map<String, String> thread = status(uid, noNewPrivs, seccomp, capabilities);
        Inspection.Facts machine = facts("vmd: one", thread, files, net, List.of(descriptor));
        assertTrue(excess(Role.VM, machine).contains(excess), excess(Role.VM, machine).toString());
    }

    @Test
    void keptCapabilityIsNoExcess() {
        Map<String, String> thread = status("0", "1", "2", "0000000000001000");
        Inspection.Facts priv = facts("vmd: priv", thread, "256", "net:[2]", List.of());
        assertEquals(List.of(), excess(Role.PRIV, priv));
    }

    @Test
    void thisProcessIsNoneOfTheSuite() {
        Inspection own = Inspection.ofDaemon(Processes.pid()).getFirst();
        assertTrue(own.excess().contains("a thread has no system call filter"), own.toString());
        assertFalse(Inspection.of(null, DAEMON, DAEMON).excess().isEmpty());
    }

    @Test
    void hostIsDescribedInOneLineEach() {
        List<String> names = List.of("kvm", "landlock", "seccomp", "user namespaces", "_vmd");
        List<String> lines = Host.offers();
        assertEquals(names, lines.stream().map(line -> line.split(":", 2)[0]).toList());
        assertTrue(lines.stream().noneMatch(line -> line.endsWith(": ")), lines.toString());
    }
}
