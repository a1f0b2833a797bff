package vmd.conf;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what a parse has to complain about, in the order of the file. */
final class Diagnostics {
    private final List<ConfigError> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    void error(@Nullable Position position, String message) {
        errors.add(new ConfigError(position, message));
    }

    void warning(String message) {
        warnings.add(message);
    }

    List<ConfigError> errors() {
        return errors;
    }

    List<String> warnings() {
        return warnings;
    }
}
