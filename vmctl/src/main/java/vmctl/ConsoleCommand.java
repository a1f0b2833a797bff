package vmctl;

import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.Terminals;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;

/** Attaches to the console of a running machine. */
final class ConsoleCommand implements Command {
    @Override
    public String name() {
        return "console";
    }

    @Override
    public String syntax() {
        return "id";
    }

    @Override
    public String summary() {
        return "attach to the console of a running machine (~. leaves)";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        VmRef ref = VmName.parse(Arguments.parse("", words).only());
        VmInfo vm = find(context, ref);
        if (vm == null || !StatusCommand.isRunning(vm) || vm.tty().isEmpty()) {
            throw new Failure("console not found");
        }
        return attach(context, vm.id(), vm.tty());
    }

    private static @Nullable VmInfo find(Context context, VmRef ref) throws Failure {
        try (Daemon daemon = context.connectConfined()) {
            for (VmInfo vm : daemon.machines()) {
                if (VmName.matches(ref, vm)) {
                    return vm;
                }
            }
            return null;
        }
    }

    /** Joins this program's input and output to a machine's console until one of them ends it. */
    static int attach(Context context, int id, String tty) throws Failure {
        Fd input = Fd.own(0);
        Fd output = Fd.own(1);
        Console.End end;
        try (Fd line = open(tty)) {
            if (!FileIo.tryFlock(line, true)) {
                throw new Failure("console is in use: " + tty);
            }
            Terminals.makeRawKeepingInput(line);
            if (Terminals.isTerminal(output)) {
                context.say("Connected to " + tty + " (~. leaves, ~? helps)\n");
            }
            end = Console.attach(input, output, line);
        }
        if (end == Console.End.LEFT) {
            context.say("\n[EOT]\n");
            return 0;
        }
        context.say("\n[EOT]\n");
        context.notice(whyItEnded(context, id));
        return 0;
    }

    private static Fd open(String tty) throws Failure {
        try {
            return FileIo.open(tty, FileIo.O_RDWR | FileIo.O_NOCTTY | FileIo.O_NONBLOCK);
        } catch (PosixException e) {
            throw new Failure("cannot open console " + tty + ": " + e.reason());
        }
    }

    private static String whyItEnded(Context context, int id) {
        VmInfo vm;
        try {
            vm = find(context, VmRef.byId(id));
        } catch (Failure e) {
            return "vmd is gone: " + e.message();
        }
        String number = Integer.toUnsignedString(id);
        return vm == null || !StatusCommand.isRunning(vm)
                ? "vm " + number + " has ended"
                : "vm " + number + " closed its console and is " + vm.state().word();
    }
}
