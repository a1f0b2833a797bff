package vmm.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import vmm.cpu.isa.AvxRows;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.SseCryptoRows;
import vmm.cpu.isa.Table;

/** What the host's processor has, by the kernel's names, and what a row needs. */
final class HostFeatures {
    private static final Set<String> FLAGS = flags();

    private HostFeatures() {}

    private static Set<String> flags() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line -> Set.of(line.substring(line.indexOf(':') + 2).split(" ")))
                    .orElse(Set.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean has(String feature) {
        return FLAGS.contains(feature);
    }

    /** The feature that the host lacks for {@code form}, or null. */
    static @Nullable String missing(Form form) {
        for (String feature : needed(form).split(" ")) {
            if (!feature.isEmpty() && !has(feature)) {
                return feature;
            }
        }
        return null;
    }

    private static String needed(Form form) {
        int family = form.op >> 6;
        return switch (family) {
            case Family.FMA -> "fma";
            case Family.AVX -> form.op >= AvxRows.VCVTPH2PS ? "f16c" : "avx2";
            case Family.SSE_CRYPTO -> crypto(form.op, false);
            case Family.VEX_CRYPTO -> "avx " + crypto(Family.withoutVex(form.op), form.vexL < 0);
            default -> {
                if (family >= Family.AVX) {
                    yield form.vexL == 0 ? "avx" : "avx2";
                }
                yield (form.map & Table.VEX) != 0 ? "bmi1 bmi2" : "";
            }
        };
    }

    private static String crypto(int op, boolean wide) {
        if (op >= SseCryptoRows.SHA1RNDS4) {
            return "sha_ni";
        }
        boolean multiply = op == SseCryptoRows.PCLMULQDQ;
        String vector = multiply ? "vpclmulqdq" : "vaes";
        return (multiply ? "pclmulqdq" : "aes") + (wide ? " " + vector : "");
    }
}
