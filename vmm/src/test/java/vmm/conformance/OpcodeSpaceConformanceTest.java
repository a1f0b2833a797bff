package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/**
 * That no row is missing and none is one too many: every opcode of the vector unit's maps, with all
 * prefixes, in memory and register form, is undefined here exactly where it is on the host. Groups
 * are tried with every extension in ModRM.reg.
 */
class OpcodeSpaceConformanceTest {
    private static final int[] PREFIXES = {0, 0x66, 0xf3, 0xf2};

    private final List<byte[]> codes = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();

    @Test
    void whatIsUndefinedIsWhatTheHostHasUndefined() throws IOException {
        for (String feature : "avx2 fma f16c vaes vpclmulqdq bmi2 sha_ni adx movbe".split(" ")) {
            assumeTrue(HostFeatures.has(feature), "the host has no " + feature);
        }
        for (int map = 1; map <= 3; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                if (!isOtherFeature(map, opcode, true)) {
                    vex(map, opcode);
                }
                if ((map != 1 || isVector(opcode)) && !isOtherFeature(map, opcode, false)) {
                    legacy(map, opcode);
                }
            }
        }
        try (HostProcess host = new HostProcess();
                EmulatedProcess emulated = new EmulatedProcess()) {
            for (int first = 0; first < codes.size(); first += HostProcess.SLOTS) {
                int end = Math.min(first + HostProcess.SLOTS, codes.size());
                compare(host, emulated, codes.subList(first, end));
            }
        }
        assertEquals(List.of(), differences);
    }

    /** Opcodes of {@code 0F} that are not system or integer instructions. */
    private static boolean isVector(int opcode) {
        return opcode >= 0x10 && opcode < 0x18
                || opcode >= 0x28 && opcode < 0x30
                || opcode >= 0x50 && opcode < 0x78
                || opcode >= 0x7c && opcode < 0x80
                || opcode >= 0xc2 && opcode < 0xc7
                || opcode >= 0xd0 && opcode < 0xff;
    }

    /**
     * What a host may have and this processor has not, or not at this privilege. Hosts are not
     * asked: under a hypervisor some execute what their CPUID does not announce.
     */
    private static boolean isOtherFeature(int map, int opcode, boolean vex) {
        return switch (map) {
            case 1 ->
                    vex
                            ? in(opcode, 0x41, 0x4b) || in(opcode, 0x90, 0x99) // opmask registers
                            : opcode == 0x2b; // SSE4A: MOVNTSS
            case 2 ->
                    opcode == 0xcf // GFNI
                            || (vex ? isOtherVex38(opcode) : isOtherLegacy38(opcode));
            default ->
                    in(opcode, 0xce, 0xcf) // GFNI
                            || (vex ? isOtherVex3a(opcode) : opcode == 0xf0); // HRESET
        };
    }

    private static boolean isOtherLegacy38(int opcode) {
        return in(opcode, 0x80, 0x82) // INVEPT, INVVPID, INVPCID
                || in(opcode, 0xf8, 0xf9) // MOVDIR64B and ENQCMD, MOVDIRI
                || opcode == 0xfc; // RAO-INT
    }

    private static boolean isOtherVex38(int opcode) {
        return in(opcode, 0x49, 0x4b) // AMX tiles
                || in(opcode, 0x50, 0x53) // AVX-VNNI
                || opcode == 0x5c // AMX products
                || opcode == 0x5e
                || opcode == 0x72 // AVX-NE-CONVERT
                || in(opcode, 0xb0, 0xb1)
                || in(opcode, 0xb4, 0xb5) // AVX-IFMA
                || in(opcode, 0xcb, 0xcd) // SHA512
                || in(opcode, 0xd2, 0xd3) // AVX-VNNI-INT16
                || opcode == 0xda // SM3, SM4
                || in(opcode, 0xe0, 0xef); // CMPccXADD
    }

    private static boolean isOtherVex3a(int opcode) {
        return in(opcode, 0, 1) // VPERMQ, VPERMPD: AMD ignores W
                || in(opcode, 0x30, 0x33) // opmask registers
                || in(opcode, 0x48, 0x49) // XOP and FMA4 of older AMD
                || in(opcode, 0x5c, 0x5f)
                || in(opcode, 0x68, 0x6f)
                || in(opcode, 0x78, 0x7f)
                || opcode == 0xde; // SM3
    }

    private static boolean in(int opcode, int first, int last) {
        return opcode >= first && opcode <= last;
    }

    private static boolean isGroup(int map, int opcode) {
        return map == 1 && (opcode >= 0x71 && opcode <= 0x73 || opcode == 0xae)
                || map == 2 && opcode == 0xf3;
    }

    private void vex(int map, int opcode) {
        for (int selectors = 0; selectors < 32; selectors++) {
            int l = selectors & 1;
            int w = selectors >> 1 & 1;
            int vvvv = (selectors >> 4 & 1) == 0 ? 0 : 3;
            int[] prefix = {
                0xc4, 0xe0 | map, w << 7 | (15 - vvvv) << 3 | l << 2 | selectors >> 2 & 3, opcode
            };
            forms(prefix, isGroup(map, opcode));
        }
    }

    private void legacy(int map, int opcode) {
        for (int prefix : PREFIXES) {
            for (int rex : new int[] {0, 0x48}) {
                ByteArrayOutputStream code = new ByteArrayOutputStream();
                for (int b : new int[] {prefix, rex, 0x0f, map == 1 ? 0 : map == 2 ? 0x38 : 0x3a}) {
                    if (b != 0) {
                        code.write(b);
                    }
                }
                code.write(opcode);
                byte[] bytes = code.toByteArray();
                int[] start = new int[bytes.length];
                for (int k = 0; k < start.length; k++) {
                    start[k] = bytes[k] & 0xff;
                }
                forms(start, isGroup(map, opcode));
            }
        }
    }

    private void forms(int[] start, boolean group) {
        for (int extension = 0; extension < (group ? 8 : 1); extension++) {
            int reg = group ? extension : 1;
            code(start, 0xc2 | reg << 3, 0);
            code(start, 0x04 | reg << 3, 0x2b); // [rbx+rbp], or [rbx+ymm5]
        }
    }

    private void code(int[] start, int modRm, int sib) {
        byte[] code = new byte[start.length + 3];
        for (int k = 0; k < start.length; k++) {
            code[k] = (byte) start[k];
        }
        code[start.length] = (byte) modRm;
        code[start.length + 1] = (byte) sib;
        codes.add(code);
    }

    private void compare(HostProcess host, EmulatedProcess emulated, List<byte[]> batch)
            throws IOException {
        for (int k = 0; k < batch.size(); k++) {
            fill(host.slot(k), batch.get(k));
        }
        emulated.takeOver(host.shared());
        host.run(batch.size());
        for (int k = 0; k < batch.size(); k++) {
            boolean hostUndefined = host.slot(k).after(Slot.FRAME_TRAP) == Cpu.UD;
            GuestFault fault = emulated.run(k);
            boolean undefined = fault != null && fault.vector() == Cpu.UD;
            if (undefined != hostUndefined) {
                differences.add(
                        (hostUndefined ? "one too many: " : "missing: ")
                                + HexFormat.ofDelimiter(" ").formatHex(batch.get(k)));
            }
        }
    }

    private static void fill(Slot slot, byte[] code) {
        MemorySegment memory = slot.memory();
        memory.fill((byte) 0);
        memory.asSlice(Slot.CODE, Slot.CODE_BYTES).fill((byte) 0xcc);
        MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, Slot.START, code.length);
        slot.rip(slot.startLinear());
        slot.longMode(true);
        slot.flags(0x202);
        memory.set(ValueLayout.JAVA_SHORT, Slot.IN_FX, (short) 0x37f);
        memory.set(ValueLayout.JAVA_INT, Slot.IN_FX + 24, 0x1f80);
        slot.gpr(Cpu.RBX, slot.dataLinear() + 256);
        slot.gpr(Cpu.RDI, slot.dataLinear() + 512);
        slot.gpr(Cpu.RSI, slot.dataLinear() + 512);
        slot.gpr(Cpu.RSP, slot.dataLinear() + 1024);
    }
}
