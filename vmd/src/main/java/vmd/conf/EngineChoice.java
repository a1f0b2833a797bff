package vmd.conf;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which vmm device runs a machine's processors. */
public enum EngineChoice {
    /** The hardware's when its self-test passes, else the software processor. */
    AUTO,
    KVM,
    SOFT;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The word used in vm.conf, on the command line and in status output. */
    public String word() {
        return word;
    }

    /** The choice that {@code word} names, or null. */
    public static @Nullable EngineChoice of(String word) {
        for (EngineChoice choice : values()) {
            if (choice.word.equals(word)) {
                return choice;
            }
        }
        return null;
    }
}
