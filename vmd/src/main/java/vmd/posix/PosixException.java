package vmd.posix;

/** A failed system call: its name (and what it was applied to), and errno. */
public final class PosixException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int errno;

    public PosixException(String call, int errno) {
        super(call + ": " + Errno.text(errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    /** The text of errno alone. */
    public String reason() {
        return Errno.text(errno);
    }
}
