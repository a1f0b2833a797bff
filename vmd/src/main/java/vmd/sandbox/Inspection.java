package vmd.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import vmd.posix.Processes;
import vmd.privsep.Role;

/**
 * What a running process may do, as the kernel has it, held against the policy of its role.
 * Landlock shows nowhere; a child is born in its domain or not at all.
 *
 * @param title as ps shows it
 * @param summary the findings in short
 * @param excess what it has more than its policy says; empty if all is well
 */
public record Inspection(int pid, String title, String summary, List<String> excess) {
    private static final String ANY = "unreadable";

    /** What the kernel says of a process. */
    record Facts(
            int pid,
            String title,
            List<Map<String, String>> threads,
            Map<String, String> limits,
            Map<String, String> spaces,
            List<String> descriptors) {

        String status(String name) {
            return threads.isEmpty() ? "" : threads.getFirst().getOrDefault(name, "");
        }

        /** The effective user. */
        String uid() {
            String[] ids = status("Uid").split("\t", -1);
            return ids.length > 1 ? ids[1] : "?";
        }
    }

    public Inspection {
        excess = List.copyOf(excess);
    }

    /** All processes of the daemon whose parent process is {@code parent}. */
    public static List<Inspection> ofDaemon(int parent) {
        List<Inspection> found = new ArrayList<>();
        Facts daemon = read(parent);
        found.add(of(Role.PARENT, daemon, daemon));
        ProcessHandle.of(parent).stream()
                .flatMap(ProcessHandle::children)
                .sorted()
                .forEach(child -> {
                    Facts facts = read((int) child.pid());
                    Role role = role(facts.title);
                    found.add(of(role, facts, daemon));
                    if (role == Role.VMM) {
                        child.children()
                                .sorted()
                                .map(machine -> read((int) machine.pid()))
                                .forEach(machine -> found.add(of(Role.VM, machine, daemon)));
                    }
                });
        return found;
    }

    private static @Nullable Role role(String title) {
        for (Role role : Role.values()) {
            if (role != Role.VMCTL && title.equals("vmd: " + role.label())) {
                return role;
            }
        }
        return null;
    }

    static Inspection of(@Nullable Role role, Facts facts, Facts daemon) {
        List<String> excess = new ArrayList<>();
        String summary =
                "uid %s, seccomp %s, capabilities %s, %d threads, %s descriptors"
                        .formatted(
                                facts.uid(),
                                facts.status("Seccomp"),
                                capabilities(facts),
                                facts.threads.size(),
                                facts.descriptors.contains(ANY)
                                        ? "unreadable"
                                        : Integer.toString(facts.descriptors.size()));
        if (role == null) {
            excess.add("is none of vmd's processes");
        } else if (facts.threads.isEmpty()) {
            excess.add("has ended or cannot be read");
        } else {
            compare(role, Policy.of(role), facts, daemon, excess);
        }
        return new Inspection(facts.pid, facts.title, summary, excess);
    }

    private static String capabilities(Facts facts) {
        String bits = facts.status("CapEff").replaceFirst("^0+", "");
        return bits.isEmpty() ? "none" : "0x" + bits;
    }

