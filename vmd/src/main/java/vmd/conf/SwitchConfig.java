package vmd.conf;

import org.jspecify.annotations.Nullable;

/**
 * One {@code switch} statement: a bridge of the host that interfaces of machines are added to.
 *
 * @param enabled a disabled one is as good as not there
 * @param device the host's bridge, which must exist when the daemon needs it
 * @param group group that the interfaces on it get
 * @param locked whether each of them may send from its own link address only
 * @param rdomain routing domain of the interfaces on it
 * @param up whether the bridge is brought up
 */
public record SwitchConfig(
        String name,
        boolean enabled,
        String device,
        @Nullable String group,
        boolean locked,
        @Nullable Integer rdomain,
        boolean up,
        Position position) {}
