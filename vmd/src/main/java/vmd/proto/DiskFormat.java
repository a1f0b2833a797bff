package vmd.proto;

import java.util.Locale;

/** Format of a disk image; {@code AUTO} lets the daemon look at the file's first bytes. */
public enum DiskFormat {
    AUTO,
    RAW,
    QCOW2;

    /** The word of vm.conf and of {@code vmctl start -d}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
