package vmm.boot;

/** What was given to boot cannot be booted; the message is for the person who gave it. */
public final class BootException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BootException(String message) {
        super(message);
    }
}
