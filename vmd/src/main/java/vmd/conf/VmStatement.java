package vmd.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.EngineChoice;

/** A {@code vm} statement while it is read: what was not named yet is null. */
final class VmStatement {
    final String name;
    final Position position;
    final List<DiskConfig> disks = new ArrayList<>();
    @Nullable Long memoryBytes;
    @Nullable Integer vcpus;
    @Nullable Path boot;
    @Nullable Path initrd;
    @Nullable String cmdline;
    @Nullable EngineChoice engine;
    boolean enabled = true;
    Owner owner = Owner.ROOT;

    VmStatement(String name, Position position) {
        this.name = name;
        this.position = position;
    }

    VmConfig toConfig(EngineChoice general) {
        return new VmConfig(
                name,
                memoryBytes == null ? VmLimits.DEFAULT_MEMORY : memoryBytes,
                vcpus == null ? 1 : vcpus,
                boot,
                initrd,
                cmdline,
                disks,
                engine == null ? general : engine,
                enabled,
                owner,
                position);
    }
}
