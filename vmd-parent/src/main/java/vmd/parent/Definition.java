package vmd.parent;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.DiskConfig;
import vmd.conf.VmConfig;
import vmd.proto.CpuModel;
import vmd.proto.EngineChoice;

/**
 * What a machine is, from vm.conf or from a request, and whose it is.
 *
 * @param config for a kernel or ramdisk that came as a descriptor the name that the user gave it
 */
record Definition(VmConfig config, int ownerUid, int ownerGid) {

    /** Linux then finds the only console that a machine has. */
    static final String DEFAULT_CMDLINE = "console=ttyS0";

    /** Machines of nobody in particular belong to {@code defaultUid}. */
    static Definition of(VmConfig config, int defaultUid) {
        int uid = (int) config.owner().uid();
        return new Definition(config, uid == 0 ? defaultUid : uid, (int) config.owner().gid());
    }

    String name() {
        return config.name();
    }

    long memoryBytes() {
        return config.memoryBytes();
    }

    int vcpus() {
        return config.vcpus();
    }

    EngineChoice engine() {
        return config.engine();
    }

    CpuModel cpu() {
        return config.cpu();
    }

    @Nullable String kernel() {
        return text(config.boot());
    }

    @Nullable String initrd() {
        return text(config.initrd());
    }

    String cmdline() {
        String cmdline = config.cmdline();
        return cmdline == null ? DEFAULT_CMDLINE : cmdline;
    }

    List<DiskConfig> disks() {
        return config.disks();
    }

    private static @Nullable String text(@Nullable Path path) {
        return path == null ? null : path.toString();
    }
}
