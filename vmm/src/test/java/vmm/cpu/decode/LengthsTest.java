package vmm.cpu.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vmm.cpu.Insn;
import vmm.cpu.isa.Row;
import vmm.cpu.isa.Table;

/** Lengths and validity as an independent disassembler has them, and the differences in between. */
class LengthsTest {
    /**
     * Instructions of features that CPUID does not announce: VMX and SVM, SGX, TDX, TSX, CET, user
     * interrupts, key locker, WAITPKG, MONITOR, MPK's relatives, PTWRITE, PCONFIG, SSE4A; and 0F 0D
     * with a register, a reserved NOP that the processors of AMD do not have.
     */
    private static final Set<String> NOT_ANNOUNCED =
            Set.of(
                    "vmclear",
                    "vmptrst",
                    "vmptrld",
                    "vmxon",
                    "vmxoff",
                    "vmlaunch",
                    "vmresume",
                    "vmcall",
                    "vmfunc",
                    "vmsave",
                    "vmload",
                    "vmrun",
                    "vmmcall",
                    "skinit",
                    "stgi",
                    "clgi",
                    "invlpga",
                    "invlpgb",
                    "tlbsync",
                    "encls",
                    "enclv",
                    "enclu",
                    "tdcall",
                    "seamcall",
                    "seamret",
                    "seamops",
                    "xbegin",
                    "xend",
                    "xtest",
                    "xabort",
                    "clrssbsy",
                    "setssbsy",
                    "incsspd",
                    "incsspq",
                    "rstorssp",
                    "saveprevssp",
                    "wrussd",
                    "wrussq",
                    "wrssd",
                    "wrssq",
                    "clui",
                    "stui",
                    "testui",
                    "uiret",
                    "senduipi",
                    "aesdec128kl",
                    "aesdec256kl",
                    "aesenc128kl",
                    "aesenc256kl",
                    "aesencwide128kl",
                    "aesencwide256kl",
                    "aesdecwide128kl",
                    "aesdecwide256kl",
                    "loadiwkey",
                    "encodekey128",
                    "encodekey256",
                    "tpause",
                    "umonitor",
                    "umwait",
                    "monitor",
                    "mwait",
                    "monitorx",
                    "mwaitx",
                    "rdpru",
                    "clzero",
                    "ptwrite",
                    "pconfig",
                    "movntss",
                    "movntsd",
                    "extrq",
                    "insertq",
                    "rsm",
                    "nop");

    /**
     * Rows that match bytes which are no instruction, because they are found to be undefined only
     * when they are executed: UD itself, control registers and segment registers that do not exist,
     * gathers with one register for two things. And the NOPs that are bound checks where MPX is.
     */
    private static final Set<String> LATER =
            Set.of("F3 0F 38 F0", "F3 0F 38 F1", "0F 20", "0F 22", "8E", "0F 1A", "0F 1B");

    private final Decoder decoder = new Decoder(Table.standard());
    private final Set<Row> seen = new HashSet<>();

    private static List<String> lines() throws IOException {
        try (InputStream in = LengthsTest.class.getResourceAsStream("/decoder/lengths.txt")) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }

    private static boolean later(String encoding) {
        return LATER.contains(encoding.toUpperCase(java.util.Locale.ROOT))
                || encoding.matches("VEX 66 W. 0F 38 9[0-3]");
    }

    /** What is wrong with our view of a line, or an empty text. */
    private String difference(int codeSize, byte[] bytes, String expected) {
        Insn insn = new Insn();
        int result =
                decoder.decode(k -> k < bytes.length ? bytes[k] & 0xff : 0, codeSize, true, insn);
        boolean whole = !expected.equals("bad") && !expected.equals("long");
        if (result == Decoder.OK) {
            Row row = decoder.form().row;
            seen.add(row);
            if (!whole) {
                return later(row.encoding()) ? "" : "is " + row.encoding();
            }
            return insn.length == bytes.length ? "" : "has length " + insn.length;
        }
        if (whole) {
            return NOT_ANNOUNCED.contains(expected) ? "" : "is undefined";
        }
        return expected.equals("long") && result != Decoder.TOO_LONG ? "is not too long" : "";
    }

    @Test
    void agreesWithTheDisassembler() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (String line : lines()) {
            String[] parts = line.split(" ");
            byte[] bytes = HexFormat.of().parseHex(parts[1]);
            String found = difference(Integer.parseInt(parts[0]) / 8, bytes, parts[2]);
            if (!found.isEmpty()) {
                wrong.add(line + ": " + found);
            }
        }
        assertEquals("", String.join("\n", wrong));
        assertTrue(
                seen.size() >= Table.standard().rows().size() * 99 / 100, "rows: " + seen.size());
    }
}
