package vmctl;

import org.jspecify.annotations.Nullable;

/** The table of commands. Any prefix that only one of them has names a command. */
final class Commands {
    static final Command[] TABLE = {
        new ConsoleCommand(),
        new LaterCommand("create", "[-b base | -i disk] [-s size] disk", "make a disk image"),
        new HelpCommand(),
        new LaterCommand("load", "filename", "add the machines of another configuration file"),
        new LaterCommand("log", "[brief | verbose]", "change how much vmd logs"),
        new LaterCommand("pause", "id", "pause a machine"),
        new LaterCommand("reload", "", "read the configuration again"),
        new LaterCommand("reset", "[all | switches | vms]", "forget machines or switches"),
        new StatusCommand("show", "list machines; the same as status"),
        new StartCommand(),
        new StatusCommand("status", "list machines and their state"),
        new StopCommand(),
        new LaterCommand("unpause", "id", "let a paused machine run on"),
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
