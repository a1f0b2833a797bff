package vmctl;

import org.jspecify.annotations.Nullable;

/** The table of commands. Any prefix that only one of them has names a command. */
final class Commands {
    static final Command[] TABLE = {
        new ConsoleCommand(),
        new CreateCommand(),
        new DoctorCommand(),
        new HelpCommand(),
        new LoadCommand(),
        new LogCommand(),
        new PauseCommand(true),
        new LaterCommand("receive", "name", "receive a machine from standard input"),
        new ReloadCommand(),
        new ResetCommand(),
        new LaterCommand("send", "id", "send a machine to standard output"),
        new StatusCommand("show", "list machines; the same as status"),
        new StartCommand(),
        new StatusCommand("status", "list machines and their state"),
        new StopCommand(),
        new PauseCommand(false),
        new WaitCommand(),
    };

    private Commands() {}

    static Command find(String word) throws UsageError {
        Command found = exact(word);
        if (found != null) {
            return found;
        }
        for (Command command : TABLE) {
            if (command.name().startsWith(word)) {
                if (found != null) {
                    throw new UsageError("ambiguous argument: " + word);
                }
                found = command;
            }
        }
        if (found == null) {
            throw new UsageError("unknown argument: " + word);
        }
        return found;
    }

    private static @Nullable Command exact(String word) {
        for (Command command : TABLE) {
            if (command.name().equals(word)) {
                return command;
            }
        }
        return null;
    }
}
