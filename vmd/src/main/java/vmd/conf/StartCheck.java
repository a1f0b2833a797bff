package vmd.conf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the start of each machine would find, as far as it can be found without being root and
 * without opening anything: a file whose folder is closed to the user is not judged.
 */
public final class StartCheck {
    private final List<ConfigError> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /** Disks of machines that start with the daemon, and who has them. */
    private final Map<Path, String> taken = new HashMap<>();

    private final Set<String> switches = new HashSet<>();
    private final long hostMemoryBytes;

    private StartCheck(Configuration configuration, long hostMemoryBytes) {
        this.hostMemoryBytes = hostMemoryBytes;
        for (SwitchConfig one : configuration.switches()) {
            if (one.enabled()) {
                switches.add(one.name());
            }
        }
    }

    /** What is wrong, and what is not but should be known. */
    public record Report(List<ConfigError> errors, List<String> warnings) {}

    /** Checks all machines; {@code hostMemoryBytes} is what the host has in all. */
    public static Report check(Configuration configuration, long hostMemoryBytes) {
        StartCheck check = new StartCheck(configuration, hostMemoryBytes);
        configuration.vms().forEach(check::machine);
        return new Report(check.errors, check.warnings);
    }

    private void machine(VmConfig vm) {
        if (vm.memoryBytes() > hostMemoryBytes) {
            String host = ScaledNumber.format(hostMemoryBytes);
            error(vm.position(), vm, "memory is more than the host has (" + host + ")");
        }
        if (vm.boot() != null) {
            regular(vm.position(), vm, "kernel", vm.boot());
        }
        if (vm.initrd() != null) {
            regular(vm.position(), vm, "initrd", vm.initrd());
        }
        if (vm.cdrom() != null) {
            cdrom(vm, vm.cdrom());
        }
        for (DiskConfig disk : vm.disks()) {
            disk(vm, disk);
        }
        for (InterfaceConfig one : vm.interfaces()) {
            if (one.switchName() != null && !switches.contains(one.switchName())) {
                error(vm.position(), vm, "switch \"" + one.switchName() + "\" not found");
            }
        }
        String later = Support.refusal(vm);
        if (later != null) {
            warning(vm.position(), vm, "will not start: " + later);
        }
    }

    private void cdrom(VmConfig vm, Path cdrom) {
        Path folder = cdrom.getParent();
        boolean visible = folder == null || Files.isExecutable(folder) || !Files.exists(folder);
        if (visible && !Files.exists(cdrom)) {
            error(vm.position(), vm, "cdrom '" + cdrom + "': No such file or directory");
        } else {
            regular(vm.position(), vm, "cdrom", cdrom);
        }
    }

    private void disk(VmConfig vm, DiskConfig disk) {
        regular(disk.position(), vm, "disk", disk.path());
        String other = vm.enabled() ? taken.putIfAbsent(disk.path(), vm.name()) : null;
        if (other != null) {
            String whose = other.equals(vm.name()) ? "twice" : "by vm \"" + other + "\" too";
            warning(disk.position(), vm, "disk '" + disk.path() + "' is used " + whose);
        }
    }

    private void regular(Position position, VmConfig vm, String what, Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            error(position, vm, what + " '" + file + "' is not a regular file");
        }
    }

    private void error(Position position, VmConfig vm, String message) {
        errors.add(new ConfigError(position, "vm \"" + vm.name() + "\": " + message));
    }

    private void warning(Position position, VmConfig vm, String message) {
        warnings.add(position + ": vm \"" + vm.name() + "\": " + message);
    }
}
