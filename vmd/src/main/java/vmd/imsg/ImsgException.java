package vmd.imsg;

/**
 * The peer of a channel is broken or lies: a frame or a message that nobody honest sends. The
 * channel that carried it is of no further use and must be closed.
 */
public final class ImsgException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ImsgException(String message) {
        super(message);
    }
}
