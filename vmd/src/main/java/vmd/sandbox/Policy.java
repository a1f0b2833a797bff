package vmd.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Set;
import vmd.posix.Processes;
import vmd.privsep.Role;

/**
 * What a role may do, read from its {@code .policy} file; runtime.policy tells the grammar.
 *
 * @param rules on system calls: the first that fits decides, what none fits is refused
 * @param paths what of the file system can be opened; empty with {@code anyPath}
 * @param anyPath whether the file system is not narrowed
 * @param spaces the kinds of objects that the role sees none of
 * @param capabilities those that are kept if the process is root's
 * @param limits resource limits by their number
 */
record Policy(
        List<Rule> rules,
        List<PathRule> paths,
        boolean anyPath,
        Set<Space> spaces,
        Set<Capability> capabilities,
        Map<Integer, Long> limits) {

    Policy {
        rules = List.copyOf(rules);
        paths = List.copyOf(paths);
        spaces = Set.copyOf(spaces);
        capabilities = Set.copyOf(capabilities);
        limits = Map.copyOf(limits);
    }

    /**
     * A place in the file system, and all below it.
     *
     * @param permissions as of unveil(2): r reads, w writes, x executes, c creates and removes
     * @param path absolute, or starting with a variable ({@code $JAVA_HOME}, {@code $LIB})
     */
    record PathRule(String permissions, String path, String reason) {}

    /** Kinds of objects that a process can be given a name space of its own for. */
    enum Space {
        NETWORK(0x4000_0000, "net"),
        IPC(0x0800_0000, "ipc"),
        HOSTNAME(0x0400_0000, "uts");

        /** Flag of clone(2) and unshare(2). */
        final int flag;

        /** Name in /proc/PID/ns. */
        final String link;

        Space(int flag, String link) {
            this.flag = flag;
            this.link = link;
        }
    }

    /** Capabilities that a role of ours may keep (linux/capability.h). */
    enum Capability {
        NET_ADMIN(12);

        final int number;

        Capability(int number) {
            this.number = number;
        }
    }

    /** The policy of a role for this process. */
    static Policy of(Role role) {
        return PolicyReader.read(role.label(), Processes.pid());
    }

    /** Whether the filter lets a call pass. */
    boolean allows(String syscall, long... arguments) {
        for (Rule rule : rules) {
            if (rule.syscall().equals(syscall) && rule.holds(arguments)) {
                return rule.allows();
            }
        }
        return false;
    }
}
