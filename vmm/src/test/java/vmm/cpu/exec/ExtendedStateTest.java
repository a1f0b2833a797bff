package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;

/**
 * The XSAVE feature set: SDM volume 1 chapter 13, and the pages of the instructions in volume 2.
 */
class ExtendedStateTest {
    private static final int AREA = 0x7000, STATE_BV = AREA + 512, COMPACTED_BV = AREA + 520;
    private static final long COMPACTED = 1L << 63;
    private static final String XGETBV = "0f 01 d0",
            XSETBV = "0f 01 d1",
            XSAVE = "0f ae 26",
            XRSTOR = "0f ae 2e",
            XSAVEOPT = "0f ae 36",
            XSAVEC = "0f c7 26",
            XSAVES = "0f c7 2e",
            XRSTORS = "0f c7 1e";
    private static final String[] AREAS = {XSAVE, XRSTOR, XSAVEOPT, XSAVEC, XSAVES, XRSTORS};

    private final Processor p = new Processor();
    private final Cpu cpu = p.cpu;

    @BeforeEach
    void enable() {
        p.longMode(0);
        cpu.cr4 |= Cpu.CR4_OSFXSR | Cpu.CR4_OSXSAVE;
        cpu.xcr0 = 0x207;
        cpu.x87.initialise();
        cpu.gpr[Cpu.RSI] = AREA;
        mask(-1);
    }

    @AfterEach
    void release() {
        p.close();
    }

    private void mask(long value) {
        cpu.gpr[Cpu.RAX] = value & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = value >>> 32;
    }

    private void fillArea(int value) {
        for (int k = 0; k < 0x1000; k++) {
            p.memory.write8(AREA + k, value);
        }
        for (int k = 0; k < 64; k += 8) {
            p.memory.write64(STATE_BV + k, 0);
        }
    }

    /** Something in every component. */
    private void fillState() {
        cpu.x87.push(0x4001, 0xc000_0000_0000_0000L);
        for (int k = 0; k < 64; k++) {
            cpu.vector[k] = 0x0101_0101_0101_0101L * (k + 1);
        }
        cpu.mxcsr = 0x3f80;
        cpu.pkru(0x5555_0000);
    }

    // XCR0: volume 2 XGETBV, XSETBV

    @Test
    void withoutOsxsaveAllAreUndefined() {
        cpu.cr4 &= ~Cpu.CR4_OSXSAVE;
        p.faults(Cpu.UD, -1, XGETBV);
        p.faults(Cpu.UD, -1, XSETBV);
        for (String area : AREAS) {
            p.faults(Cpu.UD, -1, area);
        }
    }

    @Test
    void xsetbvTakesValidCombinationsOfTheSupervisor() {
        cpu.gpr[Cpu.RCX] = 0;
        for (long good : new long[] {1, 3, 7, 0x201, 0x207}) {
            mask(good);
            p.runs(XSETBV);
            assertEquals(good, cpu.xcr0);
        }
        for (long bad : new long[] {0, 2, 5, 6, 0xf, 0x10007, 1L << 32 | 1, 1L << 63 | 1}) {
            mask(bad);
            p.faults(Cpu.GP, 0, XSETBV);
        }
        mask(7);
        cpu.gpr[Cpu.RCX] = 1;
        p.faults(Cpu.GP, 0, XSETBV);
        cpu.gpr[Cpu.RCX] = 0;
        cpu.privilege(3);
        p.faults(Cpu.GP, 0, XSETBV);
        assertEquals(0x207, cpu.xcr0);
    }

    @Test
    void xgetbvShowsXcr0AndWhatIsInUse() {
        cpu.privilege(3);
        cpu.gpr[Cpu.RCX] = 0;
        p.runs(XGETBV);
        assertEquals(0x207, cpu.gpr[Cpu.RAX]);
        assertEquals(0, cpu.gpr[Cpu.RDX]);
        cpu.gpr[Cpu.RCX] = 1;
        p.runs(XGETBV);
        assertEquals(0, cpu.gpr[Cpu.RAX]);
        cpu.mxcsr = 0x3f80; // counts as SSE state
        cpu.vector[4 * 15 + 3] = 1;
        p.runs(XGETBV);
        assertEquals(6, cpu.gpr[Cpu.RAX]);
        fillState();
        p.runs(XGETBV);
        assertEquals(0x207, cpu.gpr[Cpu.RAX]);
        cpu.gpr[Cpu.RCX] = 2;
        p.faults(Cpu.GP, 0, XGETBV);
    }

