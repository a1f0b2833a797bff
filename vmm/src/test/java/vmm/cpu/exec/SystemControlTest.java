package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmm.cpu.exec.Processor.*;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;

/** Control registers, MSRs, CPUID: SDM volume 3 chapter 2, volume 2 CPUID. */
class SystemControlTest {
    private final Processor p = new Processor();
    private final Cpu cpu = p.cpu;

    @AfterEach
    void release() {
        p.close();
    }

    private void cr0(long value, boolean allowed) {
        cpu.gpr[Cpu.RAX] = value;
        if (allowed) {
            p.runs("0f 22 c0");
        } else {
            p.faults(Cpu.GP, 0, "0f 22 c0");
        }
    }

    @Test
    void powerUpState() {
        assertEquals(0xfff0, cpu.rip);
        assertEquals(0xffff_0000L, cpu.segmentBase[Cpu.CS]);
        assertEquals(0x6000_0010L, cpu.cr0);
        assertEquals(2, cpu.flags());
        assertEquals(2, cpu.codeSize);
        assertEquals(0xffff_fff0L, cpu.mmu.fetchGpa(cpu.segmentBase[Cpu.CS] + cpu.rip));
    }

    @Test
    void cr0Combinations() {
        p.longMode(0);
        long good = cpu.cr0 & ~(Cpu.CR0_CD | Cpu.CR0_NW);
        cr0(good | 1L << 32, false);
        cr0(good & ~Cpu.CR0_PE, false); // paging without protection
        cr0(good | Cpu.CR0_NW, false);
        cr0(good & ~Cpu.CR0_PG, false); // in 64-bit mode
        cr0(good | 1 << 10, true); // undefined bits are ignored
        assertEquals(good, cpu.cr0);
    }

    @Test
    void pagingWithLongModeEnabledNeedsPae() {
        p.protectedMode(0);
        cpu.cr0 &= ~(Cpu.CR0_CD | Cpu.CR0_NW);
        cpu.efer = Cpu.EFER_LME;
        cr0(cpu.cr0 | Cpu.CR0_PG, false);
        cpu.cr4 = Cpu.CR4_PAE;
        cr0(cpu.cr0 | Cpu.CR0_PG, true);
        assertEquals(Cpu.EFER_LME | Cpu.EFER_LMA, cpu.efer);
        cr0(cpu.cr0 & ~Cpu.CR0_PG, true); // from compatibility mode
        assertEquals(Cpu.EFER_LME, cpu.efer);
    }

    @Test
    void controlRegistersAreForTheSupervisor() {
        p.protectedMode(3);
        for (String hex :
                new String[] {
                    "0f 20 c0",
                    "0f 22 d8",
                    "0f 06",
                    "f4",
                    "0f 01 38",
                    "0f 32",
                    "0f 30",
                    "0f 09",
                    "fa",
                    "fb",
                    "0f 21 c0",
                    "0f 01 10",
                    "0f 01 f0",
                }) {
            p.faults(Cpu.GP, 0, hex);
        }
        p.faults(Cpu.UD, -1, "0f 20 c8"); // there is no CR1
    }

    @Test
    void userModeInstructionPrevention() {
        p.protectedMode(3);
        cpu.gpr[Cpu.RAX] = 0x7000;
        p.runs("0f 01 00"); // sgdt [eax]
        assertEquals(0xff, p.memory.read16(0x7000));
        assertEquals(GDT, p.memory.read32(0x7002));
        cpu.cr4 |= Cpu.CR4_UMIP;
        for (String hex :
                new String[] {"0f 01 00", "0f 01 08", "0f 00 c0", "0f 00 c8", "0f 01 e0"}) {
            p.faults(Cpu.GP, 0, hex);
        }
    }

    @Test
    void cr4RejectsWhatIsNotAnnounced() {
        p.longMode(0);
        cpu.gpr[Cpu.RAX] = Cpu.CR4_PAE | 1 << 23; // CET
        p.faults(Cpu.GP, 0, "0f 22 e0");
        cpu.gpr[Cpu.RAX] = Cpu.CR4_PGE; // PAE cannot go in long mode
        p.faults(Cpu.GP, 0, "0f 22 e0");
        cpu.gpr[Cpu.RAX] = Cpu.CR4_PAE | Cpu.CR4_PGE;
        p.runs("0f 22 e0");
        cpu.gpr[Cpu.RAX] = 1L << 45;
        p.faults(Cpu.GP, 0, "0f 22 d8");
        cpu.gpr[Cpu.RAX] = 16;
        p.faults(Cpu.GP, 0, "44 0f 22 c0"); // mov cr8, rax
    }

