package vmd.proto;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which processor a machine has on engine {@code soft}: what its guest may find in CPUID. */
public enum CpuModel {
    I686,
    V1,
    V2,
    V3;

    /** The word of vm.conf and of {@code vmctl start -C}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The model that a word names, or null. */
    public static @Nullable CpuModel of(String word) {
        for (CpuModel model : values()) {
            if (model.word().equals(word)) {
                return model;
            }
        }
        return null;
    }
}