    // Faults of the instructions with an area

    @Test
    void taskSwitchedIsDeviceNotAvailable() {
        cpu.cr0 |= Cpu.CR0_TS;
        for (String area : AREAS) {
            p.faults(Cpu.NM, -1, area);
        }
    }

    @Test
    void misalignedAreaIsAProtectionFault() {
        cpu.gpr[Cpu.RSI] = AREA + 32;
        for (String area : AREAS) {
            p.faults(Cpu.GP, 0, area);
        }
    }

    @Test
    void supervisorFormsNeedPrivilege() {
        cpu.privilege(3);
        p.faults(Cpu.GP, 0, XSAVES);
        p.faults(Cpu.GP, 0, XRSTORS);
        p.runs(XSAVEC);
    }

    @Test
    void unmappedAreaIsAPageFault() {
        for (String area : AREAS) {
            cpu.gpr[Cpu.RSI] = 0x20_0000;
            p.faults(Cpu.PF, area.equals(XRSTOR) || area.equals(XRSTORS) ? 0 : 2, area);
        }
        cpu.gpr[Cpu.RSI] = 0x1f_fc00; // the legacy region and the header are mapped
        fillState();
        p.faults(Cpu.PF, 2, XSAVE);
        assertEquals(0x1f_fc00 + 2688, cpu.cr2);
        assertEquals(0, p.memory.read64(0x1f_fc00)); // nothing half done
    }

    @Test
    void nonCanonicalAreaIsAProtectionFault() {
        cpu.gpr[Cpu.RSI] = 1L << 62;
        for (String area : AREAS) {
            p.faults(Cpu.GP, 0, area);
        }
    }

    // Saving: sections 13.7, 13.9, 13.10, 13.11

    @Test
    void xsaveWritesWhatIsAskedForEvenIfInitial() {
        fillArea(0xaa);
        p.memory.write64(STATE_BV, 0x207 | 1 << 5);
        mask(5);
        p.runs(XSAVE);
        assertEquals(0x37f, p.memory.read16(AREA));
        assertEquals(0x1f80, p.memory.read32(AREA + 24)); // with AVX, although SSE is not asked for
        assertEquals(0xffff, p.memory.read32(AREA + 28));
        assertEquals(0xaaaa_aaaa_aaaa_aaaaL, p.memory.read64(AREA + 160));
        assertEquals(0, p.memory.read64(AREA + 576));
        assertEquals(0xaaaa_aaaa_aaaa_aaaaL, p.memory.read64(AREA + 2688));
        assertEquals(0x202 | 1 << 5, p.memory.read64(STATE_BV)); // others as they were
        assertEquals(0, p.memory.read64(COMPACTED_BV));
    }

    @Test
    void xsaveWritesAllComponentsInPlace() {
        fillArea(0xaa);
        fillState();
        p.runs(XSAVE);
        assertEquals(0x207, p.memory.read64(STATE_BV));
        assertEquals(0xc000_0000_0000_0000L, p.memory.read64(AREA + 32));
        assertEquals(cpu.vector[4 * 15 + 1], p.memory.read64(AREA + 160 + 16 * 15 + 8));
        assertEquals(cpu.vector[4 * 15 + 3], p.memory.read64(AREA + 576 + 16 * 15 + 8));
        assertEquals(0x5555_0000, p.memory.read64(AREA + 2688));
        assertEquals(0x3f80, p.memory.read32(AREA + 24));
    }

    @Test
    void xsaveDoesNotTakeMxcsrForSseState() {
        fillArea(0xaa);
        cpu.mxcsr = 0x3f80;
        p.runs(XSAVE);
        assertEquals(0, p.memory.read64(STATE_BV));
        p.runs(XSAVEOPT);
        assertEquals(0, p.memory.read64(STATE_BV));
        p.runs(XSAVEC);
        assertEquals(2, p.memory.read64(STATE_BV));
    }

    @Test
    void xsaveoptLeavesOutWhatIsInitial() {
        fillArea(0xaa);
        cpu.vector[2] = 7;
        p.memory.write64(STATE_BV, -1);
        mask(7);
        p.runs(XSAVEOPT);
        assertEquals(0xaaaa, p.memory.read16(AREA));
        assertEquals(0x1f80, p.memory.read32(AREA + 24));
        assertEquals(7, p.memory.read64(AREA + 576));
        assertEquals(-1L & ~3, p.memory.read64(STATE_BV));
    }

