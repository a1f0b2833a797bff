package vmctl;

/** One command of vmctl. */
interface Command {
    String name();

    /** Options and arguments as the usage line shows them. */
    String syntax();

    /** What it does, in one line. */
    String summary();

    /**
     * Does it and returns the exit status.
     *
     * @param words what follows the command's name
     */
    int run(Context context, String[] words) throws Failure, UsageError;
}
