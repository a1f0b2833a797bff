package vmctl;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import vmd.posix.PosixException;
import vmd.sandbox.Sandbox;

/**
 * vmctl. It lives for a fraction of a second, most of which is the start of the virtual machine it
 * runs on: on the way to the common commands nothing is loaded that is not needed.
 */
public final class Main {
    private static final String PROGRAM = "vmctl [-v] [-s socket] ";

    private Main() {}

    public static void main(String[] words) {
        System.exit(
                run(
                        words,
                        System.out,
                        System.err,
                        System.getenv(),
                        new Runnable() { // a lambda costs a millisecond of start-up
                            @Override
                            public void run() {
                                Sandbox.enterAsClient();
                            }
                        }));
    }

    /** As {@link #main}; {@code sandbox} enters the sandbox of this process. */
    static int run(
            String[] words,
            PrintStream out,
            PrintStream err,
            Map<String, String> environment,
            Runnable sandbox) {
        String socket = null;
        int at = 0;
        for (; at < words.length && words[at].length() > 1 && words[at].charAt(0) == '-'; at++) {
            String word = words[at];
            if (word.equals("--help") || word.equals("-h")) {
                out.print(HelpCommand.overview());
                out.flush();
                return 0;
            }
            if (word.startsWith("-s")) {
                if (word.length() == 2 && ++at == words.length) {
                    return usage(err, "option requires an argument -- s", null);
                }
                socket = word.length() > 2 ? word.substring(2) : words[at];
            } else if (!word.equals("-v")) {
                return usage(err, "unknown option -- " + word.substring(1), null);
            }
        }
        if (at == words.length) {
            return usage(err, "", null);
        }
        Context context = new Context(out, err, socket, environment, sandbox);
        Command command = null;
        try {
            command = Commands.find(words[at]);
            return command.run(context, Arrays.copyOfRange(words, at + 1, words.length));
        } catch (Failure e) {
            context.notice(e.message());
        } catch (UsageError e) {
            return usage(err, e.message(), command);
        } catch (PosixException e) {
            context.notice(String.valueOf(e.getMessage()));
        }
        return 1;
    }

    private static int usage(PrintStream err, String message, @Nullable Command command) {
        if (!message.isEmpty()) {
            err.print("vmctl: " + message + "\n");
        }
        err.print(usage(command) + "\n");
        err.flush();
        return 1;
    }

    static String usage(@Nullable Command command) {
        return "usage:\t"
                + PROGRAM
                + (command == null ? "command [arg ...]" : command.name() + " " + command.syntax());
    }
}
