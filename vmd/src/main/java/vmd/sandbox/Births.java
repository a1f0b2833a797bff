package vmd.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.log.Log;
import vmd.posix.Birth;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Landlock;
import vmd.posix.PosixException;
import vmd.posix.Processes;
import vmd.privsep.Installation;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Spawner;

/**
 * The first of a child's two steps into its sandbox: what its policy says of paths, name spaces and
 * capabilities, and its account, hold before it runs. The second is {@link Sandbox}'s: limits,
 * descriptors and the filter, once the Java runtime has started.
 */
public final class Births implements Spawner.Births {
    private final Installation installation;
    private final ServiceAccount account;
    private final int level = Landlock.level();

    public Births(Installation installation, ServiceAccount account) {
        this.installation = installation;
        this.account = account;
    }

    @Override
    public @Nullable Birth of(Role role) {
        Policy policy = Policy.of(role);
        Fd domain = domain(policy);
        if (Processes.effectiveUid() != 0) {
            return Birth.unprivileged(domain);
        }
        int spaces = 0;
        for (Policy.Space space : policy.spaces()) {
            spaces |= space.flag;
        }
        long kept = 0;
        for (Policy.Capability capability : policy.capabilities()) {
            kept |= 1L << capability.number;
        }
        return role.dropsPrivileges()
                ? new Birth(spaces, 0, domain, account.uid(), account.gid())
                : Birth.root(spaces, kept, domain);
    }

    private @Nullable Fd domain(Policy policy) {
        if (policy.anyPath()) {
            return null;
        }
        if (level == 0) {
            Log.info("this kernel has no Landlock: what children can open is not narrowed by path");
            return null;
        }
        Fd domain = Landlock.create(level);
        for (Policy.PathRule rule : policy.paths()) {
            for (Path path : resolve(rule.path())) {
                allow(domain, level, path, rule.permissions());
            }
        }
        Path classNames = installation.classNames();
        if (classNames != null) {
            allow(domain, level, classNames, "rwc");
        }
        return domain;
    }

    /** A path that is not there cannot be opened, so no rule is needed. */
    static void allow(Fd domain, int level, Path path, String permissions) {
        try (Fd place = FileIo.open(path.toString(), FileIo.O_PATH)) {
            Landlock.allow(domain, level, place, permissions);
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.EACCES) {
                throw e;
            }
        }
    }

    private List<Path> resolve(String path) {
        return switch (path) {
            case "$LIB" -> installation.program();
            case "$JAVA_HOME" -> {
                Path home = Path.of(System.getProperty("java.home"));
                // Debian's packages keep the runtime's configuration in /etc, behind links.
                List<Path> paths = new ArrayList<>(List.of(home));
                paths.add(folderOf(home.resolve("lib/jvm.cfg")));
                paths.add(folderOf(home.resolve("conf/security/java.security")));
                yield paths;
            }
            default -> List.of(Path.of(path));
        };
    }

    private static Path folderOf(Path file) {
        try {
            return file.toRealPath().resolveSibling(".").normalize();
        } catch (IOException e) {
            return file;
        }
    }
}
