package vmd.proto;

import org.jspecify.annotations.Nullable;
import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the daemon answers on the control socket. */
public sealed interface ClientReply extends Message {

    /**
     * Answer to {@link ClientRequest.Start}.
     *
     * @param tty absolute path of the console's slave side; empty on failure
     */
    record Started(Outcome outcome, int id, int pid, String tty) implements ClientReply {
        static final int TYPE = 201;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
            out.u32(id).u32(pid).string(tty, Limits.TTY_BYTES);
        }

        static Started read(FieldReader in) {
            return new Started(Outcome.read(in), in.u32(), in.u32(), in.string(Limits.TTY_BYTES));
        }
    }

    /** First answer to {@link ClientRequest.Stop}: the stop has begun, or why it has not. */
    record Stopping(Outcome outcome, int id) implements ClientReply {
        static final int TYPE = 202;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
            out.u32(id);
        }
    }

    /** The machine that was waited for has ended, or why it cannot be waited for. */
    record Terminated(Outcome outcome, int id) implements ClientReply {
        static final int TYPE = 203;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
            out.u32(id);
        }
    }

    /** One machine. */
    record Info(VmInfo vm) implements ClientReply {
        static final int TYPE = 204;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            vm.write(out);
        }
    }

    /** No more machines follow. */
    record InfoEnd() implements ClientReply {
        static final int TYPE = 205;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** The request is refused as such: not permitted, or not understood. */
    record Failed(Outcome outcome) implements ClientReply {
        static final int TYPE = 206;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
        }
    }

    /** The machine stands still, or goes on, as was asked; or why not. */
    record Paused(Outcome outcome, int id) implements ClientReply {
        static final int TYPE = 207;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
            out.u32(id);
        }
    }

    /** What was asked is done. */
    record Done() implements ClientReply {
        static final int TYPE = 221;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** One line of text for the user; more replies follow. */
    record Line(String text) implements ClientReply {
        static final int TYPE = 222;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.string(text, Limits.TEXT_BYTES);
        }
    }

    static ClientReply decode(Imsg imsg) {
        return Decoding.decode("daemon's reply", imsg, ClientReply::read);
    }

    /** Reads the fields of a message of {@code type}; null if there is no such reply. */
    static @Nullable ClientReply read(int type, FieldReader in) {
        return switch (type) {
            case Started.TYPE -> Started.read(in);
            case Stopping.TYPE -> new Stopping(Outcome.read(in), in.u32());
            case Terminated.TYPE -> new Terminated(Outcome.read(in), in.u32());
            case Info.TYPE -> new Info(VmInfo.read(in));
            case InfoEnd.TYPE -> new InfoEnd();
            case Failed.TYPE -> new Failed(Outcome.read(in));
            case Paused.TYPE -> new Paused(Outcome.read(in), in.u32());
            case Done.TYPE -> new Done();
            case Line.TYPE -> new Line(in.string(Limits.TEXT_BYTES));
            default -> null;
        };
    }
}
