package vmm.cpu.exec;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.Insn;
import vmm.cpu.decode.Decoder;
import vmm.cpu.isa.Row;
import vmm.cpu.isa.Table;

/**
 * The cases of {@code system/cases.txt}: instructions that no user-mode program on the host can
 * prove, each with a state before it and what must be true after it. The file explains its
 * notation.
 */
public final class SystemCases {
    private static final Pattern TOKEN =
            Pattern.compile("([a-z][a-z0-9.]*)(\\[([0-9a-f]+)\\])?([-=+])(.+)");
    private static final Pattern FAULT = Pattern.compile("#([A-Z]+)(\\(([0-9a-f]+)\\))?");

    private static final List<String> REGISTERS =
            List.of("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10");
    private static final List<String> SEGMENTS =
            List.of("es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr");
    private static final List<String> VECTORS =
            List.of(
                    "DE", "DB", "NMI", "BP", "OF", "BR", "UD", "NM", "DF", "", "TS", "NP", "SS",
                    "GP", "PF");

    private SystemCases() {}

    /** One line. */
    record Line(int number, String mode, List<String> before, String code, List<String> after) {}

    static List<Line> lines() throws IOException {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(
                                Objects.requireNonNull(
                                        SystemCases.class.getResourceAsStream("/system/cases.txt")),
                                StandardCharsets.UTF_8))) {
            int number = 0;
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                number++;
                if (!text.isBlank() && !text.startsWith("#")) {
                    lines.add(line(number, text));
                }
            }
        }
        return lines;
    }

    private static Line line(int number, String text) {
        String[] parts = text.split(";");
        List<String> before = List.of(parts[0].trim().split(" +"));
        return new Line(
                number,
                before.getFirst(),
                before.subList(1, before.size()),
                parts[1].trim(),
                List.of(parts[2].trim().split(" +")));
    }

    /** The rows that have a case. */
    public static Set<Row> rows() throws IOException {
        Set<Row> rows = new LinkedHashSet<>();
        Decoder decoder = new Decoder(Table.standard());
        for (Line line : lines()) {
            byte[] bytes = bytes(line.code());
            int size = codeSize(line.mode());
            boolean vex = !line.mode().startsWith("real") && !line.mode().startsWith("v86");
            if (decoder.decode(at(bytes), size, vex, new Insn()) == Decoder.OK) {
                rows.add(decoder.form().row);
            }
        }
        return rows;
    }

    private static byte[] bytes(String code) {
        return HexFormat.ofDelimiter(" ").parseHex(code);
    }

    private static vmm.cpu.decode.Fetch at(byte[] bytes) {
        return k -> k < bytes.length ? bytes[k] & 0xff : 0;
    }

    private static int codeSize(String mode) {
        return switch (mode.charAt(0)) {
            case 'l' -> 8;
            case 'r', 'v' -> 2;
            default -> mode.startsWith("p16") ? 2 : 4;
        };
    }

    /** What is wrong after the line, or null. */
    static @Nullable String run(Line line) {
        try (Processor p = new Processor()) {
            mode(p, line.mode());
            line.before().forEach(token -> before(p, token));
            p.cpu.modeChanged();
            GuestFault fault = p.attempt(line.code());
            List<String> wrong = new ArrayList<>();
            boolean expected = false;
            for (String token : line.after()) {
                if (token.startsWith("#")) {
                    expected = true;
                    fault(fault, token, wrong);
                } else if (!token.equals("ok")) {
                    after(p, token, wrong);
                }
            }
            if (fault != null && !expected) {
                wrong.add("fault " + fault.vector() + " " + Integer.toHexString(fault.errorCode()));
            }
            return wrong.isEmpty() ? null : "line " + line.number() + ": " + line + ": " + wrong;
        }
    }

    private static void fault(@Nullable GuestFault fault, String token, List<String> wrong) {
        Matcher m = FAULT.matcher(token);
        if (!m.matches()) {
            throw new IllegalArgumentException(token);
        }
        int vector = VECTORS.indexOf(m.group(1));
        int error = m.group(3) == null ? -1 : Integer.parseInt(m.group(3), 16);
        if (fault == null || fault.vector() != vector || fault.errorCode() != error) {
            String found =
                    fault == null
                            ? "no fault"
                            : fault.vector() + "(" + Integer.toHexString(fault.errorCode()) + ")";
            wrong.add(token + " but " + found);
        }
    }

    // Modes

    private static void mode(Processor p, String mode) {
        int level = mode.charAt(mode.length() - 1) - '0';
        switch (mode.substring(0, mode.indexOf('.'))) {
            case "real" -> real(p);
            case "v86" -> {
                p.protectedMode(0);
                p.cpu.flags(Cpu.FLAG_VM | level << 12);
                segments(p, 0xf3);
                p.cpu.privilege(3);
            }
            case "p16" -> {
                p.protectedMode(level);
                p.cpu.segment(Cpu.CS, Processor.CODE_16 | level, 0, 0xffff, 0x9b | level << 5);
            }
            case "p32" -> p.protectedMode(level);
            case "c32" -> {
                p.longMode(level);
                int code = level == 0 ? Processor.CODE_32 : Processor.USER_CODE_32;
                p.cpu.segment(Cpu.CS, code, 0, -1, 0xc09b | level << 5);
            }
            case "l64" -> p.longMode(level);
            default -> throw new IllegalArgumentException(mode);
        }
        p.cpu.cr0 &= ~(Cpu.CR0_CD | Cpu.CR0_NW);
        p.memory.write16(Processor.TSS + 0x66, 0x68); // beyond the limit: no port is allowed
        p.memory.write32(Processor.TSS + 4, 0x9000);
        p.memory.write32(Processor.TSS + 8, (p.cpu.efer & Cpu.EFER_LMA) != 0 ? 0 : Processor.DATA);
        p.memory.write32(Processor.TSS + 0x24, 0xa000);
        p.cpu.x87.initialise();
    }

    private static void real(Processor p) {
        p.tables();
        segments(p, 0x93);
        p.cpu.idtBase = 0;
        p.cpu.idtLimit = 0x3ff;
        p.cpu.rip = Processor.CODE;
        p.cpu.gpr[Cpu.RSP] = Processor.STACK;
    }

    private static void segments(Processor p, int access) {
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            p.cpu.segment(segment, 0, 0, 0xffff, access);
        }
    }

    // Tokens

    private static long number(String text) {
        return text.startsWith("-")
                ? -Long.parseUnsignedLong(text.substring(1), 16)
                : Long.parseUnsignedLong(text, 16);
    }

    private static Matcher parse(String token) {
        Matcher m = TOKEN.matcher(token);
        if (!m.matches()) {
            throw new IllegalArgumentException(token);
        }
        return m;
    }

    private static void before(Processor p, String token) {
        Matcher m = parse(token);
        String name = m.group(1);
        String value = m.group(5);
        if (m.group(4).equals("=")) {
            if (m.group(3) != null) {
                element(p, name, Integer.parseInt(m.group(3), 16), value);
            } else if (name.startsWith("seg.")) {
                String[] parts = value.split(",");
                int segment = SEGMENTS.indexOf(name.substring(4));
                p.cpu.segment(
                        segment,
                        p.cpu.segmentSelector[segment],
                        p.cpu.descriptorBase[segment],
                        (int) number(parts[0]),
                        (int) number(parts[1]));
            } else {
                set(p.cpu, name, number(value));
            }
        } else {
            long bit = bit(name, value);
            long old = get(p.cpu, name);
            set(p.cpu, name, m.group(4).equals("+") ? old | bit : old & ~bit);
        }
    }

    private static void element(Processor p, String name, int at, String value) {
        String[] parts = value.split(",");
        switch (name) {
            case "b" -> p.memory.write8(at, (int) number(value));
            case "w" -> p.memory.write16(at, (int) number(value));
            case "d" -> p.memory.write32(at, (int) number(value));
            case "q" -> p.memory.write64(at, number(value));
            case "desc" ->
                    p.descriptor(
                            at,
                            Processor.segment(
                                    number(parts[0]), number(parts[1]), (int) number(parts[2])));
            case "gate" ->
                    p.descriptor(
                            at,
                            Processor.gate(
                                            (int) number(parts[0]),
                                            number(parts[1]),
                                            (int) number(parts[2]))
                                    | (parts.length > 3 ? number(parts[3]) << 32 : 0));
            case "idt" -> {
                p.interruptGate(
                        at, (int) number(parts[0]), number(parts[1]), (int) number(parts[2]));
                if (parts.length > 3) {
                    long place = Processor.IDT + 16L * at;
                    p.memory.write64(place, p.memory.read64(place) | number(parts[3]) << 32);
                }
            }
            default -> throw new IllegalArgumentException(name);
        }
    }

    private static void after(Processor p, String token, List<String> wrong) {
        Matcher m = parse(token);
        String name = m.group(1);
        String value = m.group(5);
        if (!m.group(4).equals("=")) {
            boolean set = (get(p.cpu, name) & bit(name, value)) != 0;
            if (set != m.group(4).equals("+")) {
                wrong.add(token);
            }
            return;
        }
        long found = m.group(3) == null ? get(p.cpu, name) : memory(p, name, m.group(3));
        if (found != number(value)) {
            wrong.add(token + " but " + Long.toHexString(found));
        }
    }

    private static long memory(Processor p, String name, String place) {
        long at = Long.parseLong(place, 16);
        return switch (name) {
            case "b" -> p.memory.read8(at) & 0xff;
            case "w" -> p.memory.read16(at) & 0xffff;
            case "d" -> p.memory.read32(at) & 0xffff_ffffL;
            case "q" -> p.memory.read64(at);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** A bit by its name: the constant of {@link Cpu}. */
    private static long bit(String register, String name) {
        String prefix =
                register.equals("flags") ? "FLAG" : register.toUpperCase(java.util.Locale.ROOT);
        try {
            return Cpu.class.getField(prefix + "_" + name).get(null) instanceof Number n
                    ? n.longValue()
                    : 0;
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(register + " " + name, e);
        }
    }

    private static long get(Cpu cpu, String name) {
        int register = REGISTERS.indexOf(name);
        int segment = SEGMENTS.indexOf(name);
        if (register >= 0 || segment >= 0) {
            return register >= 0 ? cpu.gpr[register] : cpu.segmentSelector[segment];
        }
        if (name.startsWith("base.")) {
            return cpu.segmentBase[SEGMENTS.indexOf(name.substring(5))];
        }
        if (name.startsWith("access.")) {
            return cpu.segmentAccess[SEGMENTS.indexOf(name.substring(7))];
        }
        return switch (name) {
            case "rip" -> cpu.rip;
            case "flags" -> cpu.flags();
            case "cpl" -> cpu.cpl;
            case "shadow" -> cpu.interruptShadow ? 1 : 0;
            case "halted" -> cpu.halted ? 1 : 0;
            case "gdtbase" -> cpu.gdtBase;
            case "idtbase" -> cpu.idtBase;
            case "gdtlimit" -> cpu.gdtLimit;
            case "idtlimit" -> cpu.idtLimit;
            case "efer" -> cpu.efer;
            case "xcr0" -> cpu.xcr0;
            case "pkru" -> cpu.pkru;
            case "kgs" -> cpu.kernelGsBase;
            case "r11" -> cpu.gpr[11];
            default -> control(cpu, name);
        };
    }

    private static long control(Cpu cpu, String name) {
        int n = name.charAt(2) - '0';
        if (name.startsWith("dr")) {
            return cpu.dr[n];
        }
        return switch (name) {
            case "cr0" -> cpu.cr0;
            case "cr2" -> cpu.cr2;
            case "cr3" -> cpu.cr3;
            case "cr4" -> cpu.cr4;
            case "cr8" -> cpu.cr8;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static void set(Cpu cpu, String name, long value) {
        int register = REGISTERS.indexOf(name);
        if (register >= 0) {
            cpu.gpr[register] = value;
            return;
        }
        switch (name) {
            case "r11" -> cpu.gpr[11] = value;
            case "rip" -> cpu.rip = value;
            case "flags" -> cpu.flags(value);
            case "cr0" -> cpu.cr0 = value;
            case "cr2" -> cpu.cr2 = value;
            case "cr4" -> cpu.cr4 = value;
            case "cr8" -> cpu.cr8 = value;
            case "efer" -> cpu.efer = value;
            case "xcr0" -> cpu.xcr0 = value;
            case "kgs" -> cpu.kernelGsBase = value;
            case "star" -> cpu.star = value;
            case "lstar" -> cpu.lstar = value;
            case "sfmask" -> cpu.sfmask = value;
            case "sysentercs" -> cpu.sysenterCs = value;
            case "sysenteresp" -> cpu.sysenterEsp = value;
            case "sysentereip" -> cpu.sysenterEip = value;
            case "tscaux" -> cpu.tscAux = value;
            case "gdtlimit" -> cpu.gdtLimit = (int) value;
            case "idtlimit" -> cpu.idtLimit = (int) value;
            case "dr6", "dr7" -> cpu.dr[name.charAt(2) - '0'] = value;
            case "base.gs" -> cpu.segmentBase(Cpu.GS, value);
            default -> throw new IllegalArgumentException(name);
        }
    }
}
