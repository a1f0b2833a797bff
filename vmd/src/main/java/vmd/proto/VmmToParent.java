package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/** What the supervisor of the machines sends to the parent. */
public sealed interface VmmToParent extends Message {

    /** Configured, in its sandbox. */
    record Ready() implements VmmToParent {
        static final int TYPE = 351;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** A start has come to its end. On failure no {@link VmEnded} follows. */
    record VmStarted(int id, Outcome outcome, int pid, EngineChoice engine) implements VmmToParent {
        static final int TYPE = 352;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(id);
            outcome.write(out);
            out.u32(pid);
            out.oneOf(engine);
        }
    }

    /**
     * A machine that had started is no more. The code is 0 for an end in order, {@link
     * Outcome#EAGAIN} for a reboot.
     */
    record VmEnded(int id, Outcome outcome) implements VmmToParent {
        static final int TYPE = 353;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(id);
            outcome.write(out);
        }
    }

    /** A machine stands still, or goes on. */
    record VmPaused(int id, boolean paused) implements VmmToParent {
        static final int TYPE = 354;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(id);
            out.bool(paused);
        }
    }

    /** The answer to {@link ParentToVmm.ProbeKvm}: whether the device is good, else why not. */
    record KvmProbed(Outcome verdict) implements VmmToParent {
        static final int TYPE = 355;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            verdict.write(out);
        }
    }

    static VmmToParent decode(Imsg imsg) {
        return Decoding.<VmmToParent>decode(
                "vmm to parent",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Ready.TYPE -> new Ready();
                            case VmStarted.TYPE ->
                                    new VmStarted(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"),
                                            Outcome.read(in),
                                            in.u32(),
                                            in.oneOf(EngineChoice.values()));
                            case VmEnded.TYPE ->
                                    new VmEnded(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"),
                                            Outcome.read(in));
                            case VmPaused.TYPE ->
                                    new VmPaused(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"), in.bool());
                            case KvmProbed.TYPE -> new KvmProbed(Outcome.read(in));
                            default -> null;
                        });
    }
}