    private static void compare(
            Role role, Policy policy, Facts facts, Facts daemon, List<String> excess) {
        boolean root = daemon.uid().equals("0");
        for (Map<String, String> thread : facts.threads) {
            require(thread, "NoNewPrivs", "1", "a thread can gain rights by execve", excess);
            require(thread, "Seccomp", "2", "a thread has no system call filter", excess);
        }
        if (role != Role.PARENT) {
            long kept = 0;
            for (Policy.Capability capability : policy.capabilities()) {
                kept |= 1L << capability.number;
            }
            for (Map<String, String> thread : facts.threads) {
                for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
                    // Whoever never had a capability cannot lower the bound of what he has not.
                    boolean bound = set.equals("CapBnd") && !root;
                    String bits = thread.getOrDefault(set, "0");
                    if (!bound && (Long.parseUnsignedLong(bits, 16) & ~kept) != 0) {
                        excess.add(set + " is " + bits);
                    }
                }
            }
            if (root) {
                spaces(policy, facts, daemon, excess);
            }
        }
        if (root && role.dropsPrivileges() && facts.status("Uid").matches("(.*\t)?0(\t.*)?")) {
            excess.add("runs as root");
        }
        limits(policy, facts, excess);
        for (String descriptor : facts.descriptors) {
            if (role != Role.PARENT && !usual(role, descriptor)) {
                excess.add("has " + descriptor + " open");
            }
        }
    }

    private static void require(
            Map<String, String> thread, String name, String value, String else_, List<String> to) {
        if (!value.equals(thread.get(name)) && !to.contains(else_)) {
            to.add(else_);
        }
    }

    private static void spaces(Policy policy, Facts facts, Facts daemon, List<String> excess) {
        for (Policy.Space space : policy.spaces()) {
            String own = facts.spaces.getOrDefault(space.link, ANY);
            if (!own.equals(ANY) && own.equals(daemon.spaces.get(space.link))) {
                excess.add("sees the host's " + space.link + " name space");
            }
        }
    }

    private static void limits(Policy policy, Facts facts, List<String> excess) {
        policy.limits()
                .forEach((resource, value) -> {
                    String name = limitName(resource);
                    String hard = facts.limits.getOrDefault(name, "0");
                    if (hard.equals("unlimited") || Long.parseLong(hard) > value) {
                        excess.add(name + " is " + hard);
                    }
                });
    }

    private static String limitName(int resource) {
        return switch (resource) {
            case Processes.RLIMIT_CORE -> "Max core file size";
            case Processes.RLIMIT_NOFILE -> "Max open files";
            case Processes.RLIMIT_FSIZE -> "Max file size";
            case Processes.RLIMIT_MEMLOCK -> "Max locked memory";
            case Processes.RLIMIT_MSGQUEUE -> "Max msgqueue size";
            default -> throw new IllegalArgumentException("limit " + resource);
        };
    }

    /**
     * Sockets, pipes, anonymous objects, regular files (jars, logs, and a machine's own kernel and
     * disks), and those devices that the role works with.
     */
    private static boolean usual(Role role, String descriptor) {
        if (descriptor.startsWith("folder ")) {
            // The supervisor passes it to machines that cannot get to their jars otherwise.
            return role == Role.VMM && descriptor.endsWith("/lib");
        }
        if (!descriptor.startsWith("/dev/")) {
            return true;
        }
        return switch (descriptor) {
            case "/dev/null", "/dev/random", "/dev/urandom" -> true;
            case "/dev/ptmx", "/dev/pts/ptmx", "/dev/kvm", "/dev/net/tun" -> role == Role.VM;
            default ->
                    // Standard output of a daemon in the foreground; shared and unnamed memory.
                    descriptor.startsWith("/dev/pts/")
                            || descriptor.startsWith("/dev/tty")
                            || descriptor.startsWith("/dev/shm/")
                            || role == Role.VM && descriptor.startsWith("/dev/mapper/");
        };
    }

    private static Facts read(int pid) {
        Path folder = Path.of("/proc", Integer.toString(pid));
        return new Facts(
                pid,
                title(folder),
                threads(folder),
                limits(folder),
                links(folder.resolve("ns")),
                descriptors(folder.resolve("fd")));
    }

    private static String title(Path folder) {
        String line = text(folder.resolve("cmdline"));
        int end = line.indexOf('\0');
        return end < 0 ? line : line.substring(0, end);
    }

    private static List<Map<String, String>> threads(Path folder) {
        List<Map<String, String>> threads = new ArrayList<>();
        for (Path task : list(folder.resolve("task"))) {
            Map<String, String> status = new HashMap<>();
            for (String line : text(task.resolve("status")).lines().toList()) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    status.put(line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }
            if (!status.isEmpty()) {
                threads.add(status);
            }
        }
        return threads;
    }

    /** Hard limits by their names. */
    private static Map<String, String> limits(Path folder) {
        Map<String, String> limits = new HashMap<>();
        for (String line : text(folder.resolve("limits")).lines().skip(1).toList()) {
            String[] columns = line.split("  +", -1);
            if (columns.length > 2) {
                limits.put(columns[0], columns[2].strip());
            }
        }
        return limits;
    }

    private static Map<String, String> links(Path folder) {
        Map<String, String> links = new HashMap<>();
        for (Path link : list(folder)) {
            links.put(link.getFileName().toString(), target(link));
        }
        return links;
    }

    private static List<String> descriptors(Path folder) {
        if (!Files.isReadable(folder)) {
            return List.of(ANY);
        }
        List<String> targets = new ArrayList<>();
        for (Path link : list(folder)) {
            String target = target(link);
            boolean directory = target.startsWith("/") && Files.isDirectory(Path.of(target));
            targets.add(directory ? "folder " + target : target);
        }
        return targets;
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            return List.of(); // ended, or not ours to look at
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ANY;
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
