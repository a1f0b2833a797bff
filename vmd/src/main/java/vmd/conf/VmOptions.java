package vmd.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.BootDevice;
import vmd.proto.CpuModel;
import vmd.proto.EngineChoice;

/**
 * What somebody says about a machine, in a {@code vm} statement or in a request; what was not named
 * is null.
 */
public final class VmOptions {
    public final String name;
    public final Position position;
    public final List<DiskConfig> disks = new ArrayList<>();
    public final List<InterfaceConfig> interfaces = new ArrayList<>();
    public @Nullable Long memoryBytes;
    public @Nullable Integer vcpus;
    public @Nullable Path boot;
    public @Nullable Path initrd;
    public @Nullable String cmdline;
    public @Nullable Path cdrom;
    public @Nullable BootDevice bootDevice;
    public @Nullable EngineChoice engine;
    public @Nullable CpuModel cpu;

    /** The least number of interfaces. */
    public @Nullable Integer interfaceCount;

    public @Nullable Owner owner;
    public @Nullable Grants allow;
    public Sev sev = Sev.OFF;
    public boolean enabled = true;

    public VmOptions(String name, Position position) {
        this.name = name;
        this.position = position;
    }

    /** The machine by itself. */
    public VmConfig toConfig(EngineChoice general) {
        return new VmConfig(
                name,
                null,
                memoryBytes == null ? VmLimits.DEFAULT_MEMORY : memoryBytes,
                vcpus == null ? 1 : vcpus,
                boot,
                initrd,
                cmdline,
                cdrom,
                bootDevice == null ? BootDevice.AUTO : bootDevice,
                disks,
                allInterfaces(),
                engine == null ? general : engine,
                cpu == null ? CpuModel.V3 : cpu,
                sev,
                enabled,
                owner == null ? Owner.ROOT : owner,
                allow,
                position);
    }

    /** The interfaces that blocks describe, and plain ones up to the number that was asked for. */
    List<InterfaceConfig> allInterfaces() {
        List<InterfaceConfig> all = new ArrayList<>(interfaces);
        int count = interfaceCount == null ? 0 : interfaceCount;
        while (all.size() < count) {
            all.add(InterfaceConfig.PLAIN);
        }
        return all;
    }

    /** Whether a device was named at all: without one the statement can only be a mistake. */
    boolean nothingNamed() {
        return memoryBytes == null
                && vcpus == null
                && boot == null
                && initrd == null
                && cmdline == null
                && cdrom == null
                && disks.isEmpty()
                && interfaces.isEmpty()
                && interfaceCount == null;
    }
}
