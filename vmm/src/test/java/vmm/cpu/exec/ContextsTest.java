package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;

/**
 * Process contexts, 5-level paging and protection keys: the instructions and what they refuse. SDM
 * volume 3 sections 2.5, 4.5, 4.6.2, 4.10; volume 2 INVPCID, RDPKRU, WRPKRU, MOV to CR.
 */
class ContextsTest {
    private static final String MOV_CR0 = "0f 22 c0", MOV_CR3 = "0f 22 d8", MOV_CR4 = "0f 22 e0";
    private static final String INVPCID = "66 0f 38 82 06"; // invpcid rax, [rsi]
    private static final String RDPKRU = "0f 01 ee", WRPKRU = "0f 01 ef";
    private static final int DESCRIPTOR = 0x7000, PAGES = 0x10_3000;

    private final Processor p = new Processor();
    private final Cpu cpu = p.cpu;

    @BeforeEach
    void longMode() {
        p.longMode(0);
        p.memory.write64(0x10_2000, PAGES | 7);
        for (int k = 0; k < 512; k++) {
            p.memory.write64(PAGES + 8 * k, (long) k << 12 | 7);
        }
        cpu.mmu.flush();
        cpu.gpr[Cpu.RSI] = DESCRIPTOR;
    }

    @AfterEach
    void release() {
        p.close();
    }

    private void write(String hex, long value, boolean allowed) {
        cpu.gpr[Cpu.RAX] = value;
        if (allowed) {
            p.runs(hex);
        } else {
            p.faults(Cpu.GP, 0, hex);
        }
    }

    // CR3 and CR4.PCIDE

    @Test
    void contextsNeedLongModeAndContextZero() {
        cpu.cr3 |= 1;
        write(MOV_CR4, cpu.cr4 | Cpu.CR4_PCIDE, false);
        cpu.cr3 &= ~0xfffL;
        write(MOV_CR4, cpu.cr4 | Cpu.CR4_PCIDE, true);
        cpu.cr3 |= 5;
        write(MOV_CR4, cpu.cr4 | Cpu.CR4_TSD, true); // it stays on with any context
    }

    @Test
    void contextsCannotBeOnOutsideLongMode() {
        Processor other = new Processor();
        other.protectedMode(0);
        other.cpu.cr4 = Cpu.CR4_PAE;
        other.cpu.gpr[Cpu.RAX] = Cpu.CR4_PAE | Cpu.CR4_PCIDE;
        other.faults(Cpu.GP, 0, MOV_CR4);
        other.close();
    }

    @Test
    void pagingStaysOnWithContexts() {
        cpu.segment(Cpu.CS, Processor.CODE_32, 0, -1, 0xc09b);
        cpu.cr0 &= ~(Cpu.CR0_CD | Cpu.CR0_NW);
        cpu.cr4 |= Cpu.CR4_PCIDE;
        write(MOV_CR0, cpu.cr0 & ~Cpu.CR0_PG, false);
        cpu.cr4 &= ~Cpu.CR4_PCIDE;
        write(MOV_CR0, cpu.cr0 & ~Cpu.CR0_PG, true);
    }

    @Test
    void topBitOfCr3IsForContextsOnlyAndNotKept() {
        long table = cpu.cr3;
        write(MOV_CR3, table | 1L << 63, false);
        cpu.cr4 |= Cpu.CR4_PCIDE;
        write(MOV_CR3, table | 7 | 1L << 63, true);
        assertEquals(table | 7, cpu.cr3);
        write(MOV_CR3, table | 1L << 62, false);
        write(MOV_CR3, table | 1L << 40, false);
    }

    // INVPCID

    private int mapped() {
        return cpu.mmu.load8(Cpu.DS, 0x5000);
    }

    /** Whether invpcid of the kind drops the translation of a page. */
    private boolean drops(int kind, long context, long linear, boolean global) {
        p.memory.write8(0x5000, 1);
        p.memory.write8(0x6000, 2);
        p.memory.write64(PAGES + 8 * 5, 0x5007 | (global ? 0x100 : 0));
        cpu.mmu.flush();
        assertEquals(1, mapped());
        p.memory.write64(PAGES + 8 * 5, 0x6007 | (global ? 0x100 : 0));
        p.memory.write64(DESCRIPTOR, context);
        p.memory.write64(DESCRIPTOR + 8, linear);
        cpu.gpr[Cpu.RAX] = kind;
        p.runs(INVPCID);
        return mapped() == 2;
    }

