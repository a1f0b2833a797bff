package vmd.proto;

import java.util.ArrayList;
import java.util.List;
import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * A machine as its process needs to know it: everything is open already, no path is left.
 *
 * @param engine the vmm device that runs it, never {@code AUTO}; for {@code KVM} the open device
 *     follows
 * @param initrd whether an initial ramdisk follows
 * @param cmdline command line for a Linux kernel; may be empty
 * @param disks the disks that follow, in order
 * @param cpu the processor that {@code SOFT} is to be
 */
public record MachineSpec(
        int id,
        String name,
        long memoryBytes,
        int vcpus,
        EngineChoice engine,
        String cmdline,
        boolean initrd,
        List<Disk> disks,
        CpuModel cpu) {

    /** One disk image. */
    public record Disk(DiskFormat format, boolean readOnly) {}

    /** A machine with the processor of the default. */
    public MachineSpec(
            int id,
            String name,
            long memoryBytes,
            int vcpus,
            EngineChoice engine,
            String cmdline,
            boolean initrd,
            List<Disk> disks) {
        this(id, name, memoryBytes, vcpus, engine, cmdline, initrd, disks, CpuModel.V3);
    }

    public MachineSpec {
        disks = List.copyOf(disks);
    }

    void write(FieldWriter out) {
        out.u32(id).string(name, Limits.NAME_BYTES).u64(memoryBytes).u32(vcpus).oneOf(engine);
        out.string(cmdline, Limits.CMDLINE_BYTES).bool(initrd).u32(disks.size());
        disks.forEach(disk -> out.oneOf(disk.format).bool(disk.readOnly));
        out.oneOf(cpu);
    }

    static MachineSpec read(FieldReader in) {
        return new MachineSpec(
                in.u32(1, Integer.MAX_VALUE, "machine id"),
                in.string(Limits.NAME_BYTES),
                in.u64(Limits.MEMORY_BYTES_MIN, Limits.MEMORY_BYTES_MAX, "memory size"),
                in.u32(1, Limits.VCPUS, "number of processors"),
                in.oneOf(EngineChoice.values()),
                in.string(Limits.CMDLINE_BYTES),
                in.bool(),
                readDisks(in),
                in.oneOf(CpuModel.values()));
    }

    private static List<Disk> readDisks(FieldReader in) {
        int count = in.u32(0, Limits.DISKS, "number of disks");
        List<Disk> disks = new ArrayList<>(count);
        for (int k = 0; k < count; k++) {
            disks.add(new Disk(in.oneOf(DiskFormat.values()), in.bool()));
        }
        return disks;
    }
}
