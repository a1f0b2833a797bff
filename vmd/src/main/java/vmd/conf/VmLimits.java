package vmd.conf;

import java.nio.charset.StandardCharsets;
import vmd.proto.Limits;

/** What a machine may have and how it may be called, for vm.conf and for requests alike. */
public final class VmLimits {
    public static final int MAX_NAME = Limits.NAME_BYTES;
    public static final int MAX_PATH = Limits.PATH_BYTES;
    public static final int MAX_DISKS = Limits.DISKS;
    public static final int MAX_INTERFACES = Limits.NICS;
    public static final int MAX_RDOMAIN = 255;

    /** More than one is understood, but no machine can be started with it yet. */
    public static final int MAX_VCPUS = 1;

    public static final int MAX_NAMED_VCPUS = Limits.VCPUS;

    public static final int MAX_CMDLINE = Limits.CMDLINE_BYTES;

    public static final long MIB = 1L << 20;
    public static final long DEFAULT_MEMORY = Limits.MEMORY_BYTES_DEFAULT;
    public static final long MIN_MEMORY = Limits.MEMORY_BYTES_MIN;
    public static final long MAX_MEMORY = Limits.MEMORY_BYTES_MAX;

    public static final String MEMORY_TOO_SMALL = "memory size must be at least 1MB";
    public static final String MEMORY_TOO_LARGE = "memory size too large (limit is 128G)";
    public static final String NOTHING_TO_BOOT = "no kernel or disk/cdrom specified";

    private VmLimits() {}

    /**
     * True for 1 to 63 letters, digits, dots, hyphens and underscores, the first a letter or digit.
     */
    public static boolean validName(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME || !letterOrDigit(name.charAt(0))) {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!letterOrDigit(c) && c != '.' && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    private static boolean letterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    /** Whether the text takes no more room than that in UTF-8. */
    public static boolean fits(String text, int maxBytes) {
        return text.getBytes(StandardCharsets.UTF_8).length <= maxBytes;
    }

    /** A whole number of MiB, rounded down. */
    public static long wholeMib(long bytes) {
        return bytes & -MIB;
    }
}
