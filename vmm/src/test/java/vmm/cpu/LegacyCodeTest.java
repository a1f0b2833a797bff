package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only 16-bit and 32-bit code can do; the values are the manual's and the hardware's. */
class LegacyCodeTest {
    private static final int CODE_32 = 0xc09b, CODE_16 = 0x009b, DATA_32 = 0xc093, DATA_16 = 0x0093;
    private static final long ARITHMETIC = Cpu.ARITHMETIC_FLAGS;

    private final FlatMachine machine = new FlatMachine(8 << 20, new NoDevices());
    private final Cpu cpu = machine.cpu;

    @BeforeEach
    void protectedMode() {
        cpu.efer = 0;
        cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_ET;
        cpu.cr4 = 0;
        segments(CODE_32, DATA_32);
    }

    private void segments(int code, int data) {
        cpu.segment(Cpu.CS, 0x10, 0, -1, code);
        for (int s : new int[] {Cpu.ES, Cpu.SS, Cpu.DS, Cpu.FS, Cpu.GS}) {
            cpu.segment(s, 0x18, 0, -1, data);
        }
        cpu.modeChanged();
        cpu.mmu.flush();
    }

    /** Executes the instructions of {@code hex}, {@code count} of them. */
    private void execute(String hex, int count) {
        machine.memory.copyIn(FlatMachine.CODE, HexFormat.of().parseHex(hex), 0, hex.length() / 2);
        cpu.rip = FlatMachine.CODE;
        for (int k = 0; k < count; k++) {
            machine.interpreter.step();
        }
    }

    @Test
    void codeOfVirtual8086ModeIsNoOtherModes() {
        // There C5 is LDS, in 16-bit code of the same privilege it may be VEX.
        segments(CODE_16, DATA_16);
        cpu.privilege(3);
        int protectedMode = cpu.mode;
        cpu.flags(cpu.flags() | Cpu.FLAG_VM);
        assertNotEquals(protectedMode, cpu.mode);
        cpu.flags(cpu.flags() & ~Cpu.FLAG_VM);
        assertEquals(protectedMode, cpu.mode);
    }

    // opcode, ax, CF and AF before, ax after, CF and AF after
    @ParameterizedTest
    @CsvSource({
        "27,   0x79, 0x00, 0x79,   0x00",
        "27,   0x7a, 0x00, 0x80,   0x10",
        "27,   0xae, 0x00, 0x14,   0x11",
        "27,   0x2e, 0x01, 0x94,   0x11",
        "27,   0x35, 0x10, 0x3b,   0x10",
        "2f,   0x47, 0x00, 0x47,   0x00",
        "2f,   0x4b, 0x00, 0x45,   0x10",
        "2f,   0xee, 0x10, 0x88,   0x11",
        "2f,   0x03, 0x10, 0xfd,   0x11",
        "37,   0x0105, 0x00, 0x0105, 0x00",
        "37,   0x010b, 0x00, 0x0201, 0x11",
        "37,   0x0105, 0x10, 0x020b, 0x11",
        "3f,   0x0205, 0x00, 0x0205, 0x00",
        "3f,   0x020b, 0x00, 0x0105, 0x11",
        "3f,   0x0003, 0x10, 0xfe0d, 0x11",
        "d40a, 0x003f, 0x00, 0x0603, 0x00",
        "d50a, 0x0603, 0x00, 0x003f, 0x00",
    })
    void decimalAdjustment(String code, int before, int flags, int after, int flagsAfter) {
        cpu.gpr[Cpu.RAX] = 0xabcd_0000L | before;
        cpu.flags(flags | 2);
        execute(code, 1);
        assertEquals(0xabcd_0000L | after, cpu.gpr[Cpu.RAX]);
        assertEquals(flagsAfter, cpu.flags() & (Cpu.FLAG_CF | Cpu.FLAG_AF));
    }

    @Test
    void incrementKeepsCarryAndHasItsOwnOpcode() {
        cpu.gpr[Cpu.RDI] = 0x7fff_ffffL;
        cpu.flags(Cpu.FLAG_CF);
        execute("47", 1);
        assertEquals(0x8000_0000L, cpu.gpr[Cpu.RDI]);
        long wanted = Cpu.FLAG_CF | Cpu.FLAG_OF | Cpu.FLAG_SF | Cpu.FLAG_AF | Cpu.FLAG_PF;
        assertEquals(wanted, cpu.flags() & ARITHMETIC);
    }

