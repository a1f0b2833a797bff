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
     * @param template name of the machine that the new one is an instance of, or null
     * @param cdrom absolute path of an ISO image to be opened by the daemon, or null
     * @param bootDevice what the firmware tries first, or null for the default
     * @param nics network interfaces in order
     * @param cpu the processor, or null for the default
     */
    record Start(
            VmRef vm,
            long memoryBytes,
            int vcpus,
            @Nullable EngineChoice engine,
            @Nullable String kernelName,
            @Nullable String initrdName,
            @Nullable String cmdline,
            List<DiskSpec> disks,
            @Nullable String template,
            @Nullable String cdrom,
            @Nullable BootDevice bootDevice,
            List<NicSpec> nics,
            @Nullable CpuModel cpu)
            implements ClientRequest {
        static final int TYPE = 101;

        public Start {
            disks = List.copyOf(disks);
            nics = List.copyOf(nics);
        }

        /** A machine with the processor of the default. */
        public Start(
                VmRef vm,
                long memoryBytes,
                int vcpus,
                @Nullable EngineChoice engine,
                @Nullable String kernelName,
                @Nullable String initrdName,
                @Nullable String cmdline,
                List<DiskSpec> disks,
                @Nullable String template,
                @Nullable String cdrom,
                @Nullable BootDevice bootDevice,
                List<NicSpec> nics) {
            this(
                    vm,
                    memoryBytes,
                    vcpus,
                    engine,
                    kernelName,
                    initrdName,
                    cmdline,
                    disks,
                    template,
                    cdrom,
                    bootDevice,
                    nics,
                    null);
        }

        /** A machine by itself, without CD and network. */
        public Start(
                VmRef vm,
                long memoryBytes,
                int vcpus,
                @Nullable EngineChoice engine,
                @Nullable String kernelName,
                @Nullable String initrdName,
                @Nullable String cmdline,
                List<DiskSpec> disks) {
            this(
                    vm,
                    memoryBytes,
                    vcpus,
                    engine,
                    kernelName,
                    initrdName,
                    cmdline,
                    disks,
                    null,
                    null,
                    null,
                    List.of(),
                    null);
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
            out.optionalString(template, Limits.NAME_BYTES)
                    .optionalString(cdrom, Limits.PATH_BYTES)
                    .bool(bootDevice != null);
            if (bootDevice != null) {
                out.oneOf(bootDevice);
            }
            out.u32(nics.size());
            nics.forEach(nic -> nic.write(out));
            out.bool(cpu != null);
            if (cpu != null) {
                out.oneOf(cpu);
            }
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
                    readDisks(in),
                    in.optionalString(Limits.NAME_BYTES),
                    in.optionalString(Limits.PATH_BYTES),
                    in.bool() ? in.oneOf(BootDevice.values()) : null,
                    readNics(in),
                    in.bool() ? in.oneOf(CpuModel.values()) : null);
        }

        private static List<NicSpec> readNics(FieldReader in) {
            int count = in.u32(0, Limits.NICS, "number of network interfaces");
            List<NicSpec> nics = new ArrayList<>(count);
            for (int k = 0; k < count; k++) {
                nics.add(NicSpec.read(in));
            }
            return nics;
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

    /** Halts a machine's processors; answered by {@link ClientReply.Paused} when they stand. */
    record Pause(VmRef vm) implements ClientRequest {
        static final int TYPE = 106;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            vm.write(out);
        }
    }

    /** Lets a paused machine go on; answered by {@link ClientReply.Paused} when it does. */
    record Unpause(VmRef vm) implements ClientRequest {
        static final int TYPE = 107;

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
     * Asks how the daemon and its machines are: configuration, processes, ends; answered by {@link
     * ClientReply.Line}s and a {@link ClientReply.Done}.
     */
    record Details() implements ClientRequest {
        static final int TYPE = 108;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /**
     * Reads the configuration again; answered by {@link ClientReply.Done} or {@link
     * ClientReply.Failed}, before that by {@link ClientReply.Line}s that say what is wrong, or with
     * {@code dryRun} what would change.
     *
     * @param dryRun changes nothing
     */
    record Reload(boolean dryRun) implements ClientRequest {
        static final int TYPE = 121;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.bool(dryRun);
        }
    }

    /**
     * Adds what another configuration file defines; answered like {@link Reload}.
     *
     * @param path absolute
     */
    record Load(String path) implements ClientRequest {
        static final int TYPE = 122;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.string(path, Limits.PATH_BYTES);
        }
    }

    /** Forgets machines, which ends them, or switches; answered by {@link ClientReply.Done}. */
    record Reset(ResetScope scope) implements ClientRequest {
        static final int TYPE = 123;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.oneOf(scope);
        }
    }

    /** Sets how much all processes log; answered by {@link ClientReply.Done}. */
    record Verbosity(int level) implements ClientRequest {
        static final int TYPE = 124;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(FieldWriter out) {
            out.u32(level);
        }
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
            case Pause.TYPE -> new Pause(VmRef.read(in));
            case Unpause.TYPE -> new Unpause(VmRef.read(in));
            case Details.TYPE -> new Details();
            case Reload.TYPE -> new Reload(in.bool());
            case Load.TYPE -> new Load(in.string(Limits.PATH_BYTES));
            case Reset.TYPE -> new Reset(in.oneOf(ResetScope.values()));
            case Verbosity.TYPE -> new Verbosity(in.u32(0, Limits.VERBOSITY, "verbosity"));
            default -> null;
        };
    }
}
