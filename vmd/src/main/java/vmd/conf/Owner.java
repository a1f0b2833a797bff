package vmd.conf;

/** Who may use a machine or the control socket; {@code gid} is {@link #NONE} without a group. */
public record Owner(long uid, long gid) {
    public static final long NONE = -1;

    /** A machine that names no owner is root's alone. */
    public static final Owner ROOT = new Owner(0, NONE);

    /** The control socket when the file does not name its owner. */
    public static final Owner ROOT_AND_WHEEL = new Owner(0, 0);

    public boolean hasGroup() {
        return gid != NONE;
    }
}