    @Test
    void debugRegisters() {
        p.protectedMode(0);
        cpu.gpr[Cpu.RAX] = 0xffff_ffffL;
        p.runs("0f 23 f0"); // mov dr6, eax
        assertEquals(0xffff_effeL | 1, cpu.dr[6]);
        cpu.gpr[Cpu.RAX] = 0x1234;
        p.runs("0f 23 c8");
        p.runs("0f 21 cb"); // mov ebx, dr1
        assertEquals(0x1234, cpu.gpr[Cpu.RBX]);
        cpu.cr4 |= Cpu.CR4_DE;
        p.faults(Cpu.UD, -1, "0f 21 e0"); // dr4
        cpu.dr[7] |= 1 << 13;
        p.faults(Cpu.DB, -1, "0f 21 c0");
        assertEquals(1 << 13, cpu.dr[6] & 1 << 13);
        p.runs("0f 21 c0");
    }

    private void rdmsr(long number) {
        cpu.gpr[Cpu.RCX] = number;
        p.runs("0f 32");
    }

    private void wrmsr(long number, long value) {
        cpu.gpr[Cpu.RCX] = number;
        cpu.gpr[Cpu.RAX] = value & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = value >>> 32;
    }

    @Test
    void modelSpecificRegisters() {
        p.longMode(0);
        wrmsr(0xc000_0101L, 0xffff_8000_0000_0000L);
        p.runs("0f 30");
        assertEquals(0xffff_8000_0000_0000L, cpu.segmentBase[Cpu.GS]);
        wrmsr(0xc000_0101L, 0x100_0000_0000_0000L);
        p.faults(Cpu.GP, 0, "0f 30");
        wrmsr(0x277, 0x0200_0000_0000_0000L);
        p.faults(Cpu.GP, 0, "0f 30");
        wrmsr(0xc000_0080L, Cpu.EFER_LME | 1 << 12);
        p.faults(Cpu.GP, 0, "0f 30");
        wrmsr(0xc000_0080L, Cpu.EFER_NXE); // LME cannot change under paging
        p.faults(Cpu.GP, 0, "0f 30");
        cpu.gpr[Cpu.RCX] = 0x48;
        p.faults(Cpu.GP, 0, "0f 32");
    }

    @Test
    void timeStampFollowsTheClock() {
        p.longMode(0);
        p.clock.nowNs = 5_000_000_000L;
        p.runs("0f 31");
        assertEquals(5_000_000_000L, cpu.gpr[Cpu.RDX] << 32 | cpu.gpr[Cpu.RAX]);
        wrmsr(0x10, 100);
        p.runs("0f 30");
        p.clock.nowNs += 7;
        cpu.tscAux = 3;
        p.runs("0f 01 f9");
        assertEquals(107, cpu.gpr[Cpu.RAX]);
        assertEquals(3, cpu.gpr[Cpu.RCX]);
        cpu.cr4 |= Cpu.CR4_TSD;
        cpu.privilege(3);
        p.faults(Cpu.GP, 0, "0f 31");
    }

    @Test
    void paravirtualClockGivesTheTimeOfTheMachine() {
        p.longMode(0);
        p.clock.nowNs = 1_000;
        p.clock.wallClockNs = 1_700_000_000_500_001_000L;
        wrmsr(0x10, 5_000_000);
        p.runs("0f 30");
        wrmsr(0x4b56_4d01L, 0x7001);
        p.runs("0f 30");
        p.clock.nowNs = 91_000;
        p.runs("0f 31");
        long ticks = cpu.gpr[Cpu.RAX] - p.memory.read64(0x7008);
        int shift = p.memory.read8(0x701c);
        long factor = p.memory.read32(0x7018) & 0xffff_ffffL;
        assertEquals(91_000, p.memory.read64(0x7010) + ((ticks << shift) * factor >>> 32));
        assertEquals(0, p.memory.read32(0x7000) & 1);
        assertEquals(1, p.memory.read8(0x701d));
        wrmsr(0x4b56_4d00L, 0x7100);
        p.runs("0f 30");
        assertEquals(1_700_000_000, p.memory.read32(0x7104));
        assertEquals(500_001_000 - 91_000, p.memory.read32(0x7108));
        wrmsr(0x4b56_4d01L, 0x8000_0001L); // no RAM there
        p.faults(Cpu.GP, 0, "0f 30");
    }

    private String cpuid(long leaf) {
        cpu.gpr[Cpu.RAX] = leaf;
        cpu.gpr[Cpu.RCX] = 0;
        p.runs("0f a2");
        StringBuilder text = new StringBuilder();
        for (int register : new int[] {Cpu.RBX, Cpu.RCX, Cpu.RDX}) {
            for (int k = 0; k < 4; k++) {
                text.append((char) (cpu.gpr[register] >>> 8 * k & 0xff));
            }
        }
        return text.toString();
    }

