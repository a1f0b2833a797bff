package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmm.cpu.GuestFault;
import vmm.cpu.exec.SystemCases;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.Row;
import vmm.cpu.isa.Table;

/**
 * Every row of the opcode tables that user-mode code can execute, in random forms, on the host's
 * processor and on ours. Repeat a failure with {@code -Dconformance.seed=S -Dconformance.row=TEXT}
 * as its message says; {@code -Dconformance.cases=N} sets how many cases a row gets.
 */
class ProcessorConformanceTest {
    private static final long SEED = Long.getLong("conformance.seed", 1);
    private static final int CASES = Integer.getInteger("conformance.cases", 40);
    private static final @Nullable String ONLY = System.getProperty("conformance.row");
    private static final int FAILURES_SHOWN = 40;

    private final Table table = Table.standard();
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Integer> failedRows = new TreeMap<>();
    private final List<String> absent = new ArrayList<>();
    private final List<String> lacking = new ArrayList<>();
    private long cases;

    @Test
    void everyRowDoesWhatTheHostDoes() throws IOException {
        Set<Form> forms = forms();
        int proven = 0;
        try (HostProcess host = new HostProcess();
                EmulatedProcess emulated = new EmulatedProcess()) {
            CaseGenerator generator = new CaseGenerator(table, host.slot(0));
            for (Form form : forms) {
                if (form.is(Facts.NOT_TESTABLE) || form.is(Facts.NOT_64)) {
                    continue;
                }
                String missing = HostFeatures.missing(form);
                if (missing != null) {
                    lacking.add(form.row + ": the host has no " + missing);
                } else if (row(form, host, emulated, generator)) {
                    proven++;
                }
            }
        }
        List<String> without = withoutCase(forms);
        report(forms.size(), proven, without);
        assertTrue(proven > 0, "no row was proven");
        assertEquals(List.of(), without, "rows without any case");
        assertEquals(
                Map.of(),
                failedRows,
                () -> cases + " cases; first failures:\n" + String.join("\n", failures));
    }

    /** Rows that neither run on the host nor have a case of their own in {@link SystemCases}. */
    private List<String> withoutCase(Set<Form> forms) throws IOException {
        Set<Row> written = SystemCases.rows();
        List<String> without = new ArrayList<>();
        for (Form form : forms) {
            boolean host = !form.is(Facts.NOT_TESTABLE) && !form.is(Facts.NOT_64);
            boolean none = absent.contains(form.row.toString());
            if ((!host || none) && !written.contains(form.row)) {
                without.add(form.row.encoding() + " (" + form.row.operands() + ")");
            }
        }
        return without;
    }

    private Set<Form> forms() {
        Set<Form> forms = new LinkedHashSet<>();
        for (int map = 0; map < 2 * Table.VEX; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                for (Form form : table.candidates(map, opcode)) {
                    if (ONLY == null || form.row.toString().contains(ONLY)) {
                        forms.add(form);
                    }
                }
            }
        }
        return forms;
    }

    /** Whether the row had cases and none failed. */
    private boolean row(
            Form form, HostProcess host, EmulatedProcess emulated, CaseGenerator generator)
            throws IOException {
        int failedBefore = failedRows.size();
        int made = 0;
        for (int first = 0; first < CASES; first += HostProcess.SLOTS) {
            List<Case> batch = new ArrayList<>();
            for (int k = first; k < Math.min(first + HostProcess.SLOTS, CASES); k++) {
                long seed = (SEED * 1_000_003 + form.row.hashCode()) * 1_000_003 + k;
                Case next = generator.generate(form, seed, host.slot(batch.size()));
                if (next != null) {
                    batch.add(next);
                }
            }
            run(batch, host, emulated);
            made += batch.size();
        }
        cases += made;
        if (made == 0) {
            absent.add(form.row.toString());
        }
        return made > 0 && failedRows.size() == failedBefore;
    }

    private void run(List<Case> batch, HostProcess host, EmulatedProcess emulated)
            throws IOException {
        emulated.takeOver(host.shared());
        try {
            host.run(batch.size());
        } catch (IOException e) {
            List<String> codes = batch.stream().map(Case::hex).toList();
            throw new IOException(e.getMessage() + " with one of " + codes, e);
        }
        for (int k = 0; k < batch.size(); k++) {
            Case made = batch.get(k);
            List<String> differences;
            try {
                GuestFault fault = emulated.run(k);
                differences =
                        Comparison.differences(
                                made, host.slot(k), emulated.cpu(), fault, emulated.slot(k));
            } catch (RuntimeException | AssertionError e) {
                differences =
                        List.of(
                                "threw "
                                        + e
                                        + " at "
                                        + (e.getStackTrace().length > 0
                                                ? e.getStackTrace()[0]
                                                : ""));
            }
            if (!differences.isEmpty()) {
                failed(made, differences);
            }
        }
    }

    private void failed(Case made, List<String> differences) {
        String row = made.form.row.encoding() + " (" + made.form.row.operands() + ")";
        if (failedRows.merge(row, 1, Integer::sum) <= 2 && failures.size() < FAILURES_SHOWN) {
            failures.add(
                    row
                            + " ["
                            + made.hex()
                            + "] "
                            + String.join("; ", differences)
                            + "  (make conformance SEED="
                            + SEED
                            + ")");
        }
    }

    private void report(int rows, int proven, List<String> without) throws IOException {
        StringBuilder text = new StringBuilder();
        text.append("rows ").append(rows).append(", proven against the host ").append(proven);
        text.append(", by written cases ").append(SystemCases.rows().size());
        text.append(", without any case ").append(without.size());
        text.append(", not in the host ").append(lacking.size());
        text.append(", cases ")
                .append(cases)
                .append(", rows with a failure ")
                .append(failedRows.size())
                .append('\n');
        lacking.forEach(row -> text.append(row).append('\n'));
        for (String row : without) {
            text.append("no case: ").append(row).append('\n');
        }
        for (Map.Entry<String, Integer> row : failedRows.entrySet()) {
            text.append("failed ")
                    .append(row.getValue())
                    .append(" of ")
                    .append(CASES)
                    .append(": ")
                    .append(row.getKey())
                    .append('\n');
        }
        for (String failure : failures) {
            text.append(failure).append('\n');
        }
        Files.createDirectories(Path.of("target"));
        Files.writeString(Path.of("target/conformance.txt"), text);
        System.out.println(text.substring(0, text.indexOf("\n")));
    }
}
