package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * OpenBSD's installer kernel from its first line to its shell, and the end. No package of Debian
 * has such a kernel: the environment variable OPENBSD_KERNEL names one (bsd.rd, for i386 or amd64,
 * packed or not).
 */
@Tag("guest")
class OpenBsdTest {
    private static final String KERNEL = System.getenv().getOrDefault("OPENBSD_KERNEL", "");

    @Test
    void installerGivesAShellAndHalts() throws Exception {
        assumeTrue(!KERNEL.isEmpty(), "OPENBSD_KERNEL does not name a kernel");
        assumeTrue(Files.exists(Path.of(KERNEL)), () -> KERNEL + " is missing");
        String block =
                """
                vm "puffy" {
                    memory 128M
                    boot "%s"
                    engine soft
                    disable
                }
                """;
        try (Suite suite = Suite.start(block.formatted(KERNEL))) {
            assertEquals(0, suite.vmctl("start", "puffy").status());
            try (Console console = suite.console("puffy")) {
                console.await("OpenBSD", Guests.BOOT_TIMEOUT_S);
                console.await("\\(S\\)hell", Guests.BOOT_TIMEOUT_S);
                console.type("S");
                console.await("# ", Guests.BOOT_TIMEOUT_S);
                console.type("sysctl hw.model");
                console.await("hw.model=", Guests.BOOT_TIMEOUT_S);
                console.type("halt");
                console.await("operating system has halted", Guests.BOOT_TIMEOUT_S);
            }
            assertEquals(0, suite.vmctl("stop", "-f", "-w", "puffy").status());
        }
    }
}
