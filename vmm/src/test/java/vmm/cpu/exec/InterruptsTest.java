package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmm.cpu.exec.Processor.*;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;

/** Delivery of events and IRET: SDM volume 3 chapter 6, volume 2 IRET. */
class InterruptsTest {
    private final Processor p = new Processor();
    private final Cpu cpu = p.cpu;

    @AfterEach
    void release() {
        p.close();
    }

    @Test
    void realModeUsesTheVectorTable() {
        cpu.idtBase = 0;
        p.memory.write32(0x21 * 4, 0x1234_5678);
        cpu.segment(Cpu.SS, 0, 0, 0xffff, 0x93);
        cpu.gpr[Cpu.RSP] = 0xaaaa_0100L;
        cpu.rip = 0x10;
        cpu.flags(Cpu.FLAG_IF | Cpu.FLAG_CF | Cpu.FLAG_TF);
        p.runs("cd 21");
        assertEquals(0x1234, cpu.segmentSelector[Cpu.CS]);
        assertEquals(0x12340, cpu.segmentBase[Cpu.CS]);
        assertEquals(0x5678, cpu.rip);
        assertEquals(0xaaaa_00faL, cpu.gpr[Cpu.RSP]);
        assertEquals(0x12, p.memory.read16(0xfa));
        assertEquals(0xf000, p.memory.read16(0xfc));
        assertEquals(Cpu.FLAG_CF | 2, cpu.flags());
        p.runs("cf");
        assertEquals(0x12, cpu.rip);
        assertEquals(0xaaaa_0100L, cpu.gpr[Cpu.RSP]);
        assertEquals(Cpu.FLAG_IF | Cpu.FLAG_CF | Cpu.FLAG_TF | 2, cpu.flags());
    }

    @Test
    void sameLevelPushesThreeAndTheErrorCode() {
        p.protectedMode(0);
        p.interruptGate(Cpu.GP, CODE_32, 0x7000, 0x8e);
        cpu.flags(Cpu.FLAG_IF | Cpu.FLAG_ZF);
        p.deliver(Cpu.GP, 0x18);
        assertEquals(0x7000, cpu.rip);
        assertEquals(STACK - 16, cpu.gpr[Cpu.RSP]);
        assertEquals(0x18, p.stack32(0));
        assertEquals(CODE, p.stack32(1));
        assertEquals(CODE_32, p.stack32(2));
        assertEquals(Cpu.FLAG_IF | Cpu.FLAG_ZF | Cpu.FLAG_RF | 2, p.stack32(3));
        assertEquals(0, cpu.rflags & Cpu.FLAG_IF);
    }

    @Test
    void trapGateKeepsInterruptsOn() {
        p.protectedMode(0);
        p.interruptGate(0x30, CODE_32, 0x7000, 0x8f);
        cpu.flags(Cpu.FLAG_IF | Cpu.FLAG_TF | Cpu.FLAG_NT);
        Interrupts.external(cpu, 0x30);
        assertEquals(Cpu.FLAG_IF | 2, cpu.flags());
    }

    @Test
    void userInterruptSwitchesToTheStackOfTheTaskAndBack() {
        p.protectedMode(3);
        p.memory.write32(TSS + 4, 0x9000);
        p.memory.write32(TSS + 8, DATA);
        p.interruptGate(0x80, CODE_32, 0x7000, 0xee);
        p.runs("cd 80");
        assertEquals(0, cpu.cpl);
        assertEquals(DATA, cpu.segmentSelector[Cpu.SS]);
        assertEquals(0x9000 - 20, cpu.gpr[Cpu.RSP]);
        assertEquals(CODE + 2, p.stack32(0));
        assertEquals(USER_CODE_32, p.stack32(1));
        assertEquals((int) STACK, p.stack32(3));
        assertEquals(USER_DATA, p.stack32(4));
        cpu.segment(Cpu.DS, DATA, 0, -1, 0xc093);
        p.runs("cf");
        assertEquals(3, cpu.cpl);
        assertEquals(CODE + 2, cpu.rip);
        assertEquals(STACK, cpu.gpr[Cpu.RSP]);
        assertEquals(0, cpu.segmentSelector[Cpu.DS]); // was an inner level's
    }

