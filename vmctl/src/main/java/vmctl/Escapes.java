package vmctl;

import java.nio.ByteBuffer;

/**
 * Looks for the escape sequences of cu(1) in what the user types: a tilde at the start of a line,
 * and a letter. What is no sequence passes unchanged.
 *
 * <p>A terminal types too: asked by the guest for the cursor's position (shells with line editing
 * do so at each prompt) it answers with a control sequence, ECMA-48 section 5.4. Such an answer
 * leaves the start of a line what it was.
 */
final class Escapes {
    enum Action {
        NONE,
        LEAVE,
        HELP
    }

    private enum Sequence {
        NONE,
        ESCAPE,
        PARAMETERS
    }

    private static final byte ESC = 0x1b;

    private boolean lineStart = true;
    private boolean tilde;
    private Sequence sequence = Sequence.NONE;

    /** Whether the sequence that is passing began at the start of a line. */
    private boolean sequenceAtStart;

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
            passed(b);
        }
        return Action.NONE;
    }

    /** Notes what a byte for the machine means for the start of a line. */
    private void passed(byte b) {
        boolean report = false;
        switch (sequence) {
            case NONE -> {
                if (b == ESC) {
                    sequence = Sequence.ESCAPE;
                    sequenceAtStart = lineStart;
                }
            }
            case ESCAPE -> sequence = b == '[' ? Sequence.PARAMETERS : Sequence.NONE;
            case PARAMETERS -> {
                if (b < 0x20 || b >= 0x40) {
                    sequence = Sequence.NONE;
                    // cursor position, device status, device attributes: no key sends these
                    report = b == 'R' || b == 'n' || b == 'c';
                }
            }
        }
        lineStart = b == '\r' || b == '\n' || report && sequenceAtStart;
    }

    /** At the end of the input: a tilde that nothing follows is for the machine too. */
    void end(ByteBuffer out) {
        if (tilde) {
            tilde = false;
            out.put((byte) '~');
        }
    }
}
