package vmd.conf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Users and groups by name. */
public interface Accounts {
    long UNKNOWN = -1;

    /** The number of a user, or {@link #UNKNOWN}. */
    long uid(String user);

    /** The number of a group, or {@link #UNKNOWN}. */
    long gid(String group);

    /** The accounts of this machine's own files. */
    static Accounts ofFiles() {
        return new Accounts() {
            @Override
            public long uid(String user) {
                return lookUp(Path.of("/etc/passwd"), user);
            }

            @Override
            public long gid(String group) {
                return lookUp(Path.of("/etc/group"), group);
            }
        };
    }

    /** Both files have the name first and the number third. */
    private static long lookUp(Path file, String name) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return UNKNOWN;
        }
        String start = name + ":";
        for (String line : lines) {
            if (line.startsWith(start)) {
                int from = line.indexOf(':', start.length()) + 1;
                int to = line.indexOf(':', from);
                return from > 0 && to > from ? number(line.substring(from, to)) : UNKNOWN;
            }
        }
        return UNKNOWN;
    }

    private static long number(String text) {
        try {
            return Integer.parseUnsignedInt(text) & 0xffffffffL;
        } catch (NumberFormatException _) {
            return UNKNOWN;
        }
    }
}
