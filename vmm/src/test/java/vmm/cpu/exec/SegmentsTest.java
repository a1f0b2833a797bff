package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmm.cpu.exec.Processor.*;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;

/** Segment loads, far transfers, fast calls: SDM volume 3 chapter 5. */
class SegmentsTest {
    private final Processor p = new Processor();
    private final Cpu cpu = p.cpu;

    @AfterEach
    void release() {
        p.close();
    }

    @Test
    void movLoadsTheHiddenPartAndMarksTheDescriptor() {
        p.protectedMode(0);
        p.descriptor(0x60, segment(0x1234_5000, 0x7, 0x8092));
        cpu.gpr[Cpu.RAX] = 0x60;
        p.runs("8e d8"); // mov ds, ax
        assertEquals(0x1234_5000, cpu.segmentBase[Cpu.DS]);
        assertEquals(0x7fff, cpu.segmentLimit[Cpu.DS]);
        assertEquals(0x93, p.memory.read8(GDT + 0x65));
    }

    @Test
    void dataSegmentFaults() {
        p.protectedMode(3);
        cpu.gpr[Cpu.RAX] = DATA; // DPL 0
        p.faults(Cpu.GP, DATA, "8e d8");
        cpu.gpr[Cpu.RAX] = 0x63;
        p.descriptor(0x60, segment(0, 0xfffff, 0xc0f9)); // execute only
        p.faults(Cpu.GP, 0x60, "8e d8");
        p.descriptor(0x60, segment(0, 0xfffff, 0xc073)); // not present
        p.faults(Cpu.NP, 0x60, "8e d8");
        cpu.gpr[Cpu.RAX] = 0x103; // beyond the table
        p.faults(Cpu.GP, 0x100, "8e d8");
        cpu.gpr[Cpu.RAX] = 0x64; // no LDT
        p.faults(Cpu.GP, 0x64, "8e d8");
        cpu.gpr[Cpu.RAX] = 3;
        p.runs("8e d8"); // null
        assertThrows(GuestFault.class, () -> cpu.mmu.load8(Cpu.DS, 0));
    }

    @Test
    void stackSegmentFaults() {
        p.protectedMode(0);
        cpu.gpr[Cpu.RAX] = 0;
        p.faults(Cpu.GP, 0, "8e d0"); // mov ss, ax
        cpu.gpr[Cpu.RAX] = USER_DATA;
        p.faults(Cpu.GP, USER_DATA & ~3, "8e d0");
        cpu.gpr[Cpu.RAX] = CODE_32;
        p.faults(Cpu.GP, CODE_32, "8e d0");
        p.descriptor(DATA, segment(0, 0xfffff, 0xc013));
        cpu.gpr[Cpu.RAX] = DATA;
        p.faults(Cpu.SS_FAULT, DATA, "8e d0");
        p.faults(Cpu.UD, -1, "8e c8"); // mov cs, ax
    }

