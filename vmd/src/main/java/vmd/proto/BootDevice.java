package vmd.proto;

import java.util.Locale;

/** What the firmware tries first. */
public enum BootDevice {
    AUTO,
    DISK,
    CDROM,
    NET;

    /** The word of vm.conf and of {@code vmctl start -B}; {@code AUTO} is not written. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
