package vmd.parent;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import vmd.conf.DiskConfig;
import vmd.conf.InterfaceConfig;
import vmd.conf.Position;
import vmd.conf.VmOptions;
import vmd.proto.ClientRequest;
import vmd.proto.DiskSpec;
import vmd.proto.NicSpec;
import vmd.proto.Outcome;

/** The description of a machine in a request, in the terms of vm.conf. */
final class NewMachine {
    private NewMachine() {}

    static VmOptions options(ClientRequest.Start start) throws Refusal {
        VmOptions options = new VmOptions(start.vm().name(), Position.REQUEST);
        options.memoryBytes = start.memoryBytes() == 0 ? null : (Long) start.memoryBytes();
        options.vcpus = start.vcpus() == 0 ? null : (Integer) start.vcpus();
        options.engine = start.engine();
        options.cpu = start.cpu();
        options.boot = path(start.kernelName());
        options.initrd = path(start.initrdName());
        options.cmdline = start.cmdline();
        options.cdrom = path(start.cdrom());
        options.bootDevice = start.bootDevice();
        for (DiskSpec disk : start.disks()) {
            Path path = path(disk.path());
            if (path != null) {
                options.disks.add(new DiskConfig(path, disk.format(), Position.REQUEST));
            }
        }
        for (NicSpec nic : start.nics()) {
            String name = nic.switchName().isEmpty() ? null : nic.switchName();
            options.interfaces.add(
                    new InterfaceConfig(nic.local(), null, name, null, false, null, null, true));
        }
        return options;
    }

    private static @Nullable Path path(@Nullable String name) throws Refusal {
        try {
            return name == null ? null : Path.of(name);
        } catch (InvalidPathException e) {
            throw new Refusal(Outcome.EINVAL, "a path cannot hold such a character");
        }
    }
}
