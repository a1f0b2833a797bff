package vmd.conf;

/** The argument of {@code engine}. */
final class EngineWord {
    private EngineWord() {}

    static EngineChoice parse(Tokens tokens) {
        Token word = tokens.string();
        EngineChoice choice = EngineChoice.of(word.text());
        if (choice == null) {
            throw tokens.error(word.position(), "unknown engine " + word.text());
        }
        return choice;
    }
}
