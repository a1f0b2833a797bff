package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmm.engine.Exit;

/** The run loop, on hand-assembled code in flat 64-bit mode. */
class InterpreterTest {
    private static final long GDT = 0x9000;

    private final FlatMachine machine = new FlatMachine(8 << 20, new NoDevices());
    private final Cpu cpu = machine.cpu;

    private void load(String hex) {
        machine.load(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private void runToHalt(String hex) {
        load(hex);
        assertEquals(Exit.HALTED_FOREVER, machine.interpreter.run());
    }

    /** Points {@code vector} at a handler: {@code mov ecx,vector; hlt}. */
    private void handler(int vector) {
        long at = FlatMachine.CODE - 0x1000 + 16L * vector;
        machine.memory.copyIn(
                at, new byte[] {(byte) 0xb9, (byte) vector, 0, 0, 0, (byte) 0xf4}, 0, 6);
        long gate = FlatMachine.IDT + 16L * vector;
        machine.memory.write64(
                gate, (at & 0xffff) | 0x10L << 16 | 0x8e00L << 32 | (at >>> 16) << 48);
        machine.memory.write64(gate + 8, 0);
        long gdt = 0x7000;
        machine.memory.write64(gdt + 0x10, 0x00af9b000000ffffL);
        machine.memory.write64(gdt + 0x18, 0x00cf93000000ffffL);
        cpu.gdtBase = gdt;
        cpu.gdtLimit = 0xff;
    }

    @Test
    void loopCountsDown() {
        runToHalt("31c0 b90a000000 01c8 ffc9 75fa faf4");
        assertEquals(55, cpu.gpr[Cpu.RAX]);
        assertEquals(2 + 30 + 2, machine.interpreter.instructions());
    }

    @Test
    void faultReportsTheInstructionItself() {
        handler(Cpu.UD);
        runToHalt("90 90 0f0b");
        assertEquals(Cpu.UD, cpu.gpr[Cpu.RCX]);
        assertEquals(FlatMachine.CODE + 2, machine.memory.read64(cpu.gpr[Cpu.RSP]));
    }

    @Test
    void faultInTheMiddleOfABlockKeepsWhatWasDone() {
        handler(Cpu.DE);
        // mov eax,1; mov ebx,2; xor ecx,ecx; xor edx,edx; div ecx; mov eax,9
        runToHalt("b801000000 bb02000000 31c9 31d2 f7f1 b809000000 faf4");
        assertEquals(1, cpu.gpr[Cpu.RAX]);
        assertEquals(2, cpu.gpr[Cpu.RBX]);
        assertEquals(FlatMachine.CODE + 14, machine.memory.read64(cpu.gpr[Cpu.RSP]));
    }

    @Test
    void tripleFaultWithoutHandlers() {
        cpu.idtLimit = 0;
        load("0f0b");
        assertEquals(Exit.TRIPLE_FAULT, machine.interpreter.run());
    }

    @Test
    void storeIntoTheRunningBlockTakesEffectAtOnce() {
        // mov byte [rip+1],0x42 ; mov al,0x11 (immediate is overwritten); cli; hlt
        runToHalt("c6050100000042 b011 faf4");
        assertEquals(0x42, cpu.gpr[Cpu.RAX] & 0xff);
    }

    @Test
    void storeIntoAnOlderBlockTakesEffect() {
        // call f; mov bl,al; mov byte [f+1],2; call f; cli; hlt; f: mov al,1; ret
        runToHalt("e810000000 88c3 c6050800000002 e802000000 faf4 b001 c3");
        assertEquals(1, cpu.gpr[Cpu.RBX] & 0xff);
        assertEquals(2, cpu.gpr[Cpu.RAX] & 0xff);
    }

    @Test
    void deviceWriteDropsBlocks() {
        runToHalt("b001 faf4");
        assertEquals(1, cpu.gpr[Cpu.RAX] & 0xff);
        machine.memory.write8(FlatMachine.CODE + 1, 7);
        cpu.rip = FlatMachine.CODE;
        cpu.halted = false;
        machine.interpreter.stateChanged();
        assertEquals(Exit.HALTED_FOREVER, machine.interpreter.run());
        assertEquals(7, cpu.gpr[Cpu.RAX] & 0xff);
    }

    @Test
    void interruptWaitsForTheInstructionAfterSti() {
        handler(0xff);
        machine.interpreter.interruptLine(true);
        // sti; mov al,1; mov al,2 ; the handler halts with interrupts disabled
        runToHalt("fb b001 b002 faf4");
        assertEquals(1, cpu.gpr[Cpu.RAX] & 0xff);
        assertEquals(0xff, cpu.gpr[Cpu.RCX]);
    }

    @Test
    void kickEndsRun() {
        load("ebfe");
        machine.interpreter.kick();
        assertEquals(Exit.KICKED, machine.interpreter.run());
    }

    @Test
    void translatedLoopWithoutEndIsLeftForAKick() throws InterruptedException {
        machine.interpreter.regions.threshold = 10;
        load("ebfe");
        Thread kicker =
                Thread.ofPlatform()
                        .start(() -> {
                            while (machine.interpreter.instructions() < 100_000) {
                                Thread.onSpinWait();
                            }
                            machine.interpreter.kick();
                        });
        assertEquals(Exit.KICKED, machine.interpreter.run());
        kicker.join();
        assertEquals(FlatMachine.CODE, cpu.rip);
    }

    /**
     * What is translated for flat segments must not be left with others in the middle.
     *
     * <p>again: mov ds,bx; mov [0x200000],ecx; mov ds,ax; inc edx six times; dec ecx; jnz again; in
     * one block, or behind another.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "8edb 890d00002000 8ed8 424242424242 49 75ed faf4",
                "42424242 eb00 8edb 890d00002000 8ed8 424242424242 49 75e7 faf4"
            })
    void translatedLoopThatLoadsASegmentUsesIt(String code) {
        machine.interpreter.regions.threshold = 10;
        cpu.efer = 0;
        cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_ET;
        cpu.segment(Cpu.CS, 0x10, 0, -1, 0xc09b);
        cpu.modeChanged();
        cpu.mmu.flush();
        cpu.gdtBase = GDT;
        cpu.gdtLimit = 0x27;
        machine.memory.write64(GDT + 0x18, 0x00cf_9300_0000_ffffL);
        machine.memory.write64(GDT + 0x20, 0x00cf_9300_0100_ffffL); // based at 0x100
        cpu.gpr[Cpu.RAX] = 0x18;
        cpu.gpr[Cpu.RBX] = 0x20;
        cpu.gpr[Cpu.RCX] = 100;
        runToHalt(code);
        assertEquals(0, machine.memory.read32(FlatMachine.DATA));
        assertEquals(1, machine.memory.read32(FlatMachine.DATA + 0x100));
    }

    /** The return address lies where the code is, so that the block is dropped as it repeats. */
    @Test
    void callOfItselfOverItselfEnds() {
        // call $ with its stack in the code's page: some pushes later the code is another
        load("e8fbffffff");
        cpu.gpr[Cpu.RSP] = FlatMachine.CODE + 0x28;
        cpu.idtLimit = 0;
        assertEquals(Exit.TRIPLE_FAULT, machine.interpreter.run());
    }

    @Test
    void singleStepTrapsAfterEachInstruction() {
        handler(Cpu.DB);
        cpu.flags(cpu.flags() | Cpu.FLAG_TF);
        machine.interpreter.stateChanged();
        runToHalt("b001 b002 faf4");
        assertEquals(1, cpu.gpr[Cpu.RAX] & 0xff);
        assertEquals(Cpu.DB, cpu.gpr[Cpu.RCX]);
        assertEquals(FlatMachine.CODE + 2, machine.memory.read64(cpu.gpr[Cpu.RSP]));
    }

    @Test
    void instructionAcrossPagesFollowsItsSecondPage() {
        // jmp to 6 bytes before a page end where mov rax,imm64 starts
        long at = FlatMachine.CODE + 0xffa;
        byte[] code = HexFormat.of().parseHex("48b80100000000000000faf4");
        machine.memory.copyIn(at, code, 0, code.length);
        runToHalt("e9f50f0000");
        assertEquals(1, cpu.gpr[Cpu.RAX]);
        machine.memory.write8(at + 9, 0x12);
        cpu.halted = false;
        machine.interpreter.stateChanged();
        runToHalt("e9f50f0000");
        assertEquals(0x1200_0000_0000_0001L, cpu.gpr[Cpu.RAX]);
    }

    @Test
    void repeatedMoveIsRightInBulkAndOverlapping() {
        for (int k = 0; k < 64; k++) {
            machine.memory.write8(FlatMachine.DATA + 0xfe0 + k, k + 1);
        }
        // mov esi,0x200fe0; mov edi,0x300ff0; mov ecx,64; rep movsb; mov esi,0x300ff0; mov
        // edi,0x300ff1; mov ecx,32; rep movsb
        runToHalt(
                "bee00f2000 bff00f3000 b940000000 f3a4 bef00f3000 bff10f3000 b920000000 f3a4 faf4");
        assertEquals(1, machine.memory.read8(0x30_0ff0 + 32));
        assertEquals(34, machine.memory.read8(0x30_0ff0 + 33));
        assertEquals(64, machine.memory.read8(0x30_0ff0 + 63));
        assertEquals(0, cpu.gpr[Cpu.RCX]);
        assertEquals(0x30_1011, cpu.gpr[Cpu.RDI]);
    }

    @Test
    void stepExecutesOneInstruction() {
        load("b001 b002");
        machine.interpreter.step();
        assertEquals(1, cpu.gpr[Cpu.RAX]);
        assertEquals(FlatMachine.CODE + 2, cpu.rip);
    }
}
