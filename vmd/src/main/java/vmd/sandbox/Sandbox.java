package vmd.sandbox;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import vmd.log.Log;
import vmd.posix.Confinement;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Landlock;
import vmd.posix.PosixException;
import vmd.posix.Processes;
import vmd.privsep.Role;

/** Locks a process into what its role needs. There is no way back. */
public final class Sandbox {
    private static final String ARCHITECTURE = "os.arch";

    private final Role role;
    private final Map<Integer, Long> limits;
    private final boolean opens;
    private final long[] program;

    private Sandbox(Role role, Policy policy) {
        this.role = role;
        this.opens = policy.allows("openat");
        this.limits = policy.limits();
        this.program = Filter.compile(policy.rules());
    }

    /**
     * Reads the policy of a role. To be called before root is given up: afterwards the folder of
     * the jars may be out of reach.
     */
    public static Sandbox of(Role role) {
        if (!System.getProperty(ARCHITECTURE).equals("amd64")) {
            throw new PosixException(
                    "no system call filter for " + System.getProperty(ARCHITECTURE),
                    Errno.EOPNOTSUPP);
        }
        return new Sandbox(role, Policy.of(role));
    }

    /** As {@link #enter(Collection)} of the role's policy, where that can be read now. */
    public static void enter(Role role, Collection<Integer> keep) {
        of(role).enter(keep);
    }

    /** As {@link #confine()} of the role's policy, where that can be read now. */
    public static void confine(Role role) {
        of(role).confine();
    }

    /**
     * For a child, when it has its log, its channel and its identity, and before it reads the first
     * message. Descriptors that it has opened itself and still needs are in {@code keep}; all but
     * those, the channel and the Java runtime's own are closed.
     *
     * <p>It fails, and the process has to end then, if any of it cannot be done: the limits, the
     * filter on every thread, the proof from /proc that each thread has it.
     */
    public void enter(Collection<Integer> keep) {
        closeStray(keep);
        confine();
    }

    /**
     * Both steps for vmctl, whose birth is its user's: the paths of its policy, for this thread and
     * those that it starts, which is where its own code runs, and the filter for all threads.
     */
    public static void enterAsClient() {
        Sandbox sandbox = of(Role.VMCTL);
        int level = Landlock.level();
        if (level > 0) {
            try (Fd domain = Landlock.create(level)) {
                for (Policy.PathRule rule : Policy.of(Role.VMCTL).paths()) {
                    Births.allow(domain, level, Path.of(rule.path()), rule.permissions());
                }
                Confinement.noNewPrivileges();
                Landlock.enter(domain);
            }
        }
        sandbox.confine();
    }

    /** Closes what was open before us; for the parent at its start, which confines itself later. */
    public static void closeStray(Collection<Integer> keep) {
        Set<Integer> kept = new HashSet<>(keep);
        kept.addAll(Log.descriptors());
        Descriptors.closeStray(kept);
    }

    /** Limits and filter of the role; for the parent, when its children run. */
    public void confine() {
        if (!opens) {
            Preload.requireJars();
        }
        if (role == Role.VM) {
            // 45 ms of processor time that the others save: they need none of it.
            Preload.run();
        }
        limits.forEach(Sandbox::limit);
        try (Evidence evidence = Evidence.collect()) {
            Confinement.noNewPrivileges();
            Confinement.installFilter(program);
            evidence.requireConfined();
        }
        if (!opens) {
            requireNoOpen();
        }
    }

    /** Soft and hard limit, never above what the process has. */
    private static void limit(int resource, long wanted) {
        long hard = Processes.limit(resource).hard();
        long value = hard < 0 ? wanted : Math.min(wanted, hard);
        Processes.limit(resource, new Processes.Limit(value, value));
    }

    private static void requireNoOpen() {
        try {
            FileIo.open("/", FileIo.O_RDONLY).close();
        } catch (PosixException e) {
            if (e.errno() == Errno.EPERM) {
                return;
            }
            throw e;
        }
        throw new IllegalStateException("the filter lets files be opened");
    }
}
