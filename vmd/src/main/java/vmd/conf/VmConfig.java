package vmd.conf;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.EngineChoice;

/**
 * One {@code vm} statement, resolved.
 *
 * @param boot kernel or firmware to start, or null for the built-in firmware
 * @param engine the machine's own choice, or the file's
 * @param enabled started with the daemon
 * @param position of the statement
 */
public record VmConfig(
        String name,
        long memoryBytes,
        int vcpus,
        @Nullable Path boot,
        @Nullable Path initrd,
        @Nullable String cmdline,
        List<DiskConfig> disks,
        EngineChoice engine,
        boolean enabled,
        Owner owner,
        Position position) {
    public VmConfig {
        disks = List.copyOf(disks);
    }
}
