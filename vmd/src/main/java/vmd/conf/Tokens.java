package vmd.conf;

/** The token stream as the parser wants it: one token ahead, and a way to skip what went wrong. */
final class Tokens {
    /** Leaves the current statement; the reason was reported before. */
    static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1;

        Abandoned() {
            super(null, null, false, false);
        }
    }

    private final Lexer lexer;
    private final Diagnostics diagnostics;
    private Token token;
    private int depth;

    Tokens(Lexer lexer, Diagnostics diagnostics) {
        this.lexer = lexer;
        this.diagnostics = diagnostics;
        this.token = lexer.next();
    }

    Token peek() {
        return token;
    }

    Token take() {
        Token taken = token;
        if (taken.isSymbol('{')) {
            depth++;
        } else if (taken.isSymbol('}') && depth > 0) {
            depth--;
        }
        if (taken.kind() != Token.Kind.END) {
            token = lexer.next();
        }
        return taken;
    }

    /** Takes the token if it is that keyword. */
    boolean accept(String keyword) {
        boolean is = token.isKeyword(keyword);
        if (is) {
            take();
        }
        return is;
    }

    boolean accept(char symbol) {
        boolean is = token.isSymbol(symbol);
        if (is) {
            take();
        }
        return is;
    }

    void expect(String keyword) {
        if (!accept(keyword)) {
            throw syntaxError();
        }
    }

    void expect(char symbol) {
        if (!accept(symbol)) {
            throw syntaxError();
        }
    }

    void skipNewlines() {
        while (token.kind() == Token.Kind.NEWLINE) {
            take();
        }
    }

    boolean atString() {
        return token.kind() == Token.Kind.STRING;
    }

    /** One or more strings beside each other, which are one. */
    Token string() {
        if (!atString()) {
            throw syntaxError();
        }
        Token first = take();
        if (!atString()) {
            return first;
        }
        StringBuilder text = new StringBuilder(first.text());
        while (atString()) {
            text.append(take().text());
        }
        return new Token(Token.Kind.STRING, text.toString(), 0, false, first.position());
    }

    Token number() {
        if (token.kind() != Token.Kind.NUMBER) {
            throw syntaxError();
        }
        return take();
    }

    /** A number or a single string. */
    Token numberOrString() {
        return token.kind() == Token.Kind.NUMBER ? take() : string();
    }

    /** A block of options, one or more, each on a line of its own. */
    void block(Runnable option) {
        expect('{');
        skipNewlines();
        do {
            option.run();
            endOfOption();
            skipNewlines();
        } while (!accept('}'));
    }

    /**
     * The same, but an option that is wrong is skipped.
     *
     * @return false if the block does not end, for which what went wrong before is the likely
     *     reason
     */
    boolean blockSkippingErrors(Runnable option) {
        int errors = diagnostics.errors().size();
        expect('{');
        int inside = depth;
        skipNewlines();
        do {
            try {
                option.run();
                endOfOption();
            } catch (Abandoned _) {
                skipStatement(inside);
            }
            skipNewlines();
        } while (!token.isSymbol('}') && token.kind() != Token.Kind.END);
        if (token.kind() == Token.Kind.END && diagnostics.errors().size() != errors) {
            return false;
        }
        expect('}');
        return true;
    }

    private void endOfOption() {
        if (token.kind() != Token.Kind.NEWLINE && !token.isSymbol('}')) {
            throw syntaxError();
        }
    }

    Abandoned syntaxError() {
        if (token.kind() != Token.Kind.BROKEN) {
            diagnostics.error(token.position(), "syntax error");
        }
        return new Abandoned();
    }

    Abandoned error(Position position, String message) {
        diagnostics.error(position, message);
        return new Abandoned();
    }

    /**
     * Skips the rest of a statement that went wrong, with the blocks that it opened, up to its
     * newline or to the brace that closes the block around it.
     *
     * @param outer how many braces are open around the statement
     */
    void skipStatement(int outer) {
        while (token.kind() != Token.Kind.END) {
            if (depth <= outer && (token.kind() == Token.Kind.NEWLINE || token.isSymbol('}'))) {
                return;
            }
            take();
        }
    }
}
