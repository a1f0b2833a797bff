package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/** When vector instructions may execute, alignment, and the state that FXSAVE stores. */
class VectorFaultTest {
    private static final int ADDPS_MEMORY = 0x0b580f, ADDPS = 0xca580f, MOVUPS = 0x0b100f;
    private static final int PADDB_MMX = 0xcafc0f, MOVNTI = 0x0bc30f, EMMS = 0x770f;

    // V... XMM1 or YMM1, the same, XMM2, YMM2 or [RBX]
    private static final int VADDPS = 0xca58f0c5, VPAND_256 = 0xcadbf5c5;
    private static final int VPAND_256_MEMORY = 0x0bdbf5c5, VMOVUPS_256 = 0x0b10fcc5;
    private static final int VMOVAPS = 0x0b28f8c5, VMOVAPS_256 = 0x0b28fcc5;
    private static final int VZEROUPPER = 0x77f8c5, VZEROALL = 0x77fcc5;

    private final VectorMachine machine = new VectorMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void release() {
        machine.close();
    }

    private int fault(int code) {
        return assertThrows(GuestFault.class, () -> machine.run(code & 0xffff_ffffL)).vector();
    }

    @Test
    void unalignedOperandIsAProtectionFaultUnlessTheMoveAllowsIt() {
        cpu.gpr[Cpu.RBX] = 0x1008;
        assertEquals(Cpu.GP, fault(ADDPS_MEMORY));
        machine.run(MOVUPS);
        // The linear address counts, not the offset.
        cpu.segmentBase[Cpu.DS] = 8;
        machine.run(ADDPS_MEMORY);
    }

    @Test
    void emulationAndMissingSupportAreUndefinedOpcodes() {
        cpu.cr0 |= Cpu.CR0_EM | Cpu.CR0_TS;
        assertEquals(Cpu.UD, fault(ADDPS));
        assertEquals(Cpu.UD, fault(PADDB_MMX));
        machine.run(MOVNTI);
        cpu.cr0 &= ~(Cpu.CR0_EM | Cpu.CR0_TS);
        cpu.cr4 &= ~Cpu.CR4_OSFXSR;
        assertEquals(Cpu.UD, fault(ADDPS));
        machine.run(PADDB_MMX);
    }

    @Test
    void taskSwitchedIsDeviceNotAvailable() {
        cpu.cr0 |= Cpu.CR0_TS;
        assertEquals(Cpu.NM, fault(ADDPS));
        assertEquals(Cpu.NM, fault(PADDB_MMX));
        assertEquals(Cpu.NM, fault(EMMS));
    }

    @Test
    void vexNeedsTheOperatingSystemsConsent() {
        machine.run(VADDPS);
        machine.run(VPAND_256);
        for (long state : new long[] {1, 3, 5}) {
            cpu.xcr0 = state;
            assertEquals(Cpu.UD, fault(VADDPS));
            assertEquals(Cpu.UD, fault(VZEROUPPER));
        }
        cpu.xcr0 = 7;
        cpu.cr4 &= ~Cpu.CR4_OSXSAVE;
        cpu.cr0 |= Cpu.CR0_TS;
        assertEquals(Cpu.UD, fault(VADDPS));
        cpu.cr4 |= Cpu.CR4_OSXSAVE;
        assertEquals(Cpu.NM, fault(VADDPS));
        assertEquals(Cpu.NM, fault(VZEROUPPER));
        // The flag for emulation and CR4.OSFXSR are for legacy instructions only.
        cpu.cr0 = cpu.cr0 & ~Cpu.CR0_TS | Cpu.CR0_EM;
        cpu.cr4 &= ~Cpu.CR4_OSFXSR;
        machine.run(VADDPS);
    }

    @Test
    void vexOperandsNeedAlignmentOnlyWhereTheMoveSaysSo() {
        cpu.gpr[Cpu.RBX] = 0x1011;
        machine.run(VPAND_256_MEMORY);
        machine.run(VMOVUPS_256);
        assertEquals(Cpu.GP, fault(VMOVAPS_256));
        cpu.gpr[Cpu.RBX] = 0x1010;
        assertEquals(Cpu.GP, fault(VMOVAPS_256));
        machine.run(VMOVAPS);
        cpu.gpr[Cpu.RBX] = 0x1020;
        machine.run(VMOVAPS_256);
    }

