package vmctl;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import vmd.proto.DiskFormat;

/**
 * A disk as the user names it: a path, or a format, a colon and a path.
 *
 * @param format {@code AUTO} where it is not named
 */
record DiskName(String path, DiskFormat format) {
    private static final byte[] QCOW2_SIGNATURE = {'Q', 'F', 'I', (byte) 0xfb};

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

    /**
     * What is named, else what the first bytes of a file say, else what its name ends with. {@code
     * AUTO} if nothing says: then it is raw, or what the daemon finds that may read more.
     */
    DiskFormat formatOrGuess() {
        if (format != DiskFormat.AUTO) {
            return format;
        }
        String name = path.toLowerCase(Locale.ROOT);
        if (name.endsWith(".qcow2") || isQcow2()) {
            return DiskFormat.QCOW2;
        }
        return name.endsWith(".raw") ? DiskFormat.RAW : DiskFormat.AUTO;
    }

    /** Whether there is a file that we can read and that begins like a qcow2 image. */
    private boolean isQcow2() {
        try {
            Path file = Path.of(path);
            if (!Files.isRegularFile(file)) {
                return false;
            }
            try (InputStream in = Files.newInputStream(file)) {
                return Arrays.equals(in.readNBytes(4), QCOW2_SIGNATURE);
            }
        } catch (IOException | InvalidPathException _) {
            return false;
        }
    }
}
