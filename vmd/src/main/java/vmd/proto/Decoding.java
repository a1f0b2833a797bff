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
        M message = known(imsg.type(), fields.read(imsg.type(), in), direction);
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

    /** A message within another one: its type and its fields. */
    static <M extends Message> M nested(FieldReader in, Fields<M> fields) {
        int type = in.u32();
        return known(type, fields.read(type, in), "message within a message");
    }

    private static <M> M known(int type, @Nullable M message, String direction) {
        if (message == null) {
            throw new ImsgException(direction + ": message type " + Integer.toUnsignedString(type));
        }
        return message;
    }
}
