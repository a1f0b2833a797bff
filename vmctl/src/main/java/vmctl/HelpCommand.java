package vmctl;

/** Says what there is. */
final class HelpCommand implements Command {
    private static final int NAME_WIDTH = 10;

    @Override
    public String name() {
        return "help";
    }

    @Override
    public String syntax() {
        return "[command]";
    }

    @Override
    public String summary() {
        return "list the commands, or show the usage of one";
    }

    @Override
    public int run(Context context, String[] words) throws UsageError {
        if (words.length > 1) {
            throw new UsageError();
        }
        if (words.length == 0) {
            context.print(overview());
            return 0;
        }
        Command command = Commands.find(words[0]);
        context.print(Main.usage(command) + "\n\n" + command.summary() + "\n");
        return 0;
    }

    static String overview() {
        StringBuilder text = new StringBuilder(Main.usage(null)).append("\n\n");
        for (Command command : Commands.TABLE) {
            text.append(command.name());
            for (int i = command.name().length(); i < NAME_WIDTH; i++) {
                text.append(' ');
            }
            text.append(command.summary());
            if (command instanceof LaterCommand) {
                text.append(" (not supported yet)");
            }
            text.append('\n');
        }
        return text.append("\nAny prefix that names only one command will do. See vmctl(8).\n")
                .toString();
    }
}