    @Test
    void vexClearsTheUpperHalvesThatLegacyInstructionsKeep() {
        Arrays.fill(cpu.vector, -1);
        machine.run(ADDPS);
        assertEquals(-1, cpu.vector[4 + 2]);
        machine.run(VADDPS);
        assertEquals(0, cpu.vector[4 + 2]);
        assertEquals(0, cpu.vector[4 + 3]);
        machine.run(VZEROUPPER);
        assertEquals(-1, cpu.vector[4 * 15 + 1]);
        assertEquals(0, cpu.vector[4 * 15 + 2]);
    }

    @Test
    void outsideLongModeOnlyEightRegistersAreCleared() {
        Arrays.fill(cpu.vector, -1);
        cpu.codeSize = 4;
        machine.run(VZEROALL);
        assertEquals(0, cpu.vector[4 * 7 + 1]);
        assertEquals(-1, cpu.vector[4 * 8 + 2]);
    }

    @Test
    void pendingX87ExceptionStopsMmx() {
        cpu.x87.control(0x37e);
        cpu.x87.statusWord(1);
        assertEquals(Cpu.MF, fault(PADDB_MMX));
        machine.run(ADDPS);
    }

    @Test
    void mmxResetsTheStackAndEmmsEmptiesIt() {
        cpu.x87.initialise();
        cpu.x87.top = 5;
        machine.run(PADDB_MMX);
        assertEquals(0, cpu.x87.top);
        assertEquals(0xff, cpu.x87.occupied);
        assertEquals(0xffff, cpu.x87.signExponent[1]);
        machine.run(EMMS);
        assertEquals(0, cpu.x87.occupied);
        assertEquals(0xffff, cpu.x87.tagWord());
    }

    @Test
    void unmaskedExceptionIsUndefinedWithoutOperatingSystemSupport() {
        cpu.cr4 &= ~Cpu.CR4_OSXMMEXCPT;
        cpu.mxcsr = 0x1f00;
        cpu.vector[4] = 0x7f80_0001L;
        assertEquals(Cpu.UD, fault(ADDPS));
        assertEquals(0x1f01, cpu.mxcsr);
        assertEquals(0x7f80_0001L, cpu.vector[4]);
    }

    @Test
    void reservedBitsOfMxcsrAreRefused() {
        cpu.mmu.store32(Cpu.DS, 0x1000, 0x1_0000);
        assertEquals(Cpu.GP, fault(0x13ae0f));
        assertEquals(0x1f80, cpu.mxcsr);
    }

    @Test
    void fxrstorBringsBackWhatFxsaveStored() {
        fillState();
        long[] vector = cpu.vector.clone();
        long[] significand = cpu.x87.significand.clone();
        cpu.gpr[Cpu.RBX] = 0x2000;
        machine.run(0x03ae0f48); // FXSAVE64 [RBX]
        assertEquals(0x37f, cpu.mmu.load16(Cpu.DS, 0x2000));
        assertEquals(3 << 11, cpu.mmu.load16(Cpu.DS, 0x2002));
        assertEquals(0x5a, cpu.mmu.load8(Cpu.DS, 0x2004));
        assertEquals(0x9fc0, cpu.mmu.load32(Cpu.DS, 0x2018));
        // Registers are stored from ST(0) onward.
        assertEquals(significand[3], cpu.mmu.load64(Cpu.DS, 0x2020));
        assertEquals(vector[4 * 15 + 1], cpu.mmu.load64(Cpu.DS, 0x20a0 + 16 * 15 + 8));

        Arrays.fill(cpu.vector, 0);
        Arrays.fill(cpu.x87.significand, 0);
        cpu.x87.initialise();
        cpu.mxcsr = 0x1f80;
        machine.run(0x0bae0f48); // FXRSTOR64 [RBX]
        assertArrayEquals(vector, cpu.vector);
        assertArrayEquals(significand, cpu.x87.significand);
        assertEquals(0x9fc0, cpu.mxcsr);
        assertEquals(3, cpu.x87.top);
        assertEquals(0x5a, cpu.x87.occupied);
        assertEquals(0x1234_5678_9abc_def0L, cpu.x87.instructionPointer);
    }

    private void fillState() {
        for (int r = 0; r < 16; r++) {
            cpu.vector[4 * r] = 0x1111_1111_1111_1111L * r;
            cpu.vector[4 * r + 1] = ~cpu.vector[4 * r];
        }
        for (int r = 0; r < 8; r++) {
            cpu.x87.significand[r] = 0x0101_0101_0101_0101L * (r + 1);
        }
        cpu.x87.initialise();
        cpu.x87.top = 3;
        cpu.x87.occupied = 0x5a;
        cpu.x87.instructionPointer = 0x1234_5678_9abc_def0L;
        cpu.mxcsr = 0x9fc0;
    }
}
