package vmd.proto;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;
import vmd.imsg.Imsg;

/**
 * What a client may ask on the control socket. One request at a time: the next one may be sent when
 * the last one is answered.
 */
public sealed interface ClientRequest extends Message {

    /**
     * Starts a machine; answered by {@link ClientReply.Started}. Without any option: a machine that
     * the configuration defines.
     *
     * @param memoryBytes size of memory, or 0 for the default
     * @param vcpus number of processors, or 0 for the default
     * @param engine the vmm device, or null for the default
     * @param kernelName path of the kernel as the user typed it, for messages; if it is not null,
     *     the descriptor of the opened kernel travels with this message
     * @param initrdName the same for the initial ramdisk, whose descriptor travels with a {@link
     *     StartInitrd} that must follow at once
     * @param cmdline command line for a Linux kernel, or null for the default
     * @param disks images to be opened by the daemon
     */
    record Start(
            VmRef vm,
            long memoryBytes,
            int vcpus,
            @Nullable EngineChoice engine,
            @Nullable String kernelName,
            @Nullable String initrdName,
            @Nullable String cmdline,
            List<DiskSpec> disks)
            implements ClientRequest {
        static final int TYPE = 101;

        public Start {
            disks = List.copyOf(disks);
        }

        /** Start of a machine that is already known. */
        public static Start existing(VmRef vm) {
            return new Start(vm, 0, 0, null, null, null, null, List.of());
        }

        /** Whether nothing but the machine is named. */
        public boolean withoutOptions() {
            return equals(existing(vm));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public boolean carriesDescriptor() {
            return kernelName != null;
        }

        @Override
        public void write(FieldWriter out) {
            vm.write(out);
            out.u64(memoryBytes).u32(vcpus).bool(engine != null);
            if (engine != null) {
                out.oneOf(engine);
            }
            out.optionalString(kernelName, Limits.PATH_BYTES)
                    .optionalString(initrdName, Limits.PATH_BYTES)
                    .optionalString(cmdline, Limits.CMDLINE_BYTES)
                    .u32(disks.size());
            disks.forEach(disk -> disk.write(out));
        }

        static Start read(FieldReader in) {
            return new Start(
                    VmRef.read(in),
                    in.u64(),
                    in.u32(0, Limits.VCPUS, "number of processors"),
                    in.bool() ? in.oneOf(EngineChoice.values()) : null,
                    in.optionalString(Limits.PATH_BYTES),
                    in.optionalString(Limits.PATH_BYTES),
                    in.optionalString(Limits.CMDLINE_BYTES),
                    readDisks(in));
        }

        private static List<DiskSpec> readDisks(FieldReader in) {
            int count = in.u32(0, Limits.DISKS, "number of disks");
            List<DiskSpec> disks = new ArrayList<>(count);
            for (int k = 0; k < count; k++) {
                disks.add(DiskSpec.read(in));
            }
            return disks;
        }
    }

    /** Second half of a {@link Start} that names an initial ramdisk: its descriptor. */
    record StartInitrd() implements ClientRequest {
        static final int TYPE = 102;

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

    /**
     * Stops a machine; answered by {@link ClientReply.Stopping}, and with {@code awaitEnd} by
     * {@link ClientReply.Terminated} when it has ended.
     *
     * @param force without asking the guest
     */
    record Stop(VmRef vm, boolean force, boolean awaitEnd) implements ClientRequest {
        static final int TYPE = 103;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            vm.write(out);
            out.bool(force).bool(awaitEnd);
        }
    }

    /** Waits for the end of a machine; answered by {@link ClientReply.Terminated}. */
    record Wait(VmRef vm) implements ClientRequest {
        static final int TYPE = 104;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            vm.write(out);
        }
    }

    /**
     * Asks for all machines; answered by one {@link ClientReply.Info} each and a {@link
     * ClientReply.InfoEnd}.
     */
    record Info() implements ClientRequest {
        static final int TYPE = 105;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    static ClientRequest decode(Imsg imsg) {
        return Decoding.decode("client request", imsg, ClientRequest::read);
    }

    /** Reads the fields of a message of {@code type}; null if there is no such request. */
    static @Nullable ClientRequest read(int type, FieldReader in) {
        return switch (type) {
            case Start.TYPE -> Start.read(in);
            case StartInitrd.TYPE -> new StartInitrd();
            case Stop.TYPE -> new Stop(VmRef.read(in), in.bool(), in.bool());
            case Wait.TYPE -> new Wait(VmRef.read(in));
            case Info.TYPE -> new Info();
            default -> null;
        };
    }
}
