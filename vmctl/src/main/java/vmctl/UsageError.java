package vmctl;

/** The command line is wrong; the message, if it has one, comes before the usage line. */
final class UsageError extends Exception {
    private static final long serialVersionUID = 1;

    UsageError(String message) {
        super(message, null, false, false);
    }

    UsageError() {
        this("");
    }

    String message() {
        return String.valueOf(getMessage());
    }
}