    @Test
    void popSsHoldsInterruptsOff() {
        p.protectedMode(0);
        p.memory.write32(STACK, DATA_16);
        p.runs("17");
        assertTrue(cpu.interruptShadow);
        assertEquals(0xffff, cpu.stackMask);
        assertEquals(STACK + 4, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void farJumpFromRealModeToProtectedToLong() {
        p.tables();
        p.memory.write64(0x10_0000, 0x10_1003);
        p.memory.write64(0x10_1000, 0x10_2003);
        p.memory.write64(0x10_2000, 0x83);
        cpu.segment(Cpu.CS, 0, 0, 0xffff, 0x93);
        cpu.rip = 0x6000;
        cpu.gpr[Cpu.RAX] = cpu.cr0 & ~(Cpu.CR0_CD | Cpu.CR0_NW) | Cpu.CR0_PE;
        p.runs("0f 22 c0"); // mov cr0, eax
        assertEquals(2, cpu.codeSize);
        p.runs("66 ea 00 61 00 00 08 00"); // jmp 8:0x6100
        assertEquals(4, cpu.codeSize);
        assertEquals(0x6100, cpu.rip);
        cpu.gpr[Cpu.RAX] = DATA;
        p.runs("8e d0");
        cpu.gpr[Cpu.RAX] = 0x10_0000;
        p.runs("0f 22 d8"); // mov cr3, eax
        cpu.gpr[Cpu.RAX] = Cpu.CR4_PAE;
        p.runs("0f 22 e0"); // mov cr4, eax
        cpu.gpr[Cpu.RCX] = 0xc000_0080L;
        cpu.gpr[Cpu.RAX] = Cpu.EFER_LME;
        cpu.gpr[Cpu.RDX] = 0;
        p.runs("0f 30"); // wrmsr
        cpu.gpr[Cpu.RAX] = cpu.cr0 | Cpu.CR0_PG;
        p.runs("0f 22 c0");
        assertTrue((cpu.efer & Cpu.EFER_LMA) != 0);
        assertEquals(4, cpu.codeSize);
        p.runs("ea 00 62 00 00 18 00"); // jmp 0x18:0x6200
        assertTrue(cpu.longMode());
        assertEquals(-1, cpu.stackMask);
    }

    @Test
    void directFarTransferKeepsThePrivilege() {
        p.protectedMode(3);
        p.faults(Cpu.GP, CODE_32, "ea 00 60 00 00 08 00");
        p.descriptor(0x60, segment(0, 0xfffff, 0xc09f)); // conforming
        p.runs("ea 00 61 00 00 60 00");
        assertEquals(3, cpu.cpl);
        assertEquals(0x63, cpu.segmentSelector[Cpu.CS]);
    }

    @Test
    void farCallAndReturn() {
        p.protectedMode(0);
        p.runs("9a 00 70 00 00 08 00");
        assertEquals(0x7000, cpu.rip);
        assertEquals(CODE + 7, p.stack32(0));
        assertEquals(CODE_32, p.stack32(1));
        p.runs("ca 08 00");
        assertEquals(CODE + 7, cpu.rip);
        assertEquals(STACK + 8, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void callGateCopiesParametersToTheInnerStack() {
        p.protectedMode(3);
        p.memory.write32(TSS + 4, 0x9000);
        p.memory.write32(TSS + 8, DATA);
        p.descriptor(0x60, gate(CODE_32, 0x7000, 0xec) | 2L << 32);
        cpu.gpr[Cpu.RSP] = STACK - 8;
        p.memory.write32(STACK - 8, 0x1111);
        p.memory.write32(STACK - 4, 0x2222);
        p.runs("9a 00 00 00 00 63 00");
        assertEquals(0, cpu.cpl);
        assertEquals(0x7000, cpu.rip);
        assertEquals(0x9000 - 24, cpu.gpr[Cpu.RSP]);
        assertEquals(CODE + 7, p.stack32(0));
        assertEquals(0x1111, p.stack32(2));
        assertEquals(0x2222, p.stack32(3));
        assertEquals((int) STACK - 8, p.stack32(4));
        p.runs("ca 08 00"); // both stacks lose the parameters
        assertEquals(3, cpu.cpl);
        assertEquals(STACK, cpu.gpr[Cpu.RSP]);
        assertEquals(USER_CODE_32, cpu.segmentSelector[Cpu.CS]);
    }

    @Test
    void syscallAndSysret() {
        p.longMode(3);
        cpu.star = (long) (USER_CODE_32 & ~3) << 48 | (long) CODE_32 << 32;
        cpu.lstar = 0xffff_8000_0000_1000L;
        cpu.sfmask = Cpu.FLAG_IF;
        cpu.flags(Cpu.FLAG_IF | Cpu.FLAG_CF);
        p.runs("0f 05");
        assertEquals(0, cpu.cpl);
        assertEquals(0xffff_8000_0000_1000L, cpu.rip);
        assertEquals(CODE + 2, cpu.gpr[Cpu.RCX]);
        assertEquals(Cpu.FLAG_IF | Cpu.FLAG_CF | 2, cpu.gpr[11]);
        assertEquals(Cpu.FLAG_CF | 2, cpu.flags());
        assertEquals(CODE_32, cpu.segmentSelector[Cpu.CS]);
        assertEquals(DATA, cpu.segmentSelector[Cpu.SS]);
        p.runs("48 0f 07");
        assertEquals(3, cpu.cpl);
        assertEquals(CODE + 2, cpu.rip);
        assertEquals(USER_CODE_64, cpu.segmentSelector[Cpu.CS]);
        assertEquals(USER_DATA, cpu.segmentSelector[Cpu.SS]);
        assertEquals(Cpu.FLAG_IF | Cpu.FLAG_CF | 2, cpu.flags());
    }

    @Test
    void sysenterAndSysexit() {
        p.protectedMode(3);
        p.faults(Cpu.GP, 0, "0f 34");
        cpu.sysenterCs = CODE_32;
        cpu.sysenterEip = 0x7000;
        cpu.sysenterEsp = 0x9000;
        p.runs("0f 34");
        assertEquals(0, cpu.cpl);
        assertEquals(0x7000, cpu.rip);
        assertEquals(0x9000, cpu.gpr[Cpu.RSP]);
        cpu.gpr[Cpu.RDX] = 0x6100;
        cpu.gpr[Cpu.RCX] = 0x8100;
        p.runs("0f 35");
        assertEquals(3, cpu.cpl);
        assertEquals(CODE_32 + 16 | 3, cpu.segmentSelector[Cpu.CS]);
        assertEquals(0x6100, cpu.rip);
        assertEquals(0x8100, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void swapgsExchangesTheBases() {
        p.longMode(0);
        cpu.kernelGsBase = 0x1234;
        cpu.segmentBase(Cpu.GS, 0x5678);
        p.runs("0f 01 f8");
        assertEquals(0x1234, cpu.segmentBase[Cpu.GS]);
        assertEquals(0x5678, cpu.kernelGsBase);
        cpu.privilege(3);
        p.faults(Cpu.GP, 0, "0f 01 f8");
    }

    @Test
    void selectorsAreVerified() {
        p.protectedMode(3);
        cpu.gpr[Cpu.RAX] = USER_DATA;
        p.runs("0f 00 e0"); // verr ax
        assertTrue(cpu.zf());
        cpu.gpr[Cpu.RAX] = USER_CODE_32;
        p.runs("0f 00 e8"); // verw ax
        assertEquals(false, cpu.zf());
        p.runs("0f 02 d8"); // lar ebx, ax
        assertEquals(0xc0fb00, cpu.gpr[Cpu.RBX]);
        p.runs("0f 03 d8"); // lsl ebx, ax
        assertEquals(0xffff_ffffL, cpu.gpr[Cpu.RBX]);
        cpu.gpr[Cpu.RAX] = DATA;
        p.runs("0f 03 d8");
        assertEquals(false, cpu.zf());
        cpu.gpr[Cpu.RAX] = 0x50;
        cpu.gpr[Cpu.RCX] = 3;
        p.runs("63 c8"); // arpl ax, cx
        assertEquals(0x53, cpu.gpr[Cpu.RAX]);
        assertTrue(cpu.zf());
    }

    @Test
    void taskRegisterBecomesBusy() {
        p.protectedMode(0);
        cpu.gpr[Cpu.RAX] = TASK;
        p.runs("0f 00 d8"); // ltr ax
        assertEquals(0x8b, p.memory.read8(GDT + TASK + 5));
        p.faults(Cpu.GP, TASK, "0f 00 d8");
        p.runs("0f 00 c9"); // str ecx
        assertEquals(TASK, cpu.gpr[Cpu.RCX]);
    }

    @Test
    void portsFollowTheBitmap() {
        p.protectedMode(3);
        cpu.segment(Cpu.TR, TASK, TSS, 0x200, 0x8b);
        p.memory.write16(TSS + 0x66, 0x68);
        p.memory.write8(TSS + 0x68 + 0x60 / 8, 0xfe);
        Segments.checkPort(cpu, 0x60, 1);
        assertThrows(GuestFault.class, () -> Segments.checkPort(cpu, 0x60, 2));
        assertThrows(GuestFault.class, () -> Segments.checkPort(cpu, 0xfff0, 1));
        cpu.flags(Cpu.FLAG_IOPL);
        Segments.checkPort(cpu, 0xfff0, 4);
    }
}
