package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the process of the control socket sends to the parent. */
public sealed interface ControlToParent extends Message {

    /** The socket is served. */
    record Ready() implements ControlToParent {
        static final int TYPE = 311;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /**
     * A request of the client whose number is the peer id; the user is who the kernel says is
     * connected.
     */
    record Request(int uid, int gid, ClientRequest request) implements ControlToParent {
        static final int TYPE = 312;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public boolean carriesDescriptor() {
            return request.carriesDescriptor();
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(uid);
            out.u32(gid);
            out.u32(request.type());
            request.write(out);
        }
    }

    /** The client whose number is the peer id has left. */
    record ClientGone() implements ControlToParent {
        static final int TYPE = 313;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    static ControlToParent decode(Imsg imsg) {
        return Decoding.<ControlToParent>decode(
                "control to parent",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Ready.TYPE -> new Ready();
                            case Request.TYPE ->
                                    new Request(
                                            in.u32(),
                                            in.u32(),
                                            Decoding.nested(in, ClientRequest::read));
                            case ClientGone.TYPE -> new ClientGone();
                            default -> null;
                        });
    }
}
