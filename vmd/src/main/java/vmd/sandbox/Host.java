package vmd.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import vmd.posix.FileIo;
import vmd.posix.Landlock;
import vmd.posix.PosixException;

/** What this host offers to the suite, a line each. */
public final class Host {
    private static final Path ACCOUNTS = Path.of("/etc/passwd");

    private Host() {}

    /** Lines of a name, a colon and a finding. */
    public static List<String> offers() {
        List<String> lines = new ArrayList<>();
        lines.add("kvm: " + kvm("/dev/kvm"));
        int level = Landlock.level();
        lines.add("landlock: " + (level == 0 ? "none: paths are not narrowed" : "level " + level));
        boolean filters = text("/proc/sys/kernel/seccomp/actions_avail").contains("errno");
        lines.add("seccomp: " + (filters ? "filters" : "none: vmd cannot run here"));
        lines.add("user namespaces: " + userSpaces());
        lines.add("_vmd: " + account("_vmd"));
        return lines;
    }

    private static String kvm(String device) {
        if (!Files.exists(Path.of(device))) {
            return "there is no " + device;
        }
        try {
            FileIo.open(device, FileIo.O_RDWR).close();
            return device + " can be opened";
        } catch (PosixException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String userSpaces() {
        String most = text("/proc/sys/user/max_user_namespaces");
        if (most.isEmpty() || most.equals("0")) {
            return "none";
        }
        boolean switched = text("/proc/sys/kernel/unprivileged_userns_clone").equals("0");
        return switched ? "for root only" : "at most " + most;
    }

    private static String account(String name) {
        for (String line : text(ACCOUNTS.toString()).lines().toList()) {
            if (line.startsWith(name + ":")) {
                return "uid " + line.split(":", -1)[2];
            }
        }
        return "no such account: a daemon of root runs its children as nobody";
    }

    /** Empty if it cannot be read. */
    private static String text(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
