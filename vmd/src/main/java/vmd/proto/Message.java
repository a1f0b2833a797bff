package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/**
 * A typed message. Each direction of each channel has one sealed interface of records; its static
 * {@code decode} refuses whatever does not belong to that direction.
 */
public interface Message {

    /** Number of the message in the header; unique over all directions. */
    int type();

    /** Writes the fields. */
    void write(FieldWriter out);

    /** Whether a descriptor must travel with the message; otherwise none may. */
    default boolean carriesDescriptor() {
        return false;
    }

    /** The message in wire form. */
    default Imsg encode(int peerId) {
        FieldWriter out = new FieldWriter();
        write(out);
        return new Imsg(
                type(),
                carriesDescriptor(),
                peerId,
                (int) ProcessHandle.current().pid(),
                out.toBytes());
    }
}
