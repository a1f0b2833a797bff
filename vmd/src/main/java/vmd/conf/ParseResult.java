package vmd.conf;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a parse came to: a configuration, or the errors that prevented one. Never both: a file with
 * an error anywhere has no effect at all.
 */
public record ParseResult(
        @Nullable Configuration configuration, List<ConfigError> errors, List<String> warnings) {
    public ParseResult {
        errors = List.copyOf(errors);
        warnings = List.copyOf(warnings);
        if ((configuration == null) == errors.isEmpty()) {
            throw new IllegalArgumentException("a configuration, or errors");
        }
    }

    public boolean ok() {
        return errors.isEmpty();
    }
}
