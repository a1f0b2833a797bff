package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import vmm.cpu.isa.Row;

/**
 * Every form of every row against a real processor: digests of the states after 200 cases each,
 * recorded on an AMD EPYC (Zen 4) by running the same instructions on the same inputs. They cover
 * all rounding modes, DAZ, FTZ, masked and unmasked exceptions, NaNs, denormals and infinities.
 */
class VectorHostTest {
    private static final int CASES = 200;

    private final VectorMachine machine = new VectorMachine();

    @AfterEach
    void release() {
        machine.close();
    }

    @Test
    void everyFormDoesWhatTheHostDoes() throws IOException {
        Map<String, String> digests = digests();
        assertAll(
                VectorCases.rows().stream()
                        .flatMap(row ->
                                Stream.of(check(row, false, digests), check(row, true, digests))));
    }

    private Executable check(Row row, boolean memory, Map<String, String> digests) {
        return () -> {
            if (!VectorCases.has(row, memory)) {
                return;
            }
            String name = VectorCases.name(row, memory);
            long digest = 0;
            for (long[] state : VectorCases.cases(row, memory, CASES)) {
                machine.execute(state);
                assertEquals(row.op(), machine.insn.op, name);
                digest = VectorCases.digest(digest, state);
            }
            assertEquals(digests.get(name), String.format("%016x", digest), name);
        };
    }

    private static Map<String, String> digests() throws IOException {
        try (InputStream in = VectorHostTest.class.getResourceAsStream("/vector/host.txt")) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            Map<String, String> digests = new HashMap<>();
            text.lines().forEach(line -> digests.put(line.substring(17), line.substring(0, 16)));
            return digests;
        }
    }
}
