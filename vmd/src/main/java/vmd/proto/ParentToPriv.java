package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the parent sends to the process that keeps privilege for network set-up. */
public sealed interface ParentToPriv extends Message {

    /** First message: how much to log. */
    record Configure(int verbosity) implements ParentToPriv {
        static final int TYPE = 321;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(verbosity);
        }
    }

    /** Log that much from now on. */
    record Verbosity(int level) implements ParentToPriv {
        static final int TYPE = 329;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(level);
        }
    }

    static ParentToPriv decode(Imsg imsg) {
        return Decoding.<ParentToPriv>decode(
                "parent to priv",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Configure.TYPE ->
                                    new Configure(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            case Verbosity.TYPE ->
                                    new Verbosity(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            default -> null;
                        });
    }
}
