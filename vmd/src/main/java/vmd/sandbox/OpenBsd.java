package vmd.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a policy comes to on OpenBSD: the promises of pledge(2) and the paths of unveil(2). A
 * promise is made if the policy lets any call pass that stands for it; where a promise of OpenBSD
 * covers more than the policy allows, it is the smallest that covers it.
 */
final class OpenBsd {
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int O_CREAT = 0100;
    private static final int O_WRONLY = 1;
    private static final long PROCESS = 0x4111;
    private static final int TCGETS = 0x5401;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int KVM_RUN = 0xae80;
    private static final int PROT_EXEC = 4;
    private static final int SIGKILL = 9;

    private OpenBsd() {}

    /** Words for pledge(2), in alphabetical order. */
    static Set<String> promises(Policy policy) {
        Set<String> promises = new TreeSet<>();
        promises.add("stdio"); // memory, threads, time, and what is open already
        add(promises, "recvfd", policy.allows("recvmsg"));
        add(promises, "sendfd", policy.allows("sendmsg"));
        add(promises, "rpath", policy.allows("openat", 0, 0, 0));
        add(promises, "wpath", policy.allows("openat", 0, 0, O_WRONLY));
        add(promises, "cpath", policy.allows("openat", 0, 0, O_CREAT) || policy.allows("unlink"));
        add(promises, "fattr", policy.allows("fchmod"));
        add(promises, "chown", policy.allows("fchown"));
        add(promises, "flock", policy.allows("flock"));
        add(promises, "unix", policy.allows("socket", AF_UNIX) || policy.allows("accept4"));
        add(promises, "inet", policy.allows("socket", AF_INET));
        add(promises, "proc", policy.allows("clone", PROCESS) || policy.allows("kill", 1, SIGKILL));
        add(promises, "exec", policy.allows("execve"));
        add(promises, "tty", terminals(policy));
        add(promises, "vmm", policy.allows("ioctl", 0, KVM_RUN));
        add(promises, "prot_exec", policy.allows("mmap", 0, 0, PROT_EXEC));
        return promises;
    }

    private static boolean terminals(Policy policy) {
        return policy.allows("ioctl", 0, TCGETS) && policy.allows("ioctl", 0, TIOCSWINSZ);
    }

    private static void add(Set<String> promises, String word, boolean made) {
        if (made) {
            promises.add(word);
        }
    }

    /** Calls of unveil(2): path and permissions; empty if the role opens what it is told to. */
    static List<String> unveils(Policy policy) {
        List<String> unveils = new ArrayList<>();
        for (Policy.PathRule rule : policy.paths()) {
            if (!rule.path().startsWith("/proc")) { // there is none
                unveils.add(rule.path() + " " + rule.permissions());
            }
        }
        return unveils;
    }
}