    @Test
    void softwareInterruptNeedsThePrivilegeOfTheGate() {
        p.protectedMode(3);
        p.interruptGate(0x30, CODE_32, 0x7000, 0x8e);
        p.faults(Cpu.GP, 0x30 << 3 | 2, "cd 30");
        p.interruptGate(0x30, CODE_32, 0x7000, 0x6e);
        p.faults(Cpu.NP, 0x30 << 3 | 2, "cd 30");
        cpu.idtLimit = 0x30 * 8 + 6;
        p.faults(Cpu.GP, 0x30 << 3 | 2, "cd 30");
        assertEquals(STACK, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void invalidInnerStackIsInvalidTss() {
        p.protectedMode(3);
        p.memory.write32(TSS + 4, 0x9000);
        p.memory.write32(TSS + 8, USER_DATA);
        p.interruptGate(0x80, CODE_32, 0x7000, 0xee);
        p.faults(Cpu.TS, USER_DATA & ~3, "cd 80");
        p.memory.write32(TSS + 8, 0);
        p.faults(Cpu.TS, 0, "cd 80");
        cpu.segment(Cpu.TR, TASK, TSS, 8, 0x8b);
        p.faults(Cpu.TS, TASK, "cd 80");
    }

    @Test
    void faultInAFaultIsADoubleFaultAndThenShutdown() {
        p.protectedMode(0);
        p.interruptGate(Cpu.DF, CODE_32, 0x7000, 0x8e);
        p.deliver(Cpu.GP, 0); // its gate is absent: #GP again
        assertEquals(0x7000, cpu.rip);
        assertEquals(0, p.stack32(0));
        assertFalse(cpu.shutdown);
        p.interruptGate(Cpu.DF, CODE_32, 0, 0);
        p.deliver(Cpu.GP, 0);
        assertTrue(cpu.shutdown);
    }

    @Test
    void pageFaultInAContributoryFaultIsDeliveredByItself() {
        p.longMode(0);
        p.interruptGate(Cpu.PF, CODE_64, 0x7000, 0x8e);
        cpu.idtLimit = 0xffff;
        cpu.idtBase = 0x1f_ff00; // gate 13 would be at 0x1fffd0, gate 16 beyond the mapping
        p.memory.write64(0x1f_ff00 + 16 * Cpu.PF, gate(CODE_64, 0x7000, 0x8e));
        p.deliver(Cpu.MF, -1);
        assertEquals(0x7000, cpu.rip);
        assertEquals(0x20_0000, cpu.cr2);
        assertEquals(0, p.stack64(0));
    }

    @Test
    void longModePushesFiveOnAnAlignedStack() {
        p.longMode(0);
        p.interruptGate(0x40, CODE_64, 0x1_0000_7000L, 0x8e);
        cpu.gpr[Cpu.RSP] = STACK - 3;
        Interrupts.external(cpu, 0x40);
        assertEquals(0x1_0000_7000L, cpu.rip);
        assertEquals(STACK - 16 - 40, cpu.gpr[Cpu.RSP]);
        assertEquals(CODE, p.stack64(0));
        assertEquals(CODE_64, p.stack64(1));
        assertEquals(STACK - 3, p.stack64(3));
        assertEquals(DATA, p.stack64(4));
        cpu.rip = 0x7000;
        p.runs("48 cf");
        assertEquals(CODE, cpu.rip);
        assertEquals(STACK - 3, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void longModeUserInterruptLoadsNullStackSelector() {
        p.longMode(3);
        p.memory.write64(TSS + 4, 0x9000);
        p.interruptGate(Cpu.PF, CODE_64, 0x7000, 0x8e);
        p.deliver(Cpu.PF, 4);
        assertEquals(0, cpu.cpl);
        assertEquals(0, cpu.segmentSelector[Cpu.SS]);
        assertEquals(0x9000 - 48, cpu.gpr[Cpu.RSP]);
        assertEquals(4, p.stack64(0));
        assertEquals(USER_DATA, p.stack64(5));
        cpu.gpr[Cpu.RSP] += 8;
        p.runs("48 cf");
        assertEquals(3, cpu.cpl);
        assertEquals(USER_CODE_64, cpu.segmentSelector[Cpu.CS]);
        assertEquals(USER_DATA, cpu.segmentSelector[Cpu.SS]);
        assertEquals(STACK, cpu.gpr[Cpu.RSP]);
    }

    @Test
    void interruptStackTableWins() {
        p.longMode(0);
        p.interruptGate(Cpu.DF, CODE_64, 0x7000, 0x8e);
        p.memory.write8(IDT + 16 * Cpu.DF + 4, 2);
        p.memory.write64(TSS + 0x24 + 8, 0xa000);
        p.deliver(Cpu.DF, 0);
        assertEquals(0xa000 - 48, cpu.gpr[Cpu.RSP]);
        assertEquals(STACK, p.stack64(4));
    }

    @Test
    void returnToCompatibilityMode() {
        p.longMode(0);
        long sp = STACK - 40;
        cpu.gpr[Cpu.RSP] = sp;
        p.memory.write64(sp, 0x6100);
        p.memory.write64(sp + 8, USER_CODE_32);
        p.memory.write64(sp + 16, Cpu.FLAG_IF | 2);
        p.memory.write64(sp + 24, 0x7ff0);
        p.memory.write64(sp + 32, USER_DATA);
        p.runs("48 cf");
        assertEquals(4, cpu.codeSize);
        assertEquals(3, cpu.cpl);
        assertEquals(0x6100, cpu.rip);
        assertEquals(0xffff_ffffL, cpu.stackMask);
    }

    @Test
    void returnChecksItsSegments() {
        p.longMode(0);
        long sp = STACK - 40;
        cpu.gpr[Cpu.RSP] = sp;
        p.memory.write64(sp + 24, 0x7ff0);
        p.memory.write64(sp + 8, 0);
        p.faults(Cpu.GP, 0, "48 cf");
        p.memory.write64(sp + 8, DATA);
        p.faults(Cpu.GP, DATA, "48 cf");
        p.memory.write64(sp + 8, USER_CODE_64);
        p.memory.write64(sp + 32, 0); // no stack selector for users
        p.faults(Cpu.GP, 0, "48 cf");
        p.memory.write64(sp + 32, USER_DATA);
        p.memory.write64(sp, 1L << 47);
        p.faults(Cpu.GP, 0, "48 cf");
        assertEquals(sp, cpu.gpr[Cpu.RSP]);
        assertEquals(0, cpu.cpl);
    }

    @Test
    void userCannotTurnInterruptsOnOrRaiseItsIoPrivilege() {
        p.protectedMode(3);
        cpu.gpr[Cpu.RSP] = STACK - 12;
        p.memory.write32(STACK - 12, 0x6100);
        p.memory.write32(STACK - 8, USER_CODE_32);
        p.memory.write32(STACK - 4, Cpu.FLAG_IF | Cpu.FLAG_IOPL | Cpu.FLAG_CF);
        p.runs("cf");
        assertEquals(Cpu.FLAG_CF | 2, cpu.flags());
    }

    @Test
    void virtual8086RoundTrip() {
        p.protectedMode(0);
        long sp = STACK - 36;
        cpu.gpr[Cpu.RSP] = sp;
        int[] frame = {
            0x10, 0x200, Cpu.FLAG_VM | Cpu.FLAG_IF, 0x500, 0x300, 0x400, 0x401, 0x402, 0x403,
        };
        for (int k = 0; k < frame.length; k++) {
            p.memory.write32(sp + 4 * k, frame[k]);
        }
        p.runs("cf");
        assertTrue(cpu.virtual8086());
        assertEquals(3, cpu.cpl);
        assertEquals(0x2000, cpu.segmentBase[Cpu.CS]);
        assertEquals(0x4030, cpu.segmentBase[Cpu.GS]);
        assertEquals(2, cpu.codeSize);
        p.faults(Cpu.GP, 0, "cd 21"); // IOPL is 0

        p.memory.write32(TSS + 4, 0x9000);
        p.memory.write32(TSS + 8, DATA);
        p.interruptGate(Cpu.GP, CODE_32, 0x7000, 0x8e);
        p.deliver(Cpu.GP, 0);
        assertFalse(cpu.virtual8086());
        assertEquals(0, cpu.cpl);
        assertEquals(0x9000 - 40, cpu.gpr[Cpu.RSP]);
        assertEquals(0x10, p.stack32(1));
        assertEquals(0x300, p.stack32(5));
        assertEquals(0x400, p.stack32(6));
        assertEquals(0x403, p.stack32(9));
        assertEquals(0, cpu.segmentSelector[Cpu.DS]);
    }

    @Test
    void taskGateSwitchesTasksAndReturns() {
        p.protectedMode(0);
        int task = 0x60;
        long next = 0x4000;
        p.descriptor(task, segment(next, 0x67, 0x89));
        p.descriptor(TASK, segment(TSS, 0x67, 0x8b));
        p.memory.write32(next + 0x20, 0x7000); // EIP
        p.memory.write32(next + 0x24, 2);
        p.memory.write32(next + 0x38, 0xa000); // ESP
        p.memory.write32(next + 0x4c, CODE_32);
        for (int offset : new int[] {0x48, 0x50, 0x54, 0x58, 0x5c}) {
            p.memory.write32(next + offset, DATA);
        }
        p.memory.write64(IDT + 8 * Cpu.DF, gate(task, 0, 0x85));
        cpu.gpr[Cpu.RAX] = 0x1234;
        p.deliver(Cpu.DF, 0);
        assertEquals(0x7000, cpu.rip);
        assertEquals(0xa000 - 4, cpu.gpr[Cpu.RSP]);
        assertEquals(task, cpu.segmentSelector[Cpu.TR]);
        assertEquals(TASK, p.memory.read16(next));
        assertEquals(0x8b, p.memory.read8(GDT + task + 5));
        assertTrue((cpu.rflags & Cpu.FLAG_NT) != 0);
        assertTrue((cpu.cr0 & Cpu.CR0_TS) != 0);
        cpu.gpr[Cpu.RAX] = 0;
        p.runs("cf");
        assertEquals(CODE, cpu.rip);
        assertEquals(0x1234, cpu.gpr[Cpu.RAX]);
        assertEquals(TASK, cpu.segmentSelector[Cpu.TR]);
        assertEquals(0x89, p.memory.read8(GDT + task + 5));
    }

    /**
     * Two tasks, each without code segment and with its TSS on the other's descriptor: the link
     * that the processor writes when it leaves one task, 0x8900 or 0x8980, makes that task
     * available again. The second TSS is addressed through another mapping so that its base has
     * those bits.
     */
    @Test
    void endlessTaskSwitchesShutTheProcessorDown() {
        p.protectedMode(0);
        p.memory.write32(0x10_0000, 0x83); // 4 MiB pages
        p.memory.write32(0x10_0008, 0x83);
        cpu.cr3 = 0x10_0000;
        cpu.cr4 |= Cpu.CR4_PSE;
        cpu.cr0 |= Cpu.CR0_PG;
        cpu.modeChanged();
        cpu.gdtLimit = 0xffff;
        int one = 0x8900;
        int two = 0x8980;
        long tssOne = GDT + two + 4;
        long tssTwo = GDT + one + 4;
        p.descriptor(one, segment(tssOne, 0x67, 0x89));
        p.descriptor(two, segment(0x80_0000 | tssTwo, 0x67, 0x89));
        p.memory.write32(tssOne + 0x1c, 0x10_0000);
        p.memory.write32(tssTwo + 0x1c, 0x10_0000);
        p.memory.write64(IDT + 8 * Cpu.GP, gate(one, 0, 0x85));
        p.memory.write64(IDT + 8 * Cpu.TS, gate(one, 0, 0x85));
        p.memory.write64(IDT + 8 * Cpu.DF, gate(two, 0, 0x85));
        cpu.segment(Cpu.TR, two, TSS, 0x67, 0x8b); // the first link must be right too
        p.deliver(Cpu.GP, 0);
        assertTrue(cpu.shutdown);
        assertEquals(0, cpu.nestedTasks);
    }

    @Test
    void alignmentCheckInItsOwnDeliveryEnds() {
        p.protectedMode(3);
        cpu.cr0 |= Cpu.CR0_AM;
        cpu.flags(Cpu.FLAG_AC);
        cpu.modeChanged();
        cpu.gpr[Cpu.RSP] = STACK - 1;
        p.interruptGate(Cpu.AC, USER_CODE_32, 0x7000, 0xee); // handler without a stack switch
        p.deliver(Cpu.AC, 0);
        assertTrue(cpu.shutdown);
    }

    @Test
    void tablesOutsideTheAddressSpaceAreAFault() {
        p.longMode(0);
        cpu.gdtBase = 0x7fff_ffff_fff0L;
        cpu.gpr[Cpu.RAX] = 0x18;
        p.faults(Cpu.GP, 0, "8e d8");
    }
}
