package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmm.cpu.GuestFault;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.Table;

/**
 * A sample of the cases of {@link ProcessorConformanceTest} against what a real processor did with
 * them, for hosts that lack some instructions or are no x86 at all: digests of everything that is
 * compared, 24 bits for each case, recorded on an AMD EPYC (Zen 4). Whoever changes what the
 * generator makes of a seed records anew, with {@code -Dconformance.record=FILE}.
 */
class RecordedConformanceTest {
    private static final String RESOURCE = "/conformance/recorded.txt";
    private static final @Nullable String RECORD = System.getProperty("conformance.record");
    private static final int CASES = 16, DIGEST_BYTES = 3;

    private final Table table = Table.standard();

    @Test
    void everyRecordedRowDoesWhatTheRealProcessorDid() throws IOException {
        Map<String, Form> forms = forms();
        if (RECORD != null) {
            record(forms, Path.of(RECORD));
        }
        List<String> failures = new ArrayList<>();
        int checked = 0;
        try (Arena arena = Arena.ofConfined();
                EmulatedProcess emulated = new EmulatedProcess()) {
            MemorySegment shared = arena.allocate(HostProcess.SHARED_BYTES, 4096);
            Slot slot = new Slot(shared, 0);
            CaseGenerator generator = new CaseGenerator(table, slot);
            for (String line : lines()) {
                String name = line.substring(0, line.indexOf('|'));
                Form form = forms.get(name);
                if (form == null) {
                    continue; // a row that has been changed since
                }
                checked++;
                byte[] digests = Base64.getDecoder().decode(line.substring(name.length() + 1));
                for (int k = 0; k < digests.length / DIGEST_BYTES; k++) {
                    Case made = make(generator, form, name, k, slot, shared);
                    emulated.takeOver(shared, 1);
                    GuestFault fault = emulated.run(0);
                    int digest = Outcome.of(form, emulated.cpu(), fault, emulated.slot(0)).digest();
                    if (digest != digest(digests, k)) {
                        failures.add(name + " case " + k + " [" + made.hex() + "]");
                    }
                }
            }
        }
        assertEquals(List.of(), failures);
        assertTrue(checked > 1100, checked + " rows");
    }

    private static List<String> lines() throws IOException {
        if (RECORD != null) {
            return Files.readAllLines(Path.of(RECORD));
        }
        try (InputStream in = RecordedConformanceTest.class.getResourceAsStream(RESOURCE)) {
            byte[] bytes = Objects.requireNonNull(in).readAllBytes();
            return new String(bytes, StandardCharsets.US_ASCII).lines().toList();
        }
    }

    private Map<String, Form> forms() {
        Map<String, Form> forms = new LinkedHashMap<>();
        for (int map = 0; map < 2 * Table.VEX; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                for (Form form : table.candidates(map, opcode)) {
                    if ((form.facts & (Facts.NOT_TESTABLE | Facts.NOT_64 | Facts.LAST_PLACE))
                            == 0) {
                        forms.put(form.row.encoding() + " " + form.row.operands(), form);
                    }
                }
            }
        }
        return forms;
    }

    private static int digest(byte[] digests, int k) {
        int at = DIGEST_BYTES * k;
        return (digests[at] & 0xff) << 16 | (digests[at + 1] & 0xff) << 8 | digests[at + 2] & 0xff;
    }

    /** Case {@code k} of a row in the first slot; the same whenever and wherever it is made. */
    private static Case make(
            CaseGenerator generator,
            Form form,
            String name,
            int k,
            Slot slot,
            MemorySegment shared) {
        byte[] edge = new byte[Slot.EDGE_BYTES];
        new Random(k).nextBytes(edge);
        MemorySegment.copy(
                MemorySegment.ofArray(edge),
                0,
                shared,
                Slot.EDGE_LINEAR - Slot.SHARED_LINEAR,
                edge.length);
        Case made = generator.generate(form, name.hashCode() * 1_000_003L + k, slot);
        if (made == null) {
            throw new AssertionError("no case for " + name);
        }
        return made;
    }

    private void record(Map<String, Form> forms, Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        try (HostProcess host = new HostProcess()) {
            CaseGenerator generator = new CaseGenerator(table, host.slot(0));
            for (Map.Entry<String, Form> row : forms.entrySet()) {
                if (HostFeatures.missing(row.getValue()) != null) {
                    continue;
                }
                byte[] digests = new byte[DIGEST_BYTES * CASES];
                for (int k = 0; k < CASES; k++) {
                    Form form = row.getValue();
                    make(generator, form, row.getKey(), k, host.slot(0), host.shared());
                    host.run(1);
                    int digest = Outcome.ofHost(form, host.slot(0)).digest();
                    digests[DIGEST_BYTES * k] = (byte) (digest >> 16);
                    digests[DIGEST_BYTES * k + 1] = (byte) (digest >> 8);
                    digests[DIGEST_BYTES * k + 2] = (byte) digest;
                }
                text.append(row.getKey()).append('|');
                text.append(Base64.getEncoder().encodeToString(digests)).append('\n');
            }
        }
        Files.writeString(file, text);
    }
}
