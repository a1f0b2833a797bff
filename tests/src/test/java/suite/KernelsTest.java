package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every kernel of Debian for PCs, whatever it tests while it boots: each to its shell, through the
 * self-check and to its end. `make kernels` runs this; it takes minutes.
 */
@Tag("kernels")
class KernelsTest {
    private static final long TIMEOUT_S = 900;

    @ParameterizedTest
    @CsvSource({
        "6.1, v1",
        "6.1, v2",
        "6.1-amd64, v3",
        "6.12-amd64, v3",
        "6.12-amd64, v1",
        "6.1-686, i686",
        "6.1-686, v3",
        "6.1-686-pae, i686",
        "6.1-686-pae, v3"
    })
    void kernelBootsToAShell(String kernel, String level) throws Exception {
        try (Suite suite = Suite.start(Guests.block("guest", kernel, "cpu " + level))) {
            assertEquals(0, suite.vmctl("start", "guest").status());
            try (Console console = suite.console("guest")) {
                console.await(Guests.PROMPT, TIMEOUT_S);
                assertTrue(console.run("selfcheck", TIMEOUT_S).contains("SELFCHECK 0 failed"));
                assertEquals(List.of(), KernelLog.complaints(console.run("dmesg", 60)));
                console.type("poweroff");
                assertEquals(0, console.awaitEnd(TIMEOUT_S));
            }
        }
    }
}
