package vmd.privsep;

import java.util.ArrayList;
import java.util.List;
import vmd.posix.Errno;
import vmd.posix.PosixException;
import vmd.posix.Processes;

/** Giving up root, and making sure that it is gone. */
public final class Privileges {
    private Privileges() {}

    /**
     * Becomes {@code account} in every thread, for ever. A process that is not root has nothing to
     * give up; that all its threads are the account's is checked all the same.
     */
    public static void drop(ServiceAccount account) {
        boolean root = Processes.effectiveUid() == 0;
        if (root) {
            if (account.uid() == 0) {
                throw new PosixException("the service account is root", Errno.EPERM);
            }
            Processes.supplementaryGroups(List.of());
            change(Processes.changeGroup(account.gid()), "setresgid");
            change(Processes.changeUser(account.uid()), "setresuid");
        }
        if (Processes.changeUser(0)) {
            throw new PosixException("root came back: setresuid", Errno.EPERM);
        }
        requireUniform(account, root);
    }

    private static void change(boolean done, String call) {
        if (!done) {
            throw new PosixException(call, Errno.EPERM);
        }
    }

    /** One thread that kept its rights would be enough to give them to all. */
    private static void requireUniform(ServiceAccount account, boolean noCapabilities) {
        List<String> wanted = new ArrayList<>();
        wanted.add("Uid:" + ("\t" + Integer.toUnsignedString(account.uid())).repeat(4));
        wanted.add("Gid:" + ("\t" + Integer.toUnsignedString(account.gid())).repeat(4));
        if (noCapabilities) {
            wanted.add("CapPrm:\t0000000000000000");
            wanted.add("CapEff:\t0000000000000000");
        }
        Tasks.requireLines(wanted);
    }
}
