package vmm.machine;

import vmm.cpu.SoftEngine;
import vmm.engine.Engine;

/** The vmm devices by their names in vm.conf. */
public final class Engines {
    private Engines() {}

    /**
     * Opens the engine called {@code name}: {@code soft}, or {@code auto} for the best there is.
     */
    public static Engine open(String name) {
        return switch (name) {
            case "auto", "soft" -> new SoftEngine();
            default -> throw new IllegalArgumentException("no engine named " + name);
        };
    }
}
