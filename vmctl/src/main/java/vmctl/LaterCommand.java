package vmctl;

/** A command whose machinery is not there yet. */
record LaterCommand(String name, String syntax, String summary) implements Command {
    @Override
    public int run(Context context, String[] words) throws Failure {
        throw new Failure(name + " is not supported yet");
    }
}
