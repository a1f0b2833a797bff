package vmd.proto;

import java.util.Locale;

/** What {@code vmctl reset} forgets. */
public enum ResetScope {
    ALL,
    SWITCHES,
    VMS;

    /** The word on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