    @Test
    void pushAllThenPopAllRestoresAllButTheStackPointer() {
        for (int r = 0; r < 8; r++) {
            cpu.gpr[r] = 0x1111_1111L * (r + 1);
        }
        cpu.gpr[Cpu.RSP] = 0x20_0000;
        execute("60", 1);
        assertEquals(0x20_0000 - 32, cpu.gpr[Cpu.RSP]);
        assertEquals(0x1111_1111, machine.memory.read32(0x20_0000 - 4));
        assertEquals(0x20_0000, machine.memory.read32(0x20_0000 - 20));
        machine.memory.write32(0x20_0000 - 4, 77);
        execute("61", 1);
        assertEquals(77, cpu.gpr[Cpu.RAX]);
        assertEquals(0x8888_8888L, cpu.gpr[Cpu.RDI]);
        assertEquals(0x20_0000, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void enterCopiesTheDisplayOfOuterFrames() {
        cpu.gpr[Cpu.RSP] = 0x20_0000;
        cpu.gpr[Cpu.RBP] = 0x30_0000;
        machine.memory.write32(0x30_0000 - 4, 0x1234_5678);
        execute("c8100002", 1); // enter 16,2
        assertEquals(0x20_0000 - 4, cpu.gpr[Cpu.RBP]);
        assertEquals(0x30_0000, machine.memory.read32(0x20_0000 - 4));
        assertEquals(0x1234_5678, machine.memory.read32(0x20_0000 - 8));
        assertEquals(0x20_0000 - 4, machine.memory.read32(0x20_0000 - 12));
        assertEquals(0x20_0000 - 12 - 16, cpu.gpr[Cpu.RSP]);
        execute("c9", 1);
        assertEquals(0x20_0000, cpu.gpr[Cpu.RSP]);
        assertEquals(0x30_0000, cpu.gpr[Cpu.RBP]);
    }

    @Test
    void sixteenBitCodeKeepsTheUpperHalves() {
        segments(CODE_16, DATA_16);
        cpu.segment(Cpu.CS, 0x10, FlatMachine.CODE, 0xffff, CODE_16);
        cpu.gpr[Cpu.RSP] = 0xaaaa_0000L;
        cpu.gpr[Cpu.RBX] = 0x5555_1000L;
        cpu.gpr[Cpu.RSI] = 0x6666_0004L;
        cpu.gpr[Cpu.RAX] = 0x7777_0000L;
        machine.memory.write16(0x1002, 0xbeef);
        // push bx; mov ax,[bx+si-2]; loop with cx = 1
        machine.memory.copyIn(FlatMachine.CODE, HexFormat.of().parseHex("538b40fee2fe"), 0, 6);
        cpu.gpr[Cpu.RCX] = 0x9999_0001L;
        cpu.rip = 0;
        for (int k = 0; k < 3; k++) {
            machine.interpreter.step();
        }
        assertEquals(0xaaaa_fffeL, cpu.gpr[Cpu.RSP]);
        assertEquals(0x1000, machine.memory.read16(0xfffe));
        assertEquals(0x7777_beefL, cpu.gpr[Cpu.RAX]);
        assertEquals(0x9999_0000L, cpu.gpr[Cpu.RCX]);
        assertEquals(6, cpu.rip);
    }

    @Test
    void jumpBeyondTheCodeLimitFaultsAtTheJump() {
        cpu.segment(Cpu.CS, 0x10, 0, 0x10_0fff, 0x409b);
        cpu.idtLimit = 0;
        execute("e9fb1f0000", 1);
        assertEquals(FlatMachine.CODE, cpu.rip);
        assertEquals(true, cpu.shutdown);
    }

    @Test
    void sixteenBitJumpCutsTheInstructionPointer() {
        machine.memory.write8(0x2000, 0x66); // jmp rel16 in 32-bit code
        machine.memory.write8(0x2001, 0xe9);
        machine.memory.write16(0x2002, 0xf000);
        cpu.rip = 0x2000;
        machine.interpreter.step();
        assertEquals(0x1004, cpu.rip);
    }

    @Test
    void boundFaultsOutsideOnly() {
        machine.memory.write32(0x30_0000, -5);
        machine.memory.write32(0x30_0004, 10);
        cpu.gpr[Cpu.RAX] = 0xffff_fffbL;
        cpu.gpr[Cpu.RBX] = 0x30_0000;
        execute("6203", 1);
        assertEquals(FlatMachine.CODE + 2, cpu.rip);
        cpu.gpr[Cpu.RAX] = 11;
        cpu.idtLimit = 0;
        execute("6203", 1);
        assertEquals(true, cpu.shutdown);
    }

    @Test
    void stringWithSixteenBitAddressesWrapsInItsSegment() {
        cpu.gpr[Cpu.RSI] = 0x1_fffeL;
        cpu.gpr[Cpu.RDI] = 0x2_1000L;
        cpu.gpr[Cpu.RCX] = 0x3_0004L;
        for (int k = 0; k < 4; k++) {
            machine.memory.write8(0xfffe + k & 0xffff, k + 1);
        }
        execute("67f3a4", 1);
        assertEquals(0x0403_0201, machine.memory.read32(0x1000));
        assertEquals(0x1_0002L, cpu.gpr[Cpu.RSI]);
        assertEquals(0x2_1004L, cpu.gpr[Cpu.RDI]);
        assertEquals(0x3_0000L, cpu.gpr[Cpu.RCX]);
    }
}
