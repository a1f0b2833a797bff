package vmctl;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import vmd.proto.DiskFormat;

/**
 * A disk as the user names it: a path, or a format, a colon and a path.
 *
 * @param format {@code AUTO} where it is not named
 */
record DiskName(String path, DiskFormat format) {
    static DiskName of(String word) {
        String raw = prefixed(word, "raw:");
        if (raw != null) {
            return new DiskName(raw, DiskFormat.RAW);
        }
        String qcow2 = prefixed(word, "qcow2:");
        return qcow2 != null
                ? new DiskName(qcow2, DiskFormat.QCOW2)
                : new DiskName(word, DiskFormat.AUTO);
    }

    private static @Nullable String prefixed(String word, String prefix) {
        boolean has =
                word.length() > prefix.length()
                        && word.substring(0, prefix.length())
                                .toLowerCase(Locale.ROOT)
                                .equals(prefix);
        return has ? word.substring(prefix.length()) : null;
    }
}
