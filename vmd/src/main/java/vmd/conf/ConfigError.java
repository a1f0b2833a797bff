package vmd.conf;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a configuration; no position when a whole file could not be read.
 */
public record ConfigError(@Nullable Position position, String message) {
    /** The line that is shown to the user: {@code file:line: message}. */
    @Override
    public String toString() {
        return position == null ? message : position + ": " + message;
    }
}
