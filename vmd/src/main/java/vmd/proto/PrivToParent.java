package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the privileged process sends to the parent. */
public sealed interface PrivToParent extends Message {

    /** Configured, in its sandbox. */
    record Ready() implements PrivToParent {
        static final int TYPE = 331;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    static PrivToParent decode(Imsg imsg) {
        return Decoding.<PrivToParent>decode(
                "priv to parent",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Ready.TYPE -> new Ready();
                            default -> null;
                        });
    }
}
