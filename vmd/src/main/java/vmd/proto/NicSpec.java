package vmd.proto;

import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * A network interface that a client asks for.
 *
 * @param local with an address of the host's and DHCP
 * @param switchName switch that it is added to; empty for none
 */
public record NicSpec(boolean local, String switchName) {
    /** Attached to nothing. */
    public static final NicSpec UNATTACHED = new NicSpec(false, "");

    void write(FieldWriter out) {
        out.bool(local).string(switchName, Limits.NAME_BYTES);
    }

    static NicSpec read(FieldReader in) {
        return new NicSpec(in.bool(), in.string(Limits.NAME_BYTES));
    }
}
