package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/**
 * What the parent sends to the supervisor of the machines. A start is one {@link StartVm}, then the
 * descriptors that its description announces, then one {@link StartEnd}.
 */
public sealed interface ParentToVmm extends Message {

    /** First message: how much to log. */
    record Configure(int verbosity) implements ParentToVmm {
        static final int TYPE = 341;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(verbosity);
        }
    }

    /** Start of a machine; its kernel travels with it. */
    record StartVm(MachineSpec spec) implements ParentToVmm {
        static final int TYPE = 342;

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
            spec.write(out);
        }
    }

    /** The initial ramdisk of the machine that is being started. */
    record StartInitrd(int id) implements ParentToVmm {
        static final int TYPE = 343;

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
            out.u32(id);
        }
    }

    /** One disk of the machine that is being started. */
    record StartDisk(int id, int index) implements ParentToVmm {
        static final int TYPE = 344;

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
            out.u32(id);
            out.u32(index);
        }
    }

    /** The master side of the console; the machine is complete. */
    record StartEnd(int id) implements ParentToVmm {
        static final int TYPE = 345;

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
            out.u32(id);
        }
    }

    /** Ends a machine: by asking the guest, or with {@code force} by ending its process. */
    record StopVm(int id, boolean force) implements ParentToVmm {
        static final int TYPE = 346;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(id);
            out.bool(force);
        }
    }

    /** Halts a machine, or lets it go on; answered by {@link VmmToParent.VmPaused}. */
    record PauseVm(int id, boolean pause) implements ParentToVmm {
        static final int TYPE = 347;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(id);
            out.bool(pause);
        }
    }

    /** Finds out what the kernel's vmm device can do; the open device travels with it. */
    record ProbeKvm() implements ParentToVmm {
        static final int TYPE = 348;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public boolean carriesDescriptor() {
            return true;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** The kernel's vmm device, for the machine that is being started and is to run on it. */
    record StartKvm(int id) implements ParentToVmm {
        static final int TYPE = 349;

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
            out.u32(id);
        }
    }

    /** Log that much from now on. */
    record Verbosity(int level) implements ParentToVmm {
        static final int TYPE = 359;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(level);
        }
    }

    static ParentToVmm decode(Imsg imsg) {
        return Decoding.<ParentToVmm>decode(
                "parent to vmm",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Configure.TYPE ->
                                    new Configure(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            case StartVm.TYPE -> new StartVm(MachineSpec.read(in));
                            case StartInitrd.TYPE ->
                                    new StartInitrd(in.u32(1, Integer.MAX_VALUE, "machine id"));
                            case StartDisk.TYPE ->
                                    new StartDisk(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"),
                                            in.u32(0, Limits.DISKS - 1, "disk index"));
                            case StartEnd.TYPE ->
                                    new StartEnd(in.u32(1, Integer.MAX_VALUE, "machine id"));
                            case StopVm.TYPE ->
                                    new StopVm(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"), in.bool());
                            case PauseVm.TYPE ->
                                    new PauseVm(
                                            in.u32(1, Integer.MAX_VALUE, "machine id"), in.bool());
                            case ProbeKvm.TYPE -> new ProbeKvm();
                            case StartKvm.TYPE ->
                                    new StartKvm(in.u32(1, Integer.MAX_VALUE, "machine id"));
                            case Verbosity.TYPE ->
                                    new Verbosity(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            default -> null;
                        });
    }
}
