package vmd.proto;

import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/**
 * What the supervisor sends to the process of one machine: a {@link Configure}, the descriptors it
 * announces, a {@link Console}.
 */
public sealed interface VmmToVm extends Message {

    /** The machine; its kernel travels with it. */
    record Configure(MachineSpec spec, int verbosity) implements VmmToVm {
        static final int TYPE = 361;

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
            out.u32(verbosity);
        }
    }

    /** The initial ramdisk. */
    record Initrd() implements VmmToVm {
        static final int TYPE = 362;

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

    /** One disk, in order. */
    record Disk(int index) implements VmmToVm {
        static final int TYPE = 363;

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
            out.u32(index);
        }
    }

    /** The master side of the console; the machine is complete and starts. */
    record Console() implements VmmToVm {
        static final int TYPE = 364;

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

    /** Press the power button; end if the guest does not listen. */
    record Stop() implements VmmToVm {
        static final int TYPE = 365;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** Stand still, or go on; answered by {@link VmToVmm.Paused}. */
    record Pause(boolean pause) implements VmmToVm {
        static final int TYPE = 366;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.bool(pause);
        }
    }

    /** The kernel's vmm device that the machine runs on. */
    record Kvm() implements VmmToVm {
        static final int TYPE = 367;

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

    /** Instead of a machine: the kernel's vmm device, to be tested. */
    record ProbeKvm() implements VmmToVm {
        static final int TYPE = 368;

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

    /** Log that much from now on. */
    record Verbosity(int level) implements VmmToVm {
        static final int TYPE = 379;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(level);
        }
    }

    static VmmToVm decode(Imsg imsg) {
        return Decoding.<VmmToVm>decode(
                "vmm to vm",
                imsg,
                (type, in) ->
                        switch (type) {
                            case Configure.TYPE ->
                                    new Configure(
                                            MachineSpec.read(in),
                                            in.u32(0, Limits.VERBOSITY, "verbosity"));
                            case Initrd.TYPE -> new Initrd();
                            case Disk.TYPE -> new Disk(in.u32(0, Limits.DISKS - 1, "disk index"));
                            case Console.TYPE -> new Console();
                            case Stop.TYPE -> new Stop();
                            case Pause.TYPE -> new Pause(in.bool());
                            case Kvm.TYPE -> new Kvm();
                            case ProbeKvm.TYPE -> new ProbeKvm();
                            case Verbosity.TYPE ->
                                    new Verbosity(in.u32(0, Limits.VERBOSITY, "verbosity"));
                            default -> null;
                        });
    }
}
