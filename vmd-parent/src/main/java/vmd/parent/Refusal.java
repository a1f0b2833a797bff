package vmd.parent;

import vmd.proto.Outcome;

/** A request or a start that cannot be: carries what the user is told. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Outcome outcome;

    Refusal(int code, String text) {
        super(text, null, false, false);
        outcome = Outcome.of(code, text);
    }

    Outcome outcome() {
        return outcome;
    }
}