    @Test
    void hostLeavesNameBothHosts() {
        assertEquals("OpenBSDVMM58", cpuid(0x4000_0000L));
        assertEquals("KVMKVMKVM\0\0\0", cpuid(0x4000_0100L));
        assertEquals(0x4000_0101L, cpu.gpr[Cpu.RAX]);
        cpuid(0x4000_0101L);
        assertEquals(0x0100_000aL, cpu.gpr[Cpu.RAX]);
    }

    @Test
    void announcedFeaturesHaveWhatTheyNeed() {
        cpuid(1);
        assertEquals(Cpu.SIGNATURE, cpu.gpr[Cpu.RAX]);
        assertTrue(cpu.gpr[Cpu.RCX] >>> 31 == 1);
        assertEquals(0, cpu.gpr[Cpu.RDX] & (1 << 9 | 1 << 7 | 1 << 12 | 1 << 14)); // APIC, MCE...
        cpuid(0x8000_0001L);
        assertTrue((cpu.gpr[Cpu.RDX] & 1 << 29) != 0);
        cpuid(0x8000_0008L);
        assertEquals(0x3928, cpu.gpr[Cpu.RAX]);
        cpuid(7);
        rdmsr(0x10a);
        assertTrue((cpu.gpr[Cpu.RAX] & 1) != 0);
    }

    @Test
    void interruptFlagNeedsIoPrivilege() {
        p.protectedMode(3);
        p.faults(Cpu.GP, 0, "fb");
        cpu.flags(Cpu.FLAG_IOPL);
        p.runs("fb");
        assertTrue(cpu.interruptShadow);
        assertEquals(Cpu.FLAG_IOPL | Cpu.FLAG_IF | 2, cpu.flags());
        p.runs("fa");
        assertEquals(Cpu.FLAG_IOPL | 2, cpu.flags());
    }

    @Test
    void invlpgDropsTheTranslation() {
        p.longMode(0);
        p.memory.write64(0x10_2000, 0x10_3007);
        p.memory.write64(0x10_3000 + 8 * 5, 0x5007);
        p.memory.write64(0x10_3000 + 8 * 0x102, 0x10_2007);
        cpu.mmu.flush();
        p.memory.write8(0x5000, 1);
        p.memory.write8(0x7000, 2);
        assertEquals(1, cpu.mmu.load8(Cpu.DS, 0x5000));
        p.memory.write64(0x10_3000 + 8 * 5, 0x7007);
        assertEquals(1, cpu.mmu.load8(Cpu.DS, 0x5000));
        cpu.gpr[Cpu.RAX] = 0x5123;
        p.runs("0f 01 38");
        assertEquals(2, cpu.mmu.load8(Cpu.DS, 0x5000));
    }

    @Test
    void fsAndGsBaseInstructions() {
        p.longMode(3);
        p.faults(Cpu.UD, -1, "f3 48 0f ae c0");
        cpu.cr4 |= Cpu.CR4_FSGSBASE;
        cpu.gpr[Cpu.RAX] = 0x7fff_1234_5678L;
        p.runs("f3 48 0f ae d0"); // wrfsbase rax
        assertEquals(0x7fff_1234_5678L, cpu.segmentBase[Cpu.FS]);
        p.runs("f3 0f ae c1"); // rdfsbase ecx
        assertEquals(0x1234_5678L, cpu.gpr[Cpu.RCX]);
    }

    @Test
    void cpuidAnnouncesTheThirdLevelOfX8664() {
        cpuid(1);
        long fmaMovbeXsaveAvxF16c = 1L << 12 | 1L << 22 | 1L << 26 | 1L << 28 | 1L << 29;
        assertEquals(fmaMovbeXsaveAvxF16c, cpu.gpr[Cpu.RCX] & fmaMovbeXsaveAvxF16c);
        cpu.gpr[Cpu.RCX] = 0;
        cpuid(7);
        long bmi1Avx2Bmi2 = 1L << 3 | 1L << 5 | 1L << 8;
        assertEquals(bmi1Avx2Bmi2, cpu.gpr[Cpu.RBX] & bmi1Avx2Bmi2);
        long vaesVpclmulqdq = 1L << 9 | 1L << 10;
        assertEquals(vaesVpclmulqdq, cpu.gpr[Cpu.RCX] & vaesVpclmulqdq);
        cpuid(0x8000_0001L);
        long lzcnt = 1L << 5;
        assertEquals(lzcnt, cpu.gpr[Cpu.RCX] & lzcnt);
    }
}
