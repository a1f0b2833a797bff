package vmd.conf;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads an {@code interface} of a machine, with its options in a block or behind it. */
final class InterfaceParser {
    private final Tokens tokens;
    private @Nullable String switchName;
    private @Nullable String group;
    private @Nullable String lladdr;
    private @Nullable Integer rdomain;
    private boolean locked;
    private boolean up = true;

    InterfaceParser(Tokens tokens) {
        this.tokens = tokens;
    }

    /** What follows the keyword. */
    InterfaceConfig parse(boolean local) {
        String name = tokens.atString() ? name(tokens.string()) : null;
        if (tokens.accept('{')) {
            tokens.skipNewlines();
            do {
                if (!option()) {
                    throw tokens.syntaxError();
                }
                tokens.skipNewlines();
            } while (!tokens.accept('}'));
        } else {
            while (option()) {
                tokens.accept(',');
            }
        }
        return new InterfaceConfig(local, name, switchName, group, locked, lladdr, rdomain, up);
    }

    private @Nullable String name(Token name) {
        if (name.text().equals("tap")) {
            return null;
        }
        if (!DeviceNames.isTap(name.text())) {
            throw tokens.error(name.position(), "invalid interface: " + name.text());
        }
        if (name.text().length() > DeviceNames.MAX_LENGTH) {
            throw tokens.error(name.position(), "interface name too long: " + name.text());
        }
        return name.text();
    }

    private boolean option() {
        if (tokens.accept("switch")) {
            Token name = tokens.string();
            if (!VmLimits.fits(name.text(), VmLimits.MAX_NAME)) {
                throw tokens.error(name.position(), "switch name too long: " + name.text());
            }
            switchName = name.text();
        } else if (tokens.accept("group")) {
            group = SwitchParser.group(tokens);
        } else if (tokens.accept("locked")) {
            tokens.expect("lladdr");
            locked = true;
            lladdr = linkAddress();
        } else if (tokens.accept("lladdr")) {
            lladdr = linkAddress();
        } else if (tokens.accept("rdomain")) {
            rdomain = SwitchParser.rdomain(tokens);
        } else if (tokens.accept("up")) {
            up = true;
        } else if (tokens.accept("down")) {
            up = false;
        } else {
            return false;
        }
        return true;
    }

    /** An address in its long form; null for none or all zeros, which stand for a random one. */
    private @Nullable String linkAddress() {
        if (!tokens.atString()) {
            return null;
        }
        Token text = tokens.string();
        String[] bytes = text.text().split(":", -1);
        StringBuilder address = new StringBuilder();
        for (String part : bytes) {
            if (bytes.length != 6 || !part.matches("[0-9a-fA-F]{1,2}")) {
                throw tokens.error(text.position(), "invalid address: " + text.text());
            }
            address.append(part.length() == 1 ? ":0" : ":").append(part);
        }
        String found = address.substring(1).toLowerCase(Locale.ROOT);
        return found.equals("00:00:00:00:00:00") ? null : found;
    }
}
