package vmd.conf;

/** The argument of {@code owner}: a number, {@code user}, {@code user:group} or {@code :group}. */
final class Owners {
    private static final long MAX_ID = 0xffff_fffeL;

    private final Tokens tokens;
    private final Accounts accounts;

    Owners(Tokens tokens, Accounts accounts) {
        this.tokens = tokens;
        this.accounts = accounts;
    }

    Owner owner() {
        Token token = tokens.numberOrString();
        if (token.kind() == Token.Kind.NUMBER) {
            if (token.number() < 0 || token.number() > MAX_ID) {
                throw unknownUser(token, token.text());
            }
            return new Owner(token.number(), Owner.NONE);
        }
        String text = token.text();
        int colon = text.indexOf(':');
        String user = colon < 0 ? text : text.substring(0, colon);
        long uid = 0;
        if (!user.isEmpty() || colon < 0) {
            uid = id(accounts.uid(user), user);
            if (uid == Accounts.UNKNOWN) {
                throw unknownUser(token, user);
            }
        }
        if (colon < 0) {
            return new Owner(uid, Owner.NONE);
        }
        String group = text.substring(colon + 1);
        long gid = id(accounts.gid(group), group);
        if (gid == Accounts.UNKNOWN) {
            throw tokens.error(token.position(), "failed to get group: " + group);
        }
        return new Owner(uid, gid);
    }

    private Tokens.Abandoned unknownUser(Token token, String user) {
        return tokens.error(token.position(), "failed to get user: " + user);
    }

    /** An account's number, or the number that stands in its place. */
    private static long id(long found, String name) {
        if (found != Accounts.UNKNOWN) {
            return found;
        }
        try {
            long id = Long.parseLong(name);
            return id >= 0 && id <= MAX_ID ? id : Accounts.UNKNOWN;
        } catch (NumberFormatException _) {
            return Accounts.UNKNOWN;
        }
    }
}
