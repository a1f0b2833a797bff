package vmd.proto;

import java.util.Locale;

/** Which vmm device runs a machine's processors. */
public enum EngineChoice {
    AUTO,
    KVM,
    SOFT;

    /** The word of vm.conf and of {@code vmctl start -e}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
