package vmd.conf;

import org.jspecify.annotations.Nullable;

/** Reads what follows {@code agentx}. */
final class AgentxParser {
    private static final int MAX_CONTEXT = 32;

    /** What fits into the address of a socket. */
    private static final int MAX_PATH = 103;

    private final Tokens tokens;
    private @Nullable String context;
    private String path = Agentx.DEFAULT_PATH;

    AgentxParser(Tokens tokens) {
        this.tokens = tokens;
    }

    Agentx parse() {
        while (true) {
            if (tokens.accept("context")) {
                context = context();
            } else if (tokens.accept("path")) {
                path = path();
            } else {
                return new Agentx(context, path);
            }
        }
    }

    private String context() {
        Token text = tokens.string();
        if (!VmLimits.fits(text.text(), MAX_CONTEXT)) {
            throw tokens.error(text.position(), "agentx context too large");
        }
        return text.text();
    }

    private String path() {
        Token text = tokens.string();
        if (text.text().isEmpty()) {
            throw tokens.error(text.position(), "invalid agentx path");
        }
        if (!VmLimits.fits(text.text(), MAX_PATH)) {
            throw tokens.error(text.position(), "agentx path too large");
        }
        if (!text.text().startsWith("/")) {
            throw tokens.error(text.position(), "agentx path is not absolute");
        }
        return text.text();
    }
}
