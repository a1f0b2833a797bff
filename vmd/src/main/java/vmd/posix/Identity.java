package vmd.posix;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jnr.posix.Group;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.Passwd;

/**
 * Users and groups by name and number, through jnr-posix. Loading that costs 250 ms and 45 MB
 * (measured), so only the parent process asks, and no other class here touches it.
 */
public final class Identity {
    private static final POSIX POSIX = POSIXFactory.getNativePOSIX();

    private Identity() {}

    /** An account. */
    public record User(String name, int uid, int gid, String home) {}

    public static Optional<User> user(String name) {
        return Optional.ofNullable(POSIX.getpwnam(name)).map(Identity::user);
    }

    public static Optional<User> user(int uid) {
        return Optional.ofNullable(POSIX.getpwuid(uid)).map(Identity::user);
    }

    private static User user(Passwd p) {
        return new User(
                p.getLoginName(),
                Math.toIntExact(p.getUID()),
                Math.toIntExact(p.getGID()),
                p.getHome());
    }

    /** The number of a group. */
    public static Optional<Integer> group(String name) {
        return Optional.ofNullable(POSIX.getgrnam(name)).map(g -> Math.toIntExact(g.getGID()));
    }

    /** The name of a group. */
    public static Optional<String> groupName(int gid) {
        return Optional.ofNullable(POSIX.getgrgid(gid)).map(Group::getName);
    }

    /** Whether the group is the user's own or lists it as a member. */
    public static boolean isMember(User user, int gid) {
        if (user.gid() == gid) {
            return true;
        }
        Group group = POSIX.getgrgid(gid);
        return group != null && members(group).contains(user.name());
    }

    private static List<String> members(Group group) {
        String[] members = group.getMembers();
        return members == null ? List.of() : new ArrayList<>(List.of(members));
    }
}
