package vmd.conf;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what follows {@code allow}. */
final class GrantParser {
    private final Tokens tokens;
    private final Owners owners;
    private Grants grants;

    /** Adds to {@code before}, which a machine's earlier statements granted. */
    GrantParser(Tokens tokens, Owners owners, @Nullable Grants before) {
        this.tokens = tokens;
        this.owners = owners;
        this.grants = before == null ? new Grants(Set.of(), null) : before;
    }

    Grants parse() {
        tokens.expect("instance");
        if (!tokens.accept('{')) {
            grant();
            return grants;
        }
        tokens.skipNewlines();
        grant();
        while (!tokens.accept('}')) {
            boolean apart = tokens.accept(',');
            if (!apart && tokens.peek().kind() != Token.Kind.NEWLINE) {
                throw tokens.syntaxError();
            }
            tokens.skipNewlines();
            if (apart || !tokens.peek().isSymbol('}')) {
                grant();
            }
        }
        return grants;
    }

    private void grant() {
        if (tokens.accept("owner")) {
            grants = new Grants(grants.flags(), owners.owner());
            return;
        }
        for (Grants.Flag flag : Grants.Flag.values()) {
            if (tokens.accept(flag.word())) {
                grants = grants.with(flag);
                return;
            }
        }
        throw tokens.syntaxError();
    }
}
