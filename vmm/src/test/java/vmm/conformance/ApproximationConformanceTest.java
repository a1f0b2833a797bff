package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmm.cpu.fpu.Approximations;

/** RCPPS and RSQRTPS against the manual's bound, and against a host that has the same tables. */
class ApproximationConformanceTest {
    private static final int LANES = 4;
    private static final int RSQRTPS = 0x52, RCPPS = 0x53;
    private static final double BOUND = 1.5 / 4096;

    /**
     * Every value of the twelve bits that count, beginning and end, in two octaves; and the rest.
     */
    private static List<Integer> numbers() {
        List<Integer> numbers = new ArrayList<>();
        for (int k = 0; k < 2 * 4096; k++) {
            numbers.add(0x3f800000 + (k << 11));
            numbers.add(0x3f800000 + (k << 11) + 0x7ff);
        }
        for (int k = 0; k < 512; k++) {
            for (int fraction : new int[] {0, 1, 0x123456, 0x400000, 0x7fffff}) {
                numbers.add(k << 23 | fraction);
            }
        }
        return numbers;
    }

    @Test
    void errorIsWithinTheManualsBound() {
        for (int x : numbers()) {
            float value = Float.intBitsToFloat(x);
            if (x >= 0x00800000 && x < 0x7e800000) {
                double r = Float.intBitsToFloat(Approximations.reciprocal(x));
                boolean none = r == 0 && 1.0 / value < Float.MIN_NORMAL * (1 + BOUND);
                assertTrue(none || Math.abs(r * value - 1) <= BOUND, () -> "1/" + value);
            }
            if (x >= 0x00800000 && x < 0x7f800000) {
                double r = Float.intBitsToFloat(Approximations.reciprocalRoot(x));
                assertTrue(Math.abs(r * Math.sqrt(value) - 1) <= BOUND, () -> "root of " + value);
            }
        }
    }

    @Test
    void valuesAreThoseOfFamily19h() throws IOException {
        assumeTrue(ofFamily19h(), "the host is not of the family whose tables these are");
        List<Integer> numbers = numbers();
        try (HostProcess host = new HostProcess()) {
            int step = LANES * HostProcess.SLOTS;
            for (int first = 0; first < numbers.size(); first += step) {
                List<Integer> some = numbers.subList(first, Math.min(first + step, numbers.size()));
                check(host, RCPPS, some);
                check(host, RSQRTPS, some);
            }
        }
    }

    private static boolean ofFamily19h() throws IOException {
        List<String> words = Files.readAllLines(Path.of("/proc/cpuinfo"));
        return words.stream().anyMatch(w -> w.matches("vendor_id\\s*: AuthenticAMD"))
                && words.stream().anyMatch(w -> w.matches("cpu family\\s*: 25"));
    }

    /** Runs one instruction for each four numbers, and compares them with ours. */
    private static void check(HostProcess host, int opcode, List<Integer> numbers)
            throws IOException {
        int slots = (numbers.size() + LANES - 1) / LANES;
        for (int k = 0; k < slots; k++) {
            prepare(host.slot(k), opcode);
        }
        for (int k = 0; k < numbers.size(); k++) {
            host.slot(k / LANES)
                    .memory()
                    .set(ValueLayout.JAVA_INT, at(Slot.IN_FX, k), numbers.get(k));
        }
        host.run(slots);
        for (int k = 0; k < numbers.size(); k++) {
            int x = numbers.get(k);
            int ours =
                    opcode == RCPPS
                            ? Approximations.reciprocal(x)
                            : Approximations.reciprocalRoot(x);
            int hosts = host.slot(k / LANES).memory().get(ValueLayout.JAVA_INT, at(Slot.OUT_FX, k));
            assertEquals(
                    Integer.toHexString(hosts),
                    Integer.toHexString(ours),
                    () -> Integer.toHexString(opcode) + " of " + Integer.toHexString(x));
        }
    }

    /** Lane of number {@code k} in XMM0. */
    private static long at(int image, int k) {
        return image + 160 + 4L * (k % LANES);
    }

    private static void prepare(Slot slot, int opcode) {
        slot.memory().fill((byte) 0);
        slot.memory().asSlice(Slot.CODE, Slot.CODE_BYTES).fill((byte) 0xcc);
        byte[] code = {0x0f, (byte) opcode, (byte) 0xc0}; // on XMM0
        for (int k = 0; k < code.length; k++) {
            slot.memory().set(ValueLayout.JAVA_BYTE, Slot.START + k, code[k]);
        }
        slot.rip(slot.startLinear());
        slot.longMode(true);
        slot.flags(0x202);
        slot.memory().set(ValueLayout.JAVA_SHORT, Slot.IN_FX, (short) 0x37f);
        slot.memory().set(ValueLayout.JAVA_INT, Slot.IN_FX + 24, 0x1f80);
    }
}
