package vmctl;

import java.nio.ByteBuffer;

/**
 * Looks for the escape sequences of cu(1) in what the user types: a tilde at the start of a line,
 * and a letter. What is no sequence passes unchanged.
 */
final class Escapes {
    enum Action {
        NONE,
        LEAVE,
        HELP
    }

    private boolean lineStart = true;
    private boolean tilde;

    /**
     * Takes bytes from {@code in} and puts what is for the machine into {@code out}, which has room
     * for one byte more than {@code in} holds; stops behind a sequence.
     */
    Action filter(ByteBuffer in, ByteBuffer out) {
        while (in.hasRemaining()) {
            byte b = in.get();
            if (tilde) {
                tilde = false;
                if (b == '.') {
                    return Action.LEAVE;
                }
                if (b == '?') {
                    return Action.HELP;
                }
                out.put((byte) '~');
                if (b == '~') {
                    lineStart = false;
                    continue;
                }
            } else if (lineStart && b == '~') {
                tilde = true;
                continue;
            }
            out.put(b);
            lineStart = b == '\r' || b == '\n';
        }
        return Action.NONE;
    }

    /** At the end of the input: a tilde that nothing follows is for the machine too. */
    void end(ByteBuffer out) {
        if (tilde) {
            tilde = false;
            out.put((byte) '~');
        }
    }
}
