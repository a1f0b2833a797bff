package vmd.conf;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.BootDevice;
import vmd.proto.CpuModel;
import vmd.proto.EngineChoice;

/**
 * One {@code vm} statement, resolved; an instance has what it inherits.
 *
 * @param template name of the machine that this one is an instance of, or null
 * @param boot kernel or firmware to start, or null for the built-in firmware
 * @param cdrom an image that need not exist yet
 * @param interfaces as many as the machine has, also those that no block describes
 * @param engine the machine's own choice, or the file's
 * @param cpu what processor {@code soft} is to be
 * @param enabled started with the daemon
 * @param allow what users may do with it as a template; null for nothing
 * @param position of the statement
 */
public record VmConfig(
        String name,
        @Nullable String template,
        long memoryBytes,
        int vcpus,
        @Nullable Path boot,
        @Nullable Path initrd,
        @Nullable String cmdline,
        @Nullable Path cdrom,
        BootDevice bootDevice,
        List<DiskConfig> disks,
        List<InterfaceConfig> interfaces,
        EngineChoice engine,
        CpuModel cpu,
        Sev sev,
        boolean enabled,
        Owner owner,
        @Nullable Grants allow,
        Position position) {
    public VmConfig {
        disks = List.copyOf(disks);
        interfaces = List.copyOf(interfaces);
    }

    /** Whether there is anything that the firmware or a loader can start. */
    public boolean bootable() {
        return boot != null || cdrom != null || !disks.isEmpty();
    }

    VmConfig withEngine(EngineChoice other) {
        return new VmConfig(
                name,
                template,
                memoryBytes,
                vcpus,
                boot,
                initrd,
                cmdline,
                cdrom,
                bootDevice,
                disks,
                interfaces,
                other,
                cpu,
                sev,
                enabled,
                owner,
                allow,
                position);
    }
}
