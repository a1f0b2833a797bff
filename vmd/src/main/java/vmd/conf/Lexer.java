package vmd.conf;

import java.util.ArrayDeque;

/**
 * Turns files into tokens. Included files and the values of macros are a stack of sources under one
 * reader, so that a token may begin in a macro and end behind it.
 */
final class Lexer {
    private static final int EOF = -1;
    private static final int MAX_TOKEN = 8092;
    private static final int MAX_INCLUDES = 16;

    private static final class Source {
        final String name;
        final String text;
        final boolean macro;
        int at;
        int line = 1;
        boolean ended;

        Source(String name, String text, boolean macro) {
            this.name = name;
            this.text = text;
            this.macro = macro;
        }
    }

    private final ArrayDeque<Source> sources = new ArrayDeque<>();
    private final StringBuilder unread = new StringBuilder();
    private final Macros macros;
    private final Diagnostics diagnostics;
    private Source file;

    Lexer(String name, String text, Macros macros, Diagnostics diagnostics) {
        this.macros = macros;
        this.diagnostics = diagnostics;
        this.file = new Source(name, text, false);
        sources.push(file);
    }

    /** Reads on from an included file; false when there are too many inside each other. */
    boolean include(String name, String text) {
        if (sources.size() >= MAX_INCLUDES) {
            return false;
        }
        file = new Source(name, text, false);
        sources.push(file);
        return true;
    }

    Token next() {
        while (true) {
            int c = skipBlanks();
            Position position = new Position(file.name, file.line);
            if (c == '#') {
                do {
                    c = read();
                } while (c != '\n' && c != EOF);
                position = new Position(file.name, file.line);
            }
            if (c == '\n') {
                file.line++;
                return new Token(Token.Kind.NEWLINE, "\n", 0, false, position);
            }
            if (c == EOF) {
                return new Token(Token.Kind.END, "", 0, false, position);
            }
            if (c != '$' || sources.element().macro) {
                return token(c, position);
            }
            int after = read();
            if (!isMacroChar(after)) {
                unread(after);
                return symbol('$', position);
            }
            if (!expand(after, position)) {
                return broken(position);
            }
        }
    }

    private Token token(int c, Position position) {
        if (c == '"' || c == '\'') {
            return quoted(c, position);
        }
        if (c == '-' || isDigit(c)) {
            return number(c, position);
        }
        if (isLetter(c) || c == ':' || c == '_' || c == '/') {
            return word(c, position);
        }
        if (c == 0) {
            return fail(position, "syntax error");
        }
        return symbol((char) c, position);
    }

    private boolean expand(int first, Position position) {
        StringBuilder name = new StringBuilder();
        int c = first;
        do {
            name.append((char) c);
            c = read();
        } while (isMacroChar(c) && name.length() < MAX_TOKEN);
        stepBack(c);
        String value = macros.use(name.toString());
        if (value == null) {
            diagnostics.error(position, "macro '" + name + "' not defined");
            return false;
        }
        sources.push(new Source("", value, true));
        return true;
    }

    private Token quoted(int quote, Position position) {
        StringBuilder text = new StringBuilder();
        while (true) {
            int c = readQuoted();
            if (c == quote) {
                return new Token(Token.Kind.STRING, text.toString(), 0, false, position);
            }
            if (c == '\\') {
                int next = readQuoted();
                if (next == quote || next == ' ' || next == '\t' || next == '\n') {
                    c = next;
                } else {
                    unread(next);
                }
            }
            if (c == EOF) {
                diagnostics.error(position, "reached end of file while parsing quoted string");
                return new Token(Token.Kind.BROKEN, "", 0, false, position);
            }
            if (c == 0) {
                return fail(position, "syntax error");
            }
            if (c == '\n') {
                file.line++;
                continue;
            }
            if (text.length() >= MAX_TOKEN) {
                return fail(position, "string too long");
            }
            text.append((char) c);
        }
    }

