package vmd.proto;

import org.jspecify.annotations.Nullable;
import vmd.imsg.FieldReader;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;

/** The checks that every decoded message passes. */
final class Decoding {

    /** Reads the fields of the message of one type; null where the type is not of the direction. */
    interface Fields<M> {
        @Nullable M read(int type, FieldReader in);
    }

    private Decoding() {}

    static <M extends Message> M decode(String direction, Imsg imsg, Fields<M> fields) {
        FieldReader in = new FieldReader(imsg.payload());
        M message = fields.read(imsg.type(), in);
        if (message == null) {
            throw new ImsgException(
                    direction + ": message type " + Integer.toUnsignedString(imsg.type()));
        }
        in.end();
        if (imsg.descriptor() != message.carriesDescriptor()) {
            throw new ImsgException(
                    direction
                            + ": "
                            + message.getClass().getSimpleName()
                            + (imsg.descriptor() ? " with" : " without")
                            + " a descriptor");
        }
        return message;
    }
}
