package vmctl;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/** Lists the machines. */
final class StatusCommand implements Command {
    private final String name;
    private final String summary;

    StatusCommand(String name, String summary) {
        this.name = name;
        this.summary = summary;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String syntax() {
        return "[-jrv] [id]";
    }

    @Override
    public String summary() {
        return summary;
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        Arguments arguments = Arguments.parse("jrv", words);
        if (arguments.rest().length > 1) {
            throw new UsageError();
        }
        if (arguments.has('v')) {
            return details(context, arguments);
        }
        VmRef only = arguments.rest().length == 1 ? VmName.parse(arguments.rest()[0]) : null;
        List<VmInfo> rows = select(context, arguments.has('r'), only);
        AccountNames accounts = new AccountNames();
        context.print(
                arguments.has('j')
                        ? StatusJson.print(rows, accounts)
                        : StatusTable.print(rows, accounts));
        if (rows.isEmpty() && only != null) {
            context.notice("vm not found");
        }
        return rows.isEmpty() ? 1 : 0;
    }

    private static List<VmInfo> select(Context context, boolean runningOnly, @Nullable VmRef only)
            throws Failure {
        List<VmInfo> rows = new ArrayList<>();
        try (Daemon daemon = context.connect()) {
            for (VmInfo vm : daemon.machines()) {
                boolean asked = only == null || VmName.matches(only, vm);
                if (asked && (!runningOnly || isRunning(vm))) {
                    rows.add(vm);
                }
            }
        }
        return rows;
    }

    /** Everything about the daemon and its machines, in its own words. */
    private static int details(Context context, Arguments arguments) throws Failure, UsageError {
        if (arguments.rest().length != 0 || arguments.has('j') || arguments.has('r')) {
            throw new UsageError();
        }
        try (Daemon daemon = context.connect()) {
            daemon.askForLines(new ClientRequest.Details(), line -> context.print(line + "\n"));
            return 0;
        }
    }

    static boolean isRunning(VmInfo vm) {
        return vm.state() != VmState.STOPPED
                && vm.state() != VmState.WAITING
                && vm.state() != VmState.CRASHED;
    }
}
