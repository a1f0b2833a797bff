package vmctl;

import java.util.List;
import vmd.conf.ScaledNumber;
import vmd.proto.VmInfo;

/** The table of {@code vmctl status}; scripts depend on its columns. */
final class StatusTable {
    private static final int[] WIDTHS = {5, 5, 5, 7, 7, 7, 12, 8};
    private static final String[] HEADER = {
        "ID", "PID", "VCPUS", "MAXMEM", "CURMEM", "TTY", "OWNER", "STATE", "NAME"
    };
    private static final String DEVICES = "/dev/";

    private StatusTable() {}

    static String print(List<VmInfo> rows, AccountNames accounts) {
        StringBuilder out = new StringBuilder();
        line(out, HEADER);
        for (VmInfo vm : rows) {
            boolean running = StatusCommand.isRunning(vm);
            String[] cells = {
                Integer.toUnsignedString(vm.id()),
                running ? Integer.toString(vm.pid()) : "-",
                Integer.toString(vm.vcpus()),
                ScaledNumber.format(vm.memoryBytes()),
                running ? ScaledNumber.format(vm.residentBytes()) : "-",
                running ? terminal(vm) : "-",
                accounts.owner(vm),
                vm.state().word(),
                vm.name()
            };
            line(out, cells);
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String[] cells) {
        for (int column = 0; column < WIDTHS.length; column++) {
            for (int i = cells[column].length(); i < WIDTHS[column]; i++) {
                out.append(' ');
            }
            out.append(cells[column]).append(' ');
        }
        out.append(cells[WIDTHS.length]).append('\n');
    }

    /** Without the folder of all devices: {@code pts/3}. */
    private static String terminal(VmInfo vm) {
        String tty = vm.tty();
        return tty.isEmpty() ? "-" : tty.startsWith(DEVICES) ? tty.substring(5) : tty;
    }
}