    @Test
    void invpcidDropsWhatItsKindSays() {
        cpu.cr4 |= Cpu.CR4_PGE | Cpu.CR4_PCIDE;
        cpu.cr3 |= 3;
        cpu.modeChanged();
        assertTrue(drops(0, 3, 0x5123, false));
        assertTrue(drops(1, 3, 0, false));
        assertTrue(drops(2, 0, 0, true));
        assertTrue(drops(3, 0, 0, false));
        cpu.cr4 &= ~Cpu.CR4_PCIDE;
        assertTrue(drops(0, 0, 0x5123, false));
        assertTrue(drops(1, 0, 0, false));
    }

    @Test
    void invpcidRefusesWhatTheManualLists() {
        p.memory.write64(DESCRIPTOR, 0);
        p.memory.write64(DESCRIPTOR + 8, 0);
        write(INVPCID, 4, false);
        write(INVPCID, 1L << 32, false);
        p.memory.write64(DESCRIPTOR, 1); // a context without CR4.PCIDE
        write(INVPCID, 0, false);
        write(INVPCID, 1, false);
        write(INVPCID, 2, true);
        cpu.cr4 |= Cpu.CR4_PCIDE;
        write(INVPCID, 1, true);
        for (int kind = 0; kind < 4; kind++) {
            p.memory.write64(DESCRIPTOR, 1 << 12); // reserved bits
            write(INVPCID, kind, false);
        }
        p.memory.write64(DESCRIPTOR, 1);
        p.memory.write64(DESCRIPTOR + 8, 1L << 62);
        write(INVPCID, 0, false);
        write(INVPCID, 1, true);
        cpu.gpr[Cpu.RSI] = 0x20_0000;
        cpu.gpr[Cpu.RAX] = 0;
        p.faults(Cpu.PF, 0, INVPCID);
        cpu.privilege(3);
        p.faults(Cpu.GP, 0, INVPCID);
        p.undefined("0f 38 82 06");
        p.undefined("66 0f 38 82 c6"); // a register
        p.undefined("f0 66 0f 38 82 06");
    }

    // CR4.LA57

    @Test
    void levelsCannotChangeInLongMode() {
        write(MOV_CR4, cpu.cr4 | Cpu.CR4_LA57, false);
        Processor other = new Processor();
        other.protectedMode(0);
        other.cpu.gpr[Cpu.RAX] = Cpu.CR4_PAE | Cpu.CR4_LA57;
        other.runs(MOV_CR4);
        other.close();
    }

    @Test
    void systemRegistersTakeTheWidestAddresses() {
        cpu.gpr[Cpu.RCX] = 0xc000_0082L;
        cpu.gpr[Cpu.RAX] = 0;
        cpu.gpr[Cpu.RDX] = 0x00ff_0000L;
        p.runs("0f 30"); // wrmsr: 57 bits whatever CR4.LA57 says
        cpu.gpr[Cpu.RDX] = 0x0100_0000L;
        p.faults(Cpu.GP, 0, "0f 30");
    }

    // RDPKRU and WRPKRU

    @Test
    void protectionKeyRightsAreReadAndWritten() {
        p.faults(Cpu.UD, -1, RDPKRU);
        p.faults(Cpu.UD, -1, WRPKRU);
        cpu.cr4 |= Cpu.CR4_PKE;
        cpu.modeChanged();
        cpu.privilege(3);
        cpu.gpr[Cpu.RCX] = 0;
        cpu.gpr[Cpu.RDX] = 0;
        cpu.gpr[Cpu.RAX] = 0x5555_5554L;
        p.runs(WRPKRU);
        assertEquals(0x5555_5554, cpu.pkru);
        cpu.gpr[Cpu.RDX] = 9;
        p.faults(Cpu.GP, 0, WRPKRU);
        cpu.gpr[Cpu.RAX] = 0;
        p.runs(RDPKRU);
        assertEquals(0x5555_5554L, cpu.gpr[Cpu.RAX]);
        assertEquals(0, cpu.gpr[Cpu.RDX]);
        cpu.gpr[Cpu.RCX] = 1;
        p.faults(Cpu.GP, 0, RDPKRU);
        p.faults(Cpu.GP, 0, WRPKRU);
    }

    @Test
    void cpuidAnnouncesThem() {
        cpu.gpr[Cpu.RAX] = 7;
        cpu.gpr[Cpu.RCX] = 0;
        p.runs("0f a2");
        assertEquals(1 << 3 | 1 << 16, cpu.gpr[Cpu.RCX] & (1 << 3 | 1 << 4 | 1 << 16));
        cpu.cr4 |= Cpu.CR4_PKE;
        cpu.gpr[Cpu.RAX] = 7;
        cpu.gpr[Cpu.RCX] = 0;
        p.runs("0f a2");
        assertEquals(1 << 4, cpu.gpr[Cpu.RCX] & 1 << 4); // and what the system enabled
        cpu.gpr[Cpu.RAX] = 1;
        p.runs("0f a2");
        assertEquals(1 << 17, cpu.gpr[Cpu.RCX] & 1 << 17);
    }
}
