package vmd.conf;

import org.jspecify.annotations.Nullable;

/**
 * One network interface of a machine.
 *
 * @param local with an address of the host's and DHCP
 * @param name of the host's interface ({@code tap3}), or null for the first that is free
 * @param switchName switch that it is added to
 * @param group group of the host's interface
 * @param locked whether frames from other link addresses are dropped
 * @param lladdr link address as {@code xx:xx:xx:xx:xx:xx}, or null for a random one
 * @param rdomain routing domain of its own, else the switch's
 * @param up whether the host's interface starts up
 */
public record InterfaceConfig(
        boolean local,
        @Nullable String name,
        @Nullable String switchName,
        @Nullable String group,
        boolean locked,
        @Nullable String lladdr,
        @Nullable Integer rdomain,
        boolean up) {
    /** Attached to nothing. */
    public static final InterfaceConfig PLAIN =
            new InterfaceConfig(false, null, null, null, false, null, null, true);
}
