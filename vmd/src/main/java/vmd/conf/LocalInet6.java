package vmd.conf;

import org.jspecify.annotations.Nullable;

/**
 * Whether {@code local} interfaces get IPv6 addresses too.
 *
 * @param prefix network that they are from, or null for a random private one
 */
public record LocalInet6(boolean on, @Nullable Prefix prefix) {
    static final LocalInet6 OFF = new LocalInet6(false, null);
}
