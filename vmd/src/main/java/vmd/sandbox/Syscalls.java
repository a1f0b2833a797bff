package vmd.sandbox;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** System calls by name, and the constants that policies use of their arguments. */
final class Syscalls {
    private static final Map<String, Integer> CONSTANTS =
            Map.ofEntries(
                    Map.entry("AF_UNIX", 1),
                    Map.entry("AF_INET", 2),
                    Map.entry("AF_INET6", 10),
                    Map.entry("AF_NETLINK", 16),
                    Map.entry("O_WRONLY", 01),
                    Map.entry("O_RDWR", 02),
                    Map.entry("O_CREAT", 0100),
                    Map.entry("O_TRUNC", 01000),
                    Map.entry("CLONE_VM", 0x100),
                    Map.entry("CLONE_SIGHAND", 0x800),
                    Map.entry("CLONE_THREAD", 0x10000),
                    Map.entry("CLONE_NEWNS", 0x20000),
                    Map.entry("CLONE_NEWCGROUP", 0x2000000),
                    Map.entry("CLONE_NEWUTS", 0x4000000),
                    Map.entry("CLONE_NEWIPC", 0x8000000),
                    Map.entry("CLONE_NEWUSER", 0x10000000),
                    Map.entry("CLONE_NEWPID", 0x20000000),
                    Map.entry("CLONE_NEWNET", 0x40000000));

    private final Map<String, Integer> numbers = new HashMap<>();

    private Syscalls() {}

    /** The table of x86-64, the one architecture that filters are made for. */
    static Syscalls x86() {
        Syscalls table = new Syscalls();
        for (String line : Policy.resource("syscalls.x86-64").lines().toList()) {
            int space = line.indexOf(' ');
            if (space > 0 && !line.startsWith("#")) {
                int number = Integer.parseInt(line, 0, space, 10);
                table.numbers.put(line.substring(space + 1), number);
            }
        }
        return table;
    }

    @Nullable Integer number(String name) {
        return numbers.get(name);
    }

    /** A decimal number or the name of a constant; null if it is neither. */
    static @Nullable Integer constant(String word) {
        if (!word.isEmpty() && word.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Integer.valueOf(word);
        }
        return CONSTANTS.get(word);
    }
}