    @Test
    void xsavecPacksTheComponents() {
        fillArea(0xaa);
        fillState();
        mask(0x203);
        p.runs(XSAVEC);
        assertEquals(COMPACTED | 0x203, p.memory.read64(COMPACTED_BV));
        assertEquals(0x203, p.memory.read64(STATE_BV));
        assertEquals(0x5555_0000, p.memory.read64(AREA + 576)); // no AVX before it
        mask(0x207);
        p.runs(XSAVES);
        assertEquals(COMPACTED | 0x207, p.memory.read64(COMPACTED_BV));
        assertEquals(0x5555_0000, p.memory.read64(AREA + 576 + 256));
    }

    @Test
    void xsavecLeavesOutWhatIsInitialButKeepsItsPlace() {
        fillArea(0xaa);
        cpu.pkru(1);
        p.runs(XSAVEC);
        assertEquals(COMPACTED | 0x207, p.memory.read64(COMPACTED_BV));
        assertEquals(0x200, p.memory.read64(STATE_BV));
        assertEquals(0xaaaa_aaaa, p.memory.read32(AREA + 24)); // MXCSR is SSE state here
        assertEquals(0xaaaa_aaaa_aaaa_aaaaL, p.memory.read64(AREA + 576));
        assertEquals(1, p.memory.read64(AREA + 576 + 256));
    }

    @Test
    void outsideLongModeThereAreEightRegisters() {
        cpu.efer &= ~Cpu.EFER_LMA;
        p.protectedMode(0);
        cpu.cr0 &= ~Cpu.CR0_PG;
        cpu.modeChanged();
        fillArea(0xaa);
        fillState();
        p.runs(XSAVE);
        assertEquals(cpu.vector[4 * 7], p.memory.read64(AREA + 160 + 16 * 7));
        assertEquals(0xaaaa_aaaa_aaaa_aaaaL, p.memory.read64(AREA + 160 + 16 * 8));
        assertEquals(0xaaaa_aaaa_aaaa_aaaaL, p.memory.read64(AREA + 576 + 16 * 8));
        p.memory.write64(STATE_BV, 0);
        p.runs(XRSTOR);
        assertEquals(0, cpu.vector[4 * 7]);
        assertEquals(0x0101_0101_0101_0101L * 33, cpu.vector[4 * 8]);
    }

    // Restoring: sections 13.8 and 13.12

    private void assertState(long mask) {
        assertEquals((mask & 1) != 0, !cpu.x87.empty(0));
        assertEquals((mask & 2) != 0 ? 0x0101_0101_0101_0101L : 0, cpu.vector[0]);
        assertEquals((mask & 4) != 0 ? 0x0303_0303_0303_0303L : 0, cpu.vector[2]);
        assertEquals((mask & 0x200) != 0 ? 0x5555_0000 : 0, cpu.pkru);
    }

    @Test
    void restoringBringsBackWhatWasSaved() {
        for (String form : new String[] {XSAVE, XSAVEOPT, XSAVEC, XSAVES}) {
            cpu.x87.initialise();
            fillState();
            fillArea(0);
            p.runs(form);
            mask(-1);
            java.util.Arrays.fill(cpu.vector, 99);
            cpu.pkru(3);
            cpu.x87.initialise();
            p.runs(form.equals(XSAVES) ? XRSTORS : XRSTOR);
            assertState(0x207);
            assertEquals(0x3f80, cpu.mxcsr);
        }
    }

    @Test
    void whatTheHeaderDoesNotHaveIsInitialised() {
        fillState();
        fillArea(0);
        p.runs(XSAVE);
        p.memory.write64(STATE_BV, 0x200);
        p.runs(XRSTOR);
        assertState(0x200);
        assertTrue(!cpu.x87.initial() || cpu.x87.control == 0x37f);
        assertEquals(0x3f80, cpu.mxcsr); // the standard form always loads it
    }

    @Test
    void compactedFormInitialisesMxcsr() {
        fillState();
        fillArea(0);
        p.runs(XSAVEC);
        p.memory.write64(STATE_BV, 4);
        p.runs(XRSTOR);
        assertState(4);
        assertEquals(0x1f80, cpu.mxcsr);
    }

    @Test
    void whatIsNotAskedForStays() {
        fillState();
        fillArea(0);
        mask(1);
        p.runs(XRSTOR);
        assertState(0x206);
        assertEquals(0x3f80, cpu.mxcsr);
    }

