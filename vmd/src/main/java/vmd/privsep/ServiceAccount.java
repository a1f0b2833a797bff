package vmd.privsep;

import java.util.Optional;
import vmd.log.Log;
import vmd.posix.Identity;
import vmd.posix.Processes;

/** The user and group that children run as. */
public record ServiceAccount(int uid, int gid) {
    private static final String NAME = "_vmd";
    private static final int NOBODY = 65534;

    /**
     * Chosen by the parent: for root the account {@code _vmd}, or where nobody made that one the
     * account nobody, which the log says; for anybody else the user himself.
     */
    public static ServiceAccount choose() {
        if (Processes.effectiveUid() != 0) {
            return own();
        }
        Optional<Identity.User> user = Identity.user(NAME);
        if (user.isPresent() && user.get().uid() != 0) {
            return new ServiceAccount(user.get().uid(), user.get().gid());
        }
        Optional<Identity.User> nobody = Identity.user("nobody").filter(u -> u.uid() != 0);
        ServiceAccount account =
                nobody.map(u -> new ServiceAccount(u.uid(), u.gid()))
                        .orElse(new ServiceAccount(NOBODY, NOBODY));
        Log.info(
                "there is no user "
                        + NAME
                        + " on this system: children run as nobody (uid "
                        + account.uid()
                        + ")");
        return account;
    }

    /** That of this process. */
    public static ServiceAccount own() {
        return new ServiceAccount(Processes.effectiveUid(), Processes.effectiveGid());
    }

    String word() {
        return uid + ":" + gid;
    }

    static ServiceAccount parse(String word) {
        int colon = word.indexOf(':');
        return new ServiceAccount(
                Integer.parseInt(word, 0, colon, 10),
                Integer.parseInt(word, colon + 1, word.length(), 10));
    }
}
