package vmd.parent;

import vmd.conf.Instances;
import vmd.conf.Owner;
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

    /** The user as one who wants an instance of a template. */
    Instances.Requester requester(int uid) {
        return new Instances.Requester() {
            @Override
            public boolean privileged() {
                return Access.this.privileged(uid);
            }

            @Override
            public long uid() {
                return Integer.toUnsignedLong(uid);
            }

            @Override
            public boolean is(Owner owner) {
                return uid() == owner.uid()
                        || owner.hasGroup()
                                && Identity.user(uid)
                                        .map(user -> Identity.isMember(user, (int) owner.gid()))
                                        .orElse(false);
            }
        };
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