    @Test
    void standardFormChecksItsHeader() {
        fillArea(0);
        p.memory.write64(STATE_BV, 8);
        p.faults(Cpu.GP, 0, XRSTOR);
        p.memory.write64(STATE_BV, 0);
        for (int k = 8; k < 24; k++) {
            p.memory.write8(STATE_BV + k, 1);
            p.faults(Cpu.GP, 0, XRSTOR);
            p.memory.write8(STATE_BV + k, 0);
        }
        p.memory.write8(STATE_BV + 24, 1); // not looked at
        p.runs(XRSTOR);
        cpu.xcr0 = 3;
        p.memory.write64(STATE_BV, 4);
        p.faults(Cpu.GP, 0, XRSTOR);
    }

    @Test
    void compactedFormChecksItsHeader() {
        fillArea(0);
        p.memory.write64(COMPACTED_BV, COMPACTED | 8);
        p.faults(Cpu.GP, 0, XRSTOR);
        p.memory.write64(COMPACTED_BV, COMPACTED | 3);
        p.memory.write64(STATE_BV, 4);
        p.faults(Cpu.GP, 0, XRSTOR);
        p.memory.write64(STATE_BV, 0);
        for (int k = 16; k < 64; k++) {
            p.memory.write8(STATE_BV + k, 1);
            p.faults(Cpu.GP, 0, XRSTOR);
            p.memory.write8(STATE_BV + k, 0);
        }
        p.runs(XRSTOR);
        p.runs(XRSTORS);
        p.memory.write64(COMPACTED_BV, 0);
        p.faults(Cpu.GP, 0, XRSTORS); // only the compacted form
    }

    @Test
    void reservedBitsOfMxcsrFault() {
        fillArea(0);
        p.memory.write32(AREA + 24, 0x1_1f80);
        mask(2);
        p.faults(Cpu.GP, 0, XRSTOR);
        mask(4);
        p.faults(Cpu.GP, 0, XRSTOR);
        mask(0x201);
        p.runs(XRSTOR);
    }

    // CPUID and the MSR

    private long[] leaf(int subleaf) {
        cpu.gpr[Cpu.RAX] = 0xd;
        cpu.gpr[Cpu.RCX] = subleaf;
        p.runs("0f a2");
        return new long[] {cpu.gpr[Cpu.RAX], cpu.gpr[Cpu.RBX], cpu.gpr[Cpu.RCX], cpu.gpr[Cpu.RDX]};
    }

    @Test
    void cpuidDescribesTheArea() {
        cpu.xcr0 = 7;
        assertArrayEquals(new long[] {0x207, 832, 2696, 0}, leaf(0));
        assertArrayEquals(new long[] {15, 832, 0, 0}, leaf(1));
        cpu.xcr0 = 0x203;
        assertEquals(2696, leaf(0)[1]);
        assertEquals(584, leaf(1)[1]);
        cpu.xcr0 = 1;
        assertEquals(576, leaf(0)[1]);
        assertArrayEquals(new long[] {256, 576, 0, 0}, leaf(2));
        assertArrayEquals(new long[] {8, 2688, 0, 0}, leaf(9));
        assertArrayEquals(new long[4], leaf(3));
    }

    @Test
    void cpuidShowsWhetherTheSystemEnabledIt() {
        cpu.gpr[Cpu.RAX] = 1;
        p.runs("0f a2");
        assertEquals(3, cpu.gpr[Cpu.RCX] >>> 26 & 3);
        cpu.cr4 &= ~Cpu.CR4_OSXSAVE;
        cpu.gpr[Cpu.RAX] = 1;
        p.runs("0f a2");
        assertEquals(1, cpu.gpr[Cpu.RCX] >>> 26 & 3);
    }

    @Test
    void supervisorMaskIsEmpty() {
        cpu.gpr[Cpu.RCX] = 0xda0;
        p.runs("0f 32");
        assertEquals(0, cpu.gpr[Cpu.RAX]);
        mask(0);
        p.runs("0f 30");
        mask(1 << 8);
        p.faults(Cpu.GP, 0, "0f 30");
    }

    @Test
    void prefixesMakeThemUndefined() {
        for (String area : AREAS) {
            p.undefined("f0 " + area);
            p.undefined("f2 " + area);
        }
        p.undefined("66 " + XGETBV);
        p.undefined("0f c7 e6"); // xsavec with a register
    }
}
