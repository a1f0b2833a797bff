package vmd.parent;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.VmConfig;
import vmd.proto.ClientRequest;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;
import vmd.proto.Limits;
import vmd.proto.VmInfo;

/**
 * What a machine is, from vm.conf or from a request.
 *
 * @param kernel path of the kernel; for a kernel that came as a descriptor the name that the user
 *     gave it; null without a kernel
 * @param initrd the same for the initial ramdisk
 */
record Definition(
        String name,
        long memoryBytes,
        int vcpus,
        EngineChoice engine,
        @Nullable String kernel,
        @Nullable String initrd,
        String cmdline,
        List<DiskSpec> disks,
        int ownerUid,
        int ownerGid) {

    /** Linux then finds the only console that a machine has. */
    static final String DEFAULT_CMDLINE = "console=ttyS0";

    Definition {
        disks = List.copyOf(disks);
    }

    /** A definition of the file; machines of nobody in particular belong to {@code defaultUid}. */
    static Definition of(VmConfig vm, int defaultUid) {
        List<DiskSpec> disks =
                vm.disks().stream()
                        .map(disk -> new DiskSpec(disk.path().toString(), disk.format()))
                        .toList();
        int uid = (int) vm.owner().uid();
        return new Definition(
                vm.name(),
                vm.memoryBytes(),
                vm.vcpus(),
                vm.engine(),
                text(vm.boot()),
                text(vm.initrd()),
                vm.cmdline() == null ? DEFAULT_CMDLINE : vm.cmdline(),
                disks,
                uid == 0 ? defaultUid : uid,
                (int) vm.owner().gid());
    }

    /** A machine that a client describes and then owns. */
    static Definition of(ClientRequest.Start start, EngineChoice defaultEngine, int uid) {
        return new Definition(
                start.vm().name(),
                start.memoryBytes() == 0 ? Limits.MEMORY_BYTES_DEFAULT : start.memoryBytes(),
                start.vcpus() == 0 ? 1 : start.vcpus(),
                start.engine() == null ? defaultEngine : start.engine(),
                start.kernelName(),
                start.initrdName(),
                start.cmdline() == null ? DEFAULT_CMDLINE : start.cmdline(),
                start.disks(),
                uid,
                VmInfo.NO_GROUP);
    }

    private static @Nullable String text(@Nullable Path path) {
        return path == null ? null : path.toString();
    }
}
