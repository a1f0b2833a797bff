package vmd.conf;

import java.nio.file.Files;
import java.nio.file.Path;

/** Names of network interfaces: letters that are the type, and a number. */
final class DeviceNames {
    static final int MAX_LENGTH = 15;

    private static final Path HOST = Path.of("/sys/class/net");

    private DeviceNames() {}

    /** The type in an interface's name; empty if it is no such name. */
    private static String type(String name) {
        int digits = 0;
        while (digits < name.length() && !isDigit(name.charAt(digits))) {
            digits++;
        }
        if (digits == name.length()) {
            return "";
        }
        for (int i = digits; i < name.length(); i++) {
            if (!isDigit(name.charAt(i))) {
                return "";
            }
        }
        return name.substring(0, digits);
    }

    static boolean isTap(String name) {
        return type(name).equals("tap");
    }

    /**
     * Whether the name can be a bridge's: {@code bridgeN} and {@code vebN} as on OpenBSD, {@code
     * brN} as is the custom on Linux, and whatever else is a bridge of this host.
     */
    static boolean isBridge(String name) {
        return switch (type(name)) {
            case "bridge", "veb", "br" -> true;
            default ->
                    name.matches("[A-Za-z0-9._-]{1,15}")
                            && Files.isDirectory(HOST.resolve(name).resolve("bridge"));
        };
    }

    /** A group's name must not be taken for an interface's, so it ends in no digit. */
    static boolean isGroup(String name) {
        return !name.isEmpty()
                && name.length() <= MAX_LENGTH
                && !isDigit(name.charAt(name.length() - 1));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
