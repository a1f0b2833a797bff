package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the parent sends to the process of the control socket. */
public sealed interface ParentToControl extends Message {

    /** First message: how much to log; the listening socket travels with it. */
    record Configure(int verbosity) implements ParentToControl {
        static final int TYPE = 301;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public boolean carriesDescriptor() {
            return true;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(verbosity);
        }
    }

    /** An answer for the client whose number is the peer id. */
    record Reply(ClientReply reply) implements ParentToControl {
        static final int TYPE = 302;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(reply.type());
            reply.write(out);
        }
    }

    /** Log that much from now on. */
    record Verbosity(int level) implements ParentToControl {
        static final int TYPE = 309;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(level);
        }
    }

    static ParentToControl decode(Imsg imsg) {
        return Decoding.<ParentToControl>decode(
                "parent to control",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Configure.TYPE ->
                                    new Configure(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            case Reply.TYPE -> new Reply(Decoding.nested(in, ClientReply::read));
                            case Verbosity.TYPE ->
                                    new Verbosity(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            default -> null;
                        });
    }
}
