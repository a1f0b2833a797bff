package vmd.conf;

import org.jspecify.annotations.Nullable;
import vmd.proto.EngineChoice;

/** The argument of {@code engine}, and of {@code vmctl start -e}. */
public final class EngineWord {
    private EngineWord() {}

    static EngineChoice parse(Tokens tokens) {
        Token word = tokens.string();
        EngineChoice choice = choice(word.text());
        if (choice == null) {
            throw tokens.error(word.position(), "unknown engine " + word.text());
        }
        return choice;
    }

    /** The choice that a word names, or null. */
    public static @Nullable EngineChoice choice(String word) {
        for (EngineChoice choice : EngineChoice.values()) {
            if (choice.word().equals(word)) {
                return choice;
            }
        }
        return null;
    }
}
