package vmd.conf;

/**
 * One token of a configuration file.
 *
 * @param bare a STRING written without quotes: only such a one may be a word of the grammar that is
 *     not reserved
 */
record Token(Kind kind, String text, long number, boolean bare, Position position) {
    enum Kind {
        KEYWORD,
        STRING,
        NUMBER,
        SYMBOL,
        NEWLINE,
        END,
        /** Reported already; the rest of its line is skipped. */
        BROKEN
    }

    boolean isKeyword(String word) {
        return kind == Kind.KEYWORD && text.equals(word);
    }

    boolean isSymbol(char symbol) {
        return kind == Kind.SYMBOL && text.charAt(0) == symbol;
    }

    /** A word that means something only here, so that files may use it as a name elsewhere. */
    boolean isWord(String word) {
        return kind == Kind.STRING && bare && text.equals(word);
    }
}
