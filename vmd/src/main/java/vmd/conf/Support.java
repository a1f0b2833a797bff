package vmd.conf;

import org.jspecify.annotations.Nullable;
import vmd.proto.BootDevice;
import vmd.proto.DiskFormat;

/** What a configuration may say although no machine can be started with it yet. */
public final class Support {
    private Support() {}

    /** The first thing that a machine needs and cannot have, in the words of vm.conf, or null. */
    private static @Nullable String missing(VmConfig vm) {
        if (vm.sev() != Sev.OFF) {
            return vm.sev() == Sev.SEV ? "sev" : "seves";
        }
        if (vm.vcpus() > VmLimits.MAX_VCPUS) {
            return "vcpus " + vm.vcpus();
        }
        if (vm.bootDevice() != BootDevice.AUTO) {
            return "boot device";
        }
        if (vm.cdrom() != null) {
            return "cdrom";
        }
        if (vm.disks().stream().anyMatch(disk -> disk.format() == DiskFormat.QCOW2)) {
            return "disk format qcow2";
        }
        if (!vm.interfaces().isEmpty()) {
            boolean local = vm.interfaces().stream().anyMatch(InterfaceConfig::local);
            return local ? "local interface" : "interface";
        }
        return null;
    }

    /** Why the machine cannot be started although nothing is wrong with it, or null. */
    public static @Nullable String refusal(VmConfig vm) {
        String what = missing(vm);
        return what == null ? null : what + " is not supported yet";
    }
}
