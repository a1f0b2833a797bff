package vmd.proto;

import java.util.Locale;

/** State of a machine as {@code vmctl status} shows it. */
public enum VmState {
    STOPPED,
    WAITING,
    RUNNING,
    STOPPING,
    PAUSED,
    /** Ended because the engine, the host or its process failed; can be started again. */
    CRASHED;

    /** The word of the STATE column. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
