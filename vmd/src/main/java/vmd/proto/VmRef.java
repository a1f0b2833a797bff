package vmd.proto;

import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * Names one machine.
 *
 * @param id its number, or 0 where the name counts
 * @param name its name; empty where the number counts
 */
public record VmRef(int id, String name) {

    public static VmRef byId(int id) {
        return new VmRef(id, "");
    }

    public static VmRef byName(String name) {
        return new VmRef(0, name);
    }

    void write(FieldWriter out) {
        out.u32(id).string(name, Limits.NAME_BYTES);
    }

    static VmRef read(FieldReader in) {
        return new VmRef(in.u32(), in.string(Limits.NAME_BYTES));
    }
}
