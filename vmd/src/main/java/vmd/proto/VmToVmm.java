package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the process of one machine sends to the supervisor. */
public sealed interface VmToVmm extends Message {

    /** The machine runs. */
    record Started(EngineChoice engine) implements VmToVmm {
        static final int TYPE = 371;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.oneOf(engine);
        }
    }

    /**
     * Why the process ends now: before {@link Started} why it cannot start, afterwards what ended
     * the machine.
     */
    record Ended(Outcome outcome) implements VmToVmm {
        static final int TYPE = 372;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            outcome.write(out);
        }
    }

    /** The machine stands still, or goes on, as it was told to. */
    record Paused(boolean paused) implements VmToVmm {
        static final int TYPE = 373;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.bool(paused);
        }
    }

    /** The answer to {@link VmmToVm.ProbeKvm}; the process ends after it. */
    record KvmProbed(Outcome verdict) implements VmToVmm {
        static final int TYPE = 374;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            verdict.write(out);
        }
    }

    static VmToVmm decode(Imsg imsg) {
        return Decoding.<VmToVmm>decode(
                "vm to vmm",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Started.TYPE -> new Started(in.oneOf(EngineChoice.values()));
                            case Ended.TYPE -> new Ended(Outcome.read(in));
                            case Paused.TYPE -> new Paused(in.bool());
                            case KvmProbed.TYPE -> new KvmProbed(Outcome.read(in));
                            default -> null;
                        });
    }
}
