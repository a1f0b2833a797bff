package vmd.conf;

/**
 * The part of the grammar whose machinery is not there yet. It is read in full, so that what is
 * wrong is told from what is only missing, and then refused.
 */
final class LaterStatements {
    private final Tokens tokens;

    LaterStatements(Tokens tokens) {
        this.tokens = tokens;
    }

    Tokens.Abandoned refused(Position position, String what) {
        return tokens.error(position, what + " is not supported yet");
    }

    /** A statement that stands by itself, behind its keyword. */
    void statement(Token keyword) {
        String what =
                switch (keyword.text()) {
                    case "switch" -> switchBlock();
                    case "local" -> local();
                    case "agentx" -> agentx();
                    case "staggered" -> staggered();
                    default -> throw tokens.syntaxError();
                };
        endOf(keyword, what);
    }

    /** An option of a machine, behind its keyword. */
    void vmOption(Token keyword) {
        String what =
                switch (keyword.text()) {
                    case "sev", "seves" -> keyword.text();
                    case "cdrom" -> {
                        tokens.string();
                        yield "cdrom";
                    }
                    case "interfaces" -> interfaces(keyword);
                    case "interface" -> interfaceBlock();
                    case "local" -> {
                        tokens.expect("interface");
                        interfaceBlock();
                        yield "local interface";
                    }
                    case "allow" -> allow();
                    default -> throw unknown(keyword);
                };
        endOf(keyword, what);
    }

    private Tokens.Abandoned unknown(Token keyword) {
        return tokens.error(keyword.position(), "syntax error");
    }

    private void endOf(Token keyword, String what) {
        Token after = tokens.peek();
        if (after.kind() != Token.Kind.NEWLINE
                && after.kind() != Token.Kind.END
                && !after.isSymbol('}')) {
            throw tokens.syntaxError();
        }
        throw refused(keyword.position(), what);
    }

    private String local() {
        if (tokens.accept("inet6")) {
            if (tokens.accept("prefix")) {
                tokens.string();
            }
            return "local inet6";
        }
        tokens.expect("prefix");
        tokens.string();
        return "local prefix";
    }

    private String agentx() {
        while (tokens.accept("context") || tokens.accept("path")) {
            tokens.string();
        }
        return "agentx";
    }

    private String staggered() {
        tokens.expect("start");
        tokens.expect("parallel");
        tokens.number();
        tokens.expect("delay");
        tokens.number();
        return "staggered start";
    }

    private String switchBlock() {
        tokens.string();
        tokens.expect('{');
        tokens.skipNewlines();
        do {
            switchOption();
            if (tokens.peek().kind() != Token.Kind.NEWLINE && !tokens.peek().isSymbol('}')) {
                throw tokens.syntaxError();
            }
            tokens.skipNewlines();
        } while (!tokens.accept('}'));
        return "switch";
    }

    private void switchOption() {
        if (tokens.accept("group") || tokens.accept("interface")) {
            tokens.string();
        } else if (tokens.accept("locked")) {
            tokens.expect("lladdr");
        } else if (tokens.accept("rdomain")) {
            tokens.number();
        } else if (!tokens.accept("enable")
                && !tokens.accept("disable")
                && !tokens.accept("up")
                && !tokens.accept("down")) {
            throw tokens.syntaxError();
        }
    }

    private String interfaces(Token keyword) {
        Token count = tokens.number();
        if (count.number() < 0 || count.number() > VmLimits.MAX_INTERFACES) {
            throw tokens.error(keyword.position(), "too many interfaces: " + count.number());
        }
        return "interfaces";
    }

    private String interfaceBlock() {
        if (tokens.atString()) {
            tokens.string();
        }
        if (tokens.accept('{')) {
            tokens.skipNewlines();
            do {
                if (!interfaceOption()) {
                    throw tokens.syntaxError();
                }
                tokens.skipNewlines();
            } while (!tokens.accept('}'));
            return "interface";
        }
        while (interfaceOption()) {
            tokens.accept(',');
        }
        return "interface";
    }

    private boolean interfaceOption() {
        if (tokens.accept("switch") || tokens.accept("group")) {
            tokens.string();
        } else if (tokens.accept("locked")) {
            tokens.expect("lladdr");
            linkAddress();
        } else if (tokens.accept("lladdr")) {
            linkAddress();
        } else if (tokens.accept("rdomain")) {
            tokens.number();
        } else {
            return tokens.accept("up") || tokens.accept("down");
        }
        return true;
    }

    private void linkAddress() {
        if (tokens.atString()) {
            tokens.string();
        }
    }

    private String allow() {
        tokens.expect("instance");
        if (!tokens.accept('{')) {
            grant();
            return "allow instance";
        }
        grant();
        while (!tokens.accept('}')) {
            if (!tokens.accept(',') && tokens.peek().kind() != Token.Kind.NEWLINE) {
                throw tokens.syntaxError();
            }
            tokens.skipNewlines();
            grant();
        }
        return "allow instance";
    }

    private void grant() {
        if (tokens.accept("owner")) {
            tokens.numberOrString();
        } else if (!tokens.accept("boot")
                && !tokens.accept("memory")
                && !tokens.accept("interface")
                && !tokens.accept("disk")
                && !tokens.accept("cdrom")
                && !tokens.accept("instance")) {
            throw tokens.syntaxError();
        }
    }
}
