package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.X87;
import vmm.cpu.fpu.StatusWord;

/** What the x87 instructions do beside arithmetic: stack, exceptions, environment. */
class X87Test {
    private static final long DATA = 0x9000;

    private final Processor processor = new Processor();
    private final Cpu cpu = processor.cpu;
    private final X87 x87 = cpu.x87;

    @BeforeEach
    void flatProtectedMode() {
        processor.protectedMode(0);
        cpu.cr0 |= Cpu.CR0_NE | Cpu.CR0_MP;
        cpu.gpr[Cpu.RBX] = DATA;
        processor.runs("db e3"); // fninit
    }

    @AfterEach
    void close() {
        processor.close();
    }

    private int conditions() {
        return x87.status & (StatusWord.C3 | StatusWord.C2 | StatusWord.C1 | StatusWord.C0);
    }

    @Test
    void sumOfConstants() {
        processor.runs("d9 e8"); // fld1
        processor.runs("d8 c0"); // fadd st0, st0
        processor.runs("dd 1b"); // fstp qword [ebx]
        assertEquals(2.0, Double.longBitsToDouble(processor.memory.read64(DATA)));
        assertEquals(0, x87.occupied);
        assertEquals(0, x87.top);
    }

    @Test
    void ninthPushOverflows() {
        for (int k = 0; k < 9; k++) {
            processor.runs("d9 e8");
        }
        assertEquals(StatusWord.INVALID | StatusWord.STACK_FAULT | StatusWord.C1, x87.status);
        assertEquals(0xffff, x87.signExponent[x87.top]);
    }

    @Test
    void storeOfNothingUnderflows() {
        processor.runs("df 3b"); // fistp qword [ebx]
        assertEquals(StatusWord.INVALID | StatusWord.STACK_FAULT, x87.status);
        assertEquals(Long.MIN_VALUE, processor.memory.read64(DATA));
        assertEquals(1, x87.top);
    }

    @Test
    void unmaskedExceptionWaitsForTheNextInstruction() {
        x87.control(0x37e);
        processor.runs("df 3b");
        assertEquals(0, processor.memory.read64(DATA));
        assertEquals(0, x87.top);
        processor.runs("df e0"); // fnstsw ax does not wait
        assertEquals(0x80c1, cpu.gpr[Cpu.RAX] & 0xffff);
        processor.faults(Cpu.MF, -1, "d9 d0"); // fnop
        processor.faults(Cpu.MF, -1, "9b"); // wait
        processor.runs("db e2"); // fnclex
        processor.runs("d9 d0");
    }

    @Test
    void pendingExceptionIsIgnoredWithoutNumericErrors() {
        cpu.cr0 &= ~Cpu.CR0_NE;
        x87.control(0x37e);
        processor.runs("df 3b");
        processor.runs("d9 d0");
    }

    @Test
    void taskSwitchedMakesTheUnitUnavailable() {
        cpu.cr0 |= Cpu.CR0_TS;
        processor.faults(Cpu.NM, -1, "d9 e8");
        processor.faults(Cpu.NM, -1, "db e3");
        processor.faults(Cpu.NM, -1, "9b");
        cpu.cr0 &= ~Cpu.CR0_MP;
        processor.runs("9b");
        cpu.cr0 = cpu.cr0 & ~Cpu.CR0_TS | Cpu.CR0_EM;
        processor.faults(Cpu.NM, -1, "d9 e8");
        processor.runs("9b");
    }

    @Test
    void environmentOfProtectedMode() {
        processor.memory.write64(DATA, Double.doubleToRawLongBits(1.5));
        cpu.rip = 0x6000;
        processor.runs("dd 03"); // fld qword [ebx]
        processor.runs("d9 73 40"); // fnstenv [ebx+0x40]
        assertEquals(0xffff_037f, processor.memory.read32(DATA + 0x40));
        assertEquals(0xffff_3800, processor.memory.read32(DATA + 0x44));
        assertEquals(0xffff_3fff, processor.memory.read32(DATA + 0x48));
        assertEquals(0x6000, processor.memory.read32(DATA + 0x4c));
        assertEquals(0x503 << 16 | Processor.CODE_32, processor.memory.read32(DATA + 0x50));
        assertEquals((int) DATA, processor.memory.read32(DATA + 0x54));
        assertEquals(0xffff_0000 | Processor.DATA, processor.memory.read32(DATA + 0x58));
    }

