package vmm.machine;

import org.jspecify.annotations.Nullable;

/**
 * How a machine came to its end.
 *
 * @param reason for the log; empty if the kind says all
 * @param cause the failure behind {@link Kind#FAILED}, if there was one
 */
public record End(Kind kind, String reason, @Nullable Throwable cause) {

    /** What ended it. */
    public enum Kind {
        /** The guest switched the machine off, or can do nothing any more. */
        POWER_OFF,
        /** The guest asked for a reset. */
        REBOOT,
        /** A processor shut down over a fault it could not deliver; a PC resets then. */
        TRIPLE_FAULT,
        /** {@link Machine#stop} was called. */
        STOPPED,
        /** The host or the engine could not go on. */
        FAILED
    }

    static End of(Kind kind) {
        return new End(kind, "", null);
    }

    static End of(Kind kind, String reason) {
        return new End(kind, reason, null);
    }
}
