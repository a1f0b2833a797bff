package vmd.proto;

import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * One row of {@code vmctl status}.
 *
 * @param pid process of a running machine, else 0
 * @param residentBytes resident memory of that process, else 0
 * @param tty absolute path of the console's slave side while running, else empty
 * @param ownerGid group that owns the machine, or -1
 * @param engine the engine in use while running (never {@code AUTO} then), else the configured one
 */
public record VmInfo(
        int id,
        int pid,
        int vcpus,
        long memoryBytes,
        long residentBytes,
        String tty,
        int ownerUid,
        int ownerGid,
        VmState state,
        EngineChoice engine,
        String name) {

    public static final int NO_GROUP = -1;

    void write(FieldWriter out) {
        out.u32(id).u32(pid).u32(vcpus).u64(memoryBytes).u64(residentBytes);
        out.string(tty, Limits.TTY_BYTES).u32(ownerUid).u32(ownerGid);
        out.oneOf(state).oneOf(engine).string(name, Limits.NAME_BYTES);
    }

    static VmInfo read(FieldReader in) {
        return new VmInfo(
                in.u32(),
                in.u32(),
                in.u32(0, Limits.VCPUS, "number of processors"),
                in.u64(),
                in.u64(),
                in.string(Limits.TTY_BYTES),
                in.u32(),
                in.u32(),
                in.oneOf(VmState.values()),
                in.oneOf(EngineChoice.values()),
                in.string(Limits.NAME_BYTES));
    }
}
