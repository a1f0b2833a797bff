package vmd.parent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import vmd.conf.Printer;

/**
 * What {@code vmctl show -v} prints: the processes and what the kernel says of them, and each
 * machine with its configuration, which only those see who may use it.
 */
final class Details {
    private final List<String> lines = new ArrayList<>();

    private Details() {}

    /**
     * The lines for {@code uid}.
     *
     * @param processes the fixed ones by what they do
     * @param engine what is known of the kernel's vmm device
     */
    static List<String> lines(
            Registry registry,
            Access access,
            int uid,
            Map<String, Integer> processes,
            String engine) {
        Details details = new Details();
        processes.forEach((role, pid) -> details.lines.add("vmd: " + role + ", " + process(pid)));
        details.lines.add(engine);
        for (Vm vm : registry.listed()) {
            details.machine(vm, access.mayUse(uid, vm.definition));
        }
        return details.lines;
    }

    private void machine(Vm vm, boolean whole) {
        String process = vm.pid == 0 ? "" : ", " + process(vm.pid);
        lines.add("vm " + vm.id + " \"" + vm.name() + "\": " + vm.state.word() + process);
        lines.add(
                "\tstarts "
                        + vm.starts
                        + ", guest reboots "
                        + vm.reboots
                        + ", failures "
                        + vm.failures);
        if (whole) {
            block(Printer.print(vm.definition.config()));
            Definition next = vm.next;
            if (next != null) {
                lines.add("\twhen it has stopped:");
                block(Printer.print(next.config()));
            }
        }
    }

    private void block(String text) {
        text.lines().forEach(line -> lines.add("\t" + line));
    }

    /** What the kernel knows about a process; where it does not say, the number alone. */
    private static String process(int pid) {
        StringBuilder out = new StringBuilder("pid ").append(pid);
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                String[] words = line.split("\\s+");
                switch (words[0]) {
                    case "Uid:" -> out.append(", uid ").append(words[2]);
                    case "NoNewPrivs:" ->
                            out.append(words[1].equals("1") ? ", no new privileges" : "");
                    case "Seccomp:" ->
                            out.append(words[1].equals("2") ? ", system calls filtered" : "");
                    case "CapEff:" -> out.append(words[1].matches("0+") ? ", no capabilities" : "");
                    default -> {}
                }
            }
        } catch (IOException e) {
            return out.toString();
        }
        return out.toString();
    }
}
