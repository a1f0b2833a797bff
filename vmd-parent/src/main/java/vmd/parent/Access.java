package vmd.parent;

import vmd.posix.Identity;
import vmd.proto.VmInfo;

/**
 * Who may do what. The superuser may do everything; so may the user who runs the daemon, who is the
 * superuser's stand-in where it runs without privilege.
 *
 * @param daemonUid user who runs the daemon
 */
record Access(int daemonUid) {

    boolean privileged(int uid) {
        return uid == 0 || uid == daemonUid;
    }

    /** Whether the user may start and stop the machine: its owner, or one of its group. */
    boolean mayUse(int uid, Definition vm) {
        return privileged(uid)
                || uid == vm.ownerUid()
                || vm.ownerGid() != VmInfo.NO_GROUP
                        && Identity.user(uid)
                                .map(user -> Identity.isMember(user, vm.ownerGid()))
                                .orElse(false);
    }
}
