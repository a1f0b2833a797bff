package vmm.machine;

import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmm.cpu.SoftEngine;
import vmm.cpu.isa.CpuLevel;
import vmm.engine.Engine;
import vmm.kvm.KvmEngine;
import vmm.openbsd.OpenBsdEngine;

/** The vmm devices by their names in vm.conf. */
public final class Engines {
    private Engines() {}

    /**
     * Opens the engine called {@code name}: {@code soft}, or {@code kvm}, which is the vmm device
     * of the host's kernel, over the open {@code device}, which stays the caller's. Which of them
     * it is to be is decided already. {@code cpu} names the {@link CpuLevel} of {@code soft}.
     */
    public static Engine open(String name, String cpu, @Nullable Fd device) {
        return switch (name) {
            case "soft" -> new SoftEngine(CpuLevel.of(cpu));
            case "kvm" -> {
                if (device == null) {
                    throw new IllegalArgumentException("kvm without its device");
                }
                yield onOpenBsd() ? new OpenBsdEngine(device, "vmd") : new KvmEngine(device);
            }
            default -> throw new IllegalArgumentException("no engine named " + name);
        };
    }

    /** Whether the vmm device of the host's kernel is OpenBSD's. */
    public static boolean onOpenBsd() {
        return System.getProperty("os.name").equals("OpenBSD");
    }
}
