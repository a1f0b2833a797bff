package vmm.cpu.decode;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.AvxRows;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.IntegerRows;
import vmm.cpu.isa.SseRows;
import vmm.cpu.isa.Table;

/** Decodes the lines of a corpus; each says bytes and what must come out. */
class DecoderTest {
    private static final String[] SEGMENTS = {"ES", "CS", "SS", "DS", "FS", "GS"};
    private final Decoder decoder = new Decoder(Table.standard());
    private final Map<String, Integer> operations = operations();

    /** Those of SSE, with V before their names, are the operations under VEX. */
    private static Map<String, Integer> operations() {
        Map<String, Integer> all = new HashMap<>();
        add(all, IntegerRows.class, "", 0);
        add(all, AvxRows.class, "", 0);
        add(all, SseRows.class, "V", Family.VEX_MOVE - Family.SSE_MOVE << 6);
        return all;
    }

    private static void add(Map<String, Integer> all, Class<?> rows, String prefix, int offset) {
        for (Field field : rows.getFields()) {
            try {
                if (Modifier.isStatic(field.getModifiers())) {
                    all.put(prefix + field.getName(), (int) field.get(null) + offset);
                }
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"integer", "vex"})
    void corpusDecodesAsItSays(String name) throws IOException {
        try (InputStream in = DecoderTest.class.getResourceAsStream("/decoder/" + name + ".txt")) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            List<String> lines =
                    text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
            assertTrue(lines.size() > 30);
            assertAll(lines.stream().map(line -> (Executable) () -> check(line)));
        }
    }

    private void check(String line) {
        int bar = line.indexOf('|');
        String[] left = line.substring(0, bar).trim().split(" ", 2);
        int codeSize = Integer.parseInt(left[0]) / 8;
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(left[1].trim());
        String[] want = line.substring(bar + 1).trim().split(" ");
        Insn i = new Insn();
        int result = decoder.decode(p -> bytes[p] & 0xff, codeSize, codeSize != 2, i);
        switch (want[0]) {
            case "undefined" -> assertEquals(Decoder.UNDEFINED, result, line);
            case "long" -> assertEquals(Decoder.TOO_LONG, result, line);
            default -> {
                assertEquals(Decoder.OK, result, line);
                String[] name = want[0].split("\\+");
                int offset = name.length > 1 ? Integer.parseInt(name[1]) : 0;
                assertEquals(operations.getOrDefault(name[0], -1) + offset, i.op, line);
                assertEquals(bytes.length, i.length, line);
                fields(want, i, line, codeSize);
            }
        }
    }

    private static void fields(String[] want, Insn i, String line, int codeSize) {
        int addressSize = codeSize;
        String memory = "";
        String repeat = "";
        boolean lock = false;
        for (int k = 1; k < want.length; k++) {
            String value = want[k].substring(1);
            switch (want[k].charAt(0)) {
                case 's' -> {
                    if (value.startsWith("eg")) {
                        assertEquals(value.substring(2), SEGMENTS[i.segment], line);
                    } else {
                        assertEquals(Integer.parseInt(value), i.size, line);
                    }
                }
                case 'g' -> assertEquals(Integer.parseInt(value), i.reg, line);
                case 'v' -> assertEquals(Integer.parseInt(value), i.vvvv, line);
                case 'i' -> assertEquals(Long.parseLong(value, 16), i.immediate, line);
                case 'j' -> assertEquals(Integer.parseInt(value, 16), i.immediate2, line);
                case 'a' -> addressSize = Integer.parseInt(value);
                case 'm' -> memory = value;
                case 'l' -> lock = true;
                case 'r' -> {
                    if (value.startsWith("ep")) {
                        repeat = value.substring(2);
                    } else {
                        assertEquals(Integer.parseInt(value), i.rm, line);
                    }
                }
                default -> throw new AssertionError(line);
            }
        }
        assertEquals(memory, memory(i), line);
        assertEquals(lock, i.lock, line);
        assertEquals(repeat, i.repeat == 0 ? "" : Integer.toHexString(i.repeat), line);
        if (i.memory) {
            assertEquals(addressSize, i.addressSize, line);
        }
    }

    private static String memory(Insn i) {
        if (!i.memory) {
            return "";
        }
        StringBuilder text = new StringBuilder(SEGMENTS[i.segment]).append(':');
        int start = text.length();
        if (i.ripRelative) {
            text.append("rip");
        }
        if (i.base != Cpu.NO_REGISTER) {
            text.append(i.base);
        }
        if (i.index != Cpu.NO_REGISTER) {
            text.append('+').append(i.index).append('*').append(1 << i.scale);
        }
        boolean alone = text.length() == start;
        if (alone || i.ripRelative || i.displacement != 0) {
            String sign = i.displacement < 0 ? "-" : alone ? "" : "+";
            text.append(sign).append(Long.toHexString(Math.abs(i.displacement)));
        }
        return text.toString();
    }

    @Test
    void everyRowParsesAndIsFound() {
        Table table = Table.standard();
        assertTrue(table.rows().size() > 200);
    }

    @Test
    void pageFaultOnlyForBytesThatAreNeeded() {
        byte[] bytes = {(byte) 0x90};
        Insn i = new Insn();
        assertEquals(Decoder.OK, decoder.decode(p -> bytes[p] & 0xff, 8, true, i));
        assertEquals(1, i.length);
    }
}
