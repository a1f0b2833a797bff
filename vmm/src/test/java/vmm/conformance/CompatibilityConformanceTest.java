package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.Table;

/**
 * As {@link ProcessorConformanceTest}, in 32-bit code: the host enters compatibility mode with the
 * return from the signal. So rows that 64-bit mode does not have are proven as well, and VEX
 * prefixes where LDS and LES are.
 */
class CompatibilityConformanceTest {
    private static final long SEED = Long.getLong("conformance.seed", 1);
    private static final int CASES = Integer.getInteger("conformance.cases", 20);
    private static final int TRAP_END = 3;

    private final Table table = Table.standard();
    private final List<String> failures = new ArrayList<>();

    @Test
    void everyRowDoesWhatTheHostDoesIn32BitCode() throws IOException {
        int rows = 0;
        int cases = 0;
        try (HostProcess host = new HostProcess();
                EmulatedProcess emulated = new EmulatedProcess()) {
            assumeTrue(entersCompatibilityMode(host), "the host's kernel has no 32-bit code");
            CaseGenerator generator = new CaseGenerator(table, host.slot(0), 4);
            for (Form form : forms()) {
                int made = row(form, host, emulated, generator);
                cases += made;
                rows += made > 0 ? 1 : 0;
            }
        }
        System.out.println("32-bit code: rows " + rows + ", cases " + cases);
        assertTrue(rows > 1000, rows + " rows");
        assertEquals(List.of(), failures);
    }

    private static boolean entersCompatibilityMode(HostProcess host) throws IOException {
        Slot slot = host.slot(0);
        slot.memory().fill((byte) 0);
        slot.memory().asSlice(Slot.CODE, Slot.CODE_BYTES).fill((byte) 0xcc);
        slot.memory().set(ValueLayout.JAVA_BYTE, Slot.START, (byte) 0x48); // dec eax, not REX
        slot.rip(slot.startLinear());
        slot.flags(0x202);
        slot.longMode(false);
        slot.memory().set(ValueLayout.JAVA_SHORT, Slot.IN_FX, (short) 0x37f);
        slot.memory().set(ValueLayout.JAVA_INT, Slot.IN_FX + 24, 0x1f80);
        slot.gpr(Cpu.RAX, 7);
        slot.gpr(Cpu.RSP, slot.dataLinear() + 1024);
        host.run(1);
        return slot.after(Slot.FRAME_TRAP) == TRAP_END && slot.gprAfter(Cpu.RAX) == 6;
    }

    private Set<Form> forms() {
        Set<Form> forms = new LinkedHashSet<>();
        for (int map = 0; map < 2 * Table.VEX; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                for (Form form : table.candidates(map, opcode)) {
                    if (isTestable(form)) {
                        forms.add(form);
                    }
                }
            }
        }
        return forms;
    }

    private static boolean isTestable(Form form) {
        boolean wide = form.w == 1 && (form.general || (form.map & Table.VEX) == 0);
        int family = form.op >> 6;
        return !wide
                && !form.is(Facts.NOT_TESTABLE)
                && !form.is(Facts.ONLY_64)
                && family != Family.SEGMENT
                && family != Family.SYSTEM
                && HostFeatures.missing(form) == null;
    }

    private int row(Form form, HostProcess host, EmulatedProcess emulated, CaseGenerator generator)
            throws IOException {
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
            emulated.takeOver(host.shared());
            host.run(batch.size());
            for (int k = 0; k < batch.size(); k++) {
                compare(batch.get(k), host.slot(k), emulated, k);
            }
            made += batch.size();
        }
        return made;
    }

    private void compare(Case made, Slot slot, EmulatedProcess emulated, int k) {
        GuestFault fault = emulated.run(k);
        List<String> differences =
                Comparison.differences(made, slot, emulated.cpu(), fault, emulated.slot(k));
        if (!differences.isEmpty() && failures.size() < 40) {
            failures.add(
                    made.form.row.encoding()
                            + " ("
                            + made.form.row.operands()
                            + ") ["
                            + made.hex()
                            + "] "
                            + String.join("; ", differences));
        }
    }
}