    @Test
    void environmentOfRealModeHasLinearAddresses() {
        Cpu real = cpu;
        real.cr0 &= ~Cpu.CR0_PE;
        real.segment(Cpu.CS, 0x1234, 0x12340, 0xffff, 0x9b);
        real.segment(Cpu.DS, 0x800, 0x8000, 0xffff, 0x93);
        real.modeChanged();
        real.gpr[Cpu.RBX] = 0x1000;
        real.rip = 0x10;
        processor.runs("d9 07"); // fld dword [bx]
        processor.runs("d9 77 40"); // fnstenv [bx+0x40]
        assertEquals(0x2350, processor.memory.read32(DATA + 0x46) & 0xffff);
        assertEquals(0x1107, processor.memory.read32(DATA + 0x48) & 0xffff);
        assertEquals(0x9000, processor.memory.read32(DATA + 0x4a) & 0xffff);
    }

    @Test
    void saveAndRestoreKeepEverything() {
        processor.runs("d9 eb"); // fldpi
        processor.runs("d9 e8"); // fld1
        processor.runs("dd 33"); // fnsave [ebx]
        assertEquals(0, x87.occupied);
        assertEquals(Long.MIN_VALUE, processor.memory.read64(DATA + 28));
        processor.runs("dd 23"); // frstor [ebx]
        assertEquals(0xc0, x87.occupied);
        assertEquals(6, x87.top);
        assertEquals(0xc90f_daa2_2168_c235L, x87.significand[7]);
    }

    @Test
    void faultingStoreChangesNothing() {
        processor.runs("d9 e8");
        cpu.segment(Cpu.DS, Processor.DATA, 0, (int) DATA, 0xc093);
        processor.faults(Cpu.GP, 0, "dd 1b");
        assertEquals(7, x87.top);
        assertEquals(0, x87.status);
    }

    @Test
    void examineClassifies() {
        processor.runs("d9 e5"); // fxam of an empty register
        assertEquals(StatusWord.C3 | StatusWord.C0, conditions());
        processor.runs("d9 ee"); // fldz
        processor.runs("d9 e0"); // fchs
        processor.runs("d9 e5");
        assertEquals(StatusWord.C3 | StatusWord.C1, conditions());
        assertFalse(x87.pending());
    }

    @Test
    void compareSetsTheFlags() {
        processor.runs("d9 e8"); // fld1
        processor.runs("d9 ee"); // fldz
        processor.runs("df f1"); // fcomip st0, st1
        assertEquals(Cpu.FLAG_CF, cpu.flags() & Cpu.ARITHMETIC_FLAGS);
        assertEquals(7, x87.top);
    }

    @Test
    void conditionalMoveFollowsTheFlags() {
        processor.runs("d9 e8");
        processor.runs("d9 ee");
        cpu.arithmeticFlags(0);
        processor.runs("da c9"); // fcmove
        assertEquals(0, x87.significand[x87.top]);
        cpu.arithmeticFlags(Cpu.FLAG_ZF);
        processor.runs("da c9");
        assertEquals(Long.MIN_VALUE, x87.significand[x87.top]);
    }

    @Test
    void tangentPushesOne() {
        processor.runs("d9 e8"); // fld1
        processor.runs("d9 f2"); // fptan
        assertEquals(6, x87.top);
        assertEquals(Long.MIN_VALUE, x87.significand[6]);
        assertEquals(0xc759_22e5_f71d_2dc5L, x87.significand[7]);
    }

    @Test
    void argumentOutOfRangeIsLeftAlone() {
        processor.memory.write64(DATA, Double.doubleToRawLongBits(0x1p63));
        processor.runs("dd 03"); // fld qword [ebx]
        processor.runs("d9 fb"); // fsincos
        assertEquals(StatusWord.C2, x87.status);
        assertEquals(7, x87.top);
    }

    @Test
    void logarithmPopsItsArgument() {
        processor.runs("d9 e8"); // fld1
        processor.runs("d9 eb"); // fldpi
        processor.runs("d9 f1"); // fyl2x
        assertEquals(7, x87.top);
        assertEquals(0x80, x87.occupied);
        assertEquals(0x3fff, x87.signExponent[7]);
    }
}