    private Token number(int first, Position position) {
        StringBuilder text = new StringBuilder();
        int c = first;
        do {
            if (text.length() >= MAX_TOKEN) {
                return fail(position, "string too long");
            }
            text.append((char) c);
            c = read();
        } while (isDigit(c));
        unread(c);
        boolean sign = first == '-';
        if ((!sign || text.length() > 1) && endsNumber(c)) {
            return wholeNumber(text.toString(), position);
        }
        // Not a number after all: all but the first character are read again, as a word.
        for (int i = text.length() - 1; i > 0; i--) {
            unread(text.charAt(i));
        }
        return sign ? symbol('-', position) : word(first, position);
    }

    private Token wholeNumber(String text, Position position) {
        try {
            return new Token(Token.Kind.NUMBER, text, Long.parseLong(text), false, position);
        } catch (NumberFormatException _) {
            String why = text.startsWith("-") ? "too small" : "too large";
            return fail(position, '"' + text + "\" invalid number: " + why);
        }
    }

    private Token word(int first, Position position) {
        StringBuilder text = new StringBuilder();
        int c = first;
        do {
            if (text.length() >= MAX_TOKEN) {
                return fail(position, "string too long");
            }
            text.append((char) c);
            c = read();
        } while (isWordChar(c));
        unread(c);
        String word = text.toString();
        Token.Kind kind = Keywords.contains(word) ? Token.Kind.KEYWORD : Token.Kind.STRING;
        return new Token(kind, word, 0, true, position);
    }

    private static Token symbol(char c, Position position) {
        return new Token(Token.Kind.SYMBOL, String.valueOf(c), 0, false, position);
    }

    private Token fail(Position position, String message) {
        diagnostics.error(position, message);
        return broken(position);
    }

    /** Skips to the end of the line, and leaves the newline for the parser. */
    private Token broken(Position position) {
        int c = read();
        while (c != '\n' && c != EOF) {
            c = read();
        }
        unread(c);
        return new Token(Token.Kind.BROKEN, "", 0, false, position);
    }

    private int skipBlanks() {
        int c = read();
        while (c == ' ' || c == '\t' || c == '\r') {
            c = read();
        }
        return c;
    }

    /** The next character outside quotes, where a backslash before a newline joins lines. */
    private int read() {
        int c = readRaw();
        while (c == '\\') {
            int next = readRaw();
            if (next != '\n') {
                return next;
            }
            file.line++;
            c = readRaw();
        }
        return c;
    }

    private int readRaw() {
        if (unread.length() > 0) {
            int last = unread.length() - 1;
            char c = unread.charAt(last);
            unread.setLength(last);
            return c;
        }
        while (true) {
            Source source = sources.element();
            if (source.at < source.text.length()) {
                return source.text.charAt(source.at++);
            }
            if (!source.macro && !source.ended && !source.text.endsWith("\n")) {
                // A last line without a newline ends all the same, and in its own file.
                source.ended = true;
                return '\n';
            }
            if (sources.size() == 1) {
                return EOF;
            }
            sources.pop();
            if (!source.macro) {
                file = enclosingFile();
            }
        }
    }

    /** The next character inside quotes, which do not reach beyond their file. */
    private int readQuoted() {
        Source source = sources.element();
        boolean atEnd = source.at == source.text.length() && unread.isEmpty();
        return atEnd && !source.macro ? EOF : readRaw();
    }

    private Source enclosingFile() {
        for (Source source : sources) {
            if (!source.macro) {
                return source;
            }
        }
        throw new IllegalStateException("the first source is a file");
    }

    private void unread(int c) {
        if (c != EOF) {
            unread.append((char) c);
        }
    }

    /** Gives {@code c} back to its file, so that the value of a macro can come before it. */
    private void stepBack(int c) {
        Source source = sources.element();
        if (source.ended) {
            source.ended = false;
        } else if (c != EOF) {
            source.at--;
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isMacroChar(int c) {
        return isLetter(c) || isDigit(c) || c == '_';
    }

    private static boolean isWordChar(int c) {
        return c > ' ' && c < 0x7f && "(){}!=#,".indexOf(c) < 0;
    }

    private static boolean endsNumber(int c) {
        return c == EOF || c == ' ' || c >= '\t' && c <= '\r' || ")/},=".indexOf(c) >= 0;
    }
}
