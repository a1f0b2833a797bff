package vmctl;

import java.util.Map;
import vmd.privsep.Role;
import vmd.sandbox.Sandbox;

/**
 * Does once, while the suite is built, what commands do, so that the JVM can note which classes
 * that takes (etc/build/archives). Nobody else starts it, and it enters no sandbox, in which a JVM
 * could not write its notes.
 */
final class Rehearsal {
    private Rehearsal() {}

    /** Asks the daemon on the socket that the first argument names. */
    public static void main(String[] words) {
        String[] status = {"-s", words[0], "status"};
        String[] log = {"-s", words[0], "log", "brief"};
        Main.run(status, System.out, System.err, Map.of(), () -> {});
        Main.run(log, System.out, System.err, Map.of(), () -> Sandbox.of(Role.VMCTL));
    }
}
