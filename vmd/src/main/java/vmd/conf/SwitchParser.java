package vmd.conf;

import org.jspecify.annotations.Nullable;

/** Reads {@code switch} statements. */
final class SwitchParser {
    private final Tokens tokens;
    private boolean enabled = true;
    private boolean locked;
    private boolean up = true;
    private @Nullable String device;
    private @Nullable String group;
    private @Nullable Integer rdomain;

    SwitchParser(Tokens tokens) {
        this.tokens = tokens;
    }

    /** What follows the keyword. */
    SwitchConfig parse(Position position) {
        Token name = tokens.string();
        if (!VmLimits.fits(name.text(), VmLimits.MAX_NAME)) {
            throw tokens.error(name.position(), "switch name too long: " + name.text());
        }
        tokens.block(this::option);
        String bridge = device;
        if (bridge == null) {
            throw tokens.error(
                    position, "switch \"" + name.text() + "\" is missing interface name");
        }
        return new SwitchConfig(name.text(), enabled, bridge, group, locked, rdomain, up, position);
    }

    private void option() {
        if (tokens.accept("enable")) {
            enabled = true;
        } else if (tokens.accept("disable")) {
            enabled = false;
        } else if (tokens.accept("group")) {
            group = group(tokens);
        } else if (tokens.accept("interface")) {
            device = bridge();
        } else if (tokens.accept("locked")) {
            tokens.expect("lladdr");
            locked = true;
        } else if (tokens.accept("rdomain")) {
            rdomain = rdomain(tokens);
        } else if (tokens.accept("up")) {
            up = true;
        } else if (tokens.accept("down")) {
            up = false;
        } else {
            throw tokens.syntaxError();
        }
    }

    private String bridge() {
        Token name = tokens.string();
        if (!DeviceNames.isBridge(name.text())) {
            throw tokens.error(name.position(), "invalid switch interface: " + name.text());
        }
        if (name.text().length() > DeviceNames.MAX_LENGTH) {
            throw tokens.error(name.position(), "switch interface too long: " + name.text());
        }
        return name.text();
    }

    /** The argument of {@code group}, which interfaces of machines have too. */
    static String group(Tokens tokens) {
        Token name = tokens.string();
        if (!DeviceNames.isGroup(name.text())) {
            throw tokens.error(name.position(), "invalid group name: " + name.text());
        }
        return name.text();
    }

    /** The argument of {@code rdomain}. */
    static int rdomain(Tokens tokens) {
        Token number = tokens.number();
        if (number.number() < 0 || number.number() > VmLimits.MAX_RDOMAIN) {
            throw tokens.error(number.position(), "invalid rdomain: " + number.number());
        }
        return (int) number.number();
    }
}
