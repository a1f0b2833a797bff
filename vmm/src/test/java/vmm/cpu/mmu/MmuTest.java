package vmm.cpu.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.NoDevices;
import vmm.mem.GuestMemory;

/** Page walks and segment checks against SDM volume 3 chapters 4 and 5. */
class MmuTest {
    private static final long PRESENT = 1, WRITABLE = 2, USER = 4, ACCESSED = 0x20, DIRTY = 0x40;
    private static final long LARGE = 0x80, GLOBAL = 0x100, NX = 1L << 63;
    private static final long ALL = PRESENT | WRITABLE | USER;
    private static final int TABLES = 0x10_0000;

    private final GuestMemory memory = GuestMemory.allocate(8 << 20);
    private final Recorder platform = new Recorder();
    private final Cpu cpu = new Cpu(platform, memory);
    private final Mmu mmu = cpu.mmu;

    @AfterEach
    void release() {
        memory.close();
    }

    private static final class Recorder extends NoDevices {
        private final List<String> accesses = new ArrayList<>();

        @Override
        public long mmioRead(long gpa, int size) {
            accesses.add("r" + size + "@" + Long.toHexString(gpa));
            return 0x1122_3344_5566_7788L & (-1L >>> 64 - 8 * size);
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {
            accesses.add("w" + size + "@" + Long.toHexString(gpa) + "=" + Long.toHexString(value));
        }
    }

    // Modes

    private void flatProtected() {
        cpu.cr0 |= Cpu.CR0_PE;
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            cpu.segment(segment, 0x10, 0, -1, 0xc093);
        }
        cpu.segment(Cpu.CS, 8, 0, -1, 0xc09b);
        cpu.modeChanged();
    }

    /** 64-bit mode; PML4 at TABLES, each level's table on the page that follows. */
    private void longMode() {
        flatProtected();
        cpu.cr3 = TABLES;
        cpu.cr4 |= Cpu.CR4_PAE;
        cpu.efer |= Cpu.EFER_LME | Cpu.EFER_LMA | Cpu.EFER_NXE;
        cpu.cr0 |= Cpu.CR0_PG | Cpu.CR0_WP;
        cpu.segment(Cpu.CS, 8, 0, -1, 0xa09b);
        cpu.modeChanged();
        for (int level = 0; level < 3; level++) {
            memory.write64(TABLES + 0x1000L * level, TABLES + 0x1000L * (level + 1) | ALL);
        }
    }

    /** Entry of the last table that maps linear page {@code page} (0..511). */
    private static long pte(int page) {
        return TABLES + 0x3000 + 8L * page;
    }

    private void map(int page, long entry) {
        memory.write64(pte(page), entry);
    }

    private void faults(int vector, int errorCode, Runnable access) {
        GuestFault fault = assertThrows(GuestFault.class, access::run);
        assertEquals(vector, fault.vector());
        assertEquals(errorCode, fault.errorCode());
    }

    @Test
    void realModeAddsSixteenTimesTheSelector() {
        cpu.segment(Cpu.DS, 0x1234, 0x12340, 0xffff, 0x93);
        mmu.store16(Cpu.DS, 0x10, 0xbeef);
        assertEquals(0xbeef, memory.read16(0x12350));
        assertEquals(0xef, mmu.load8(Cpu.DS, 0x10));
    }

    @Test
    void realModeLimitIsSixtyFourKib() {
        mmu.load8(Cpu.DS, 0xffff);
        faults(Cpu.GP, 0, () -> mmu.load16(Cpu.DS, 0xffff));
        faults(Cpu.SS_FAULT, 0, () -> mmu.load16(Cpu.SS, 0xffff));
    }

    @Test
    void realModeKnowsNoTypes() {
        cpu.segment(Cpu.CS, 0x100, 0x1000, 0xffff, 0x9b);
        mmu.store8(Cpu.CS, 0x10, 7);
        assertEquals(7, memory.read8(0x1010));
        faults(Cpu.GP, 0, () -> mmu.store16(Cpu.CS, 0xffff, 0));
    }

    @Test
    void unmappedAddressGoesToThePlatform() {
        flatProtected();
        assertEquals(0x5566_7788, mmu.load32(Cpu.DS, 0xfee0_0010L));
        mmu.store16(Cpu.DS, 0xfee0_0020L, 0x1234);
        assertEquals(List.of("r4@fee00010", "w2@fee00020=1234"), platform.accesses);
    }

    @Test
    void expandDownSegmentAllowsWhatIsAboveItsLimit() {
        flatProtected();
        cpu.segment(Cpu.DS, 0x10, 0, 0x0fff, 0xc097);
        mmu.store8(Cpu.DS, 0x1000, 1);
        faults(Cpu.GP, 0, () -> mmu.store8(Cpu.DS, 0x0fff, 1));
        cpu.segment(Cpu.DS, 0x10, 0, 0x0fff, 0x8097);
        faults(Cpu.GP, 0, () -> mmu.load16(Cpu.DS, 0xffff));
    }

    @Test
    void segmentTypeDecidesAboutAccess() {
        flatProtected();
        cpu.segment(Cpu.DS, 0x10, 0, -1, 0xc091);
        mmu.load8(Cpu.DS, 0);
        faults(Cpu.GP, 0, () -> mmu.store8(Cpu.DS, 0, 1));
        faults(Cpu.GP, 0, () -> mmu.store8(Cpu.CS, 0, 1));
        cpu.segment(Cpu.CS, 8, 0, -1, 0xc099); // execute only
        faults(Cpu.GP, 0, () -> mmu.load8(Cpu.CS, 0));
        cpu.segment(Cpu.ES, 0, 0, 0, Cpu.ACCESS_UNUSABLE);
        faults(Cpu.GP, 0, () -> mmu.load8(Cpu.ES, 0));
    }

    @Test
    void accessThatCrossesPagesIsOneAccess() {
        longMode();
        map(1, 0x20_1000 | ALL);
        map(2, 0x20_5000 | ALL);
        mmu.store64(Cpu.DS, 0x1ffd, 0x8877_6655_4433_2211L);
        assertEquals(0x33_2211, memory.read32(0x20_1ffd - 1) >>> 8);
        assertEquals(0x7766_5544, memory.read32(0x20_5000));
        assertEquals(0x8877_6655_4433_2211L, mmu.load64(Cpu.DS, 0x1ffd));
        assertEquals(0x6655, mmu.load16(Cpu.DS, 0x2001));
    }

    @Test
    void storeThatFaultsInItsSecondPageChangesNothing() {
        longMode();
        map(1, 0x20_1000 | ALL);
        faults(Cpu.PF, 2, () -> mmu.store64(Cpu.DS, 0x1ffc, -1));
        assertEquals(0x2000, cpu.cr2);
        assertEquals(0, memory.read32(0x20_1ffc));
    }

    @Test
    void accessedAndDirtyAreSet() {
        longMode();
        map(1, 0x20_1000 | ALL);
        mmu.load8(Cpu.DS, 0x1000);
        assertEquals(0x20_1000 | ALL | ACCESSED, memory.read64(pte(1)));
        assertEquals(TABLES + 0x1000 | ALL | ACCESSED, memory.read64(TABLES));
        assertFalse(memory.isDirty(0x20_1000));
        mmu.store8(Cpu.DS, 0x1000, 1);
        assertEquals(0x20_1000 | ALL | ACCESSED | DIRTY, memory.read64(pte(1)));
        assertTrue(memory.isDirty(0x20_1000));
    }

    @Test
    void notPresentGivesErrorZeroAndTheAddress() {
        longMode();
        faults(Cpu.PF, 0, () -> mmu.load32(Cpu.DS, 0x3456));
        assertEquals(0x3456, cpu.cr2);
        cpu.privilege(3);
        faults(Cpu.PF, 4 | 2, () -> mmu.store8(Cpu.DS, 0x3456, 0));
        faults(Cpu.PF, 4 | 16, () -> mmu.fetchGpa(0x3456));
    }

    @Test
    void supervisorPageIsClosedToUsers() {
        longMode();
        map(1, 0x20_1000 | PRESENT | WRITABLE);
        mmu.load8(Cpu.DS, 0x1000);
        cpu.privilege(3);
        faults(Cpu.PF, 4 | 1, () -> mmu.load8(Cpu.DS, 0x1000));
        faults(Cpu.PF, 4 | 2 | 1, () -> mmu.store8(Cpu.DS, 0x1000, 0));
    }

    @Test
    void readOnlyPageFollowsWriteProtect() {
        longMode();
        map(1, 0x20_1000 | PRESENT | USER);
        faults(Cpu.PF, 2 | 1, () -> mmu.store8(Cpu.DS, 0x1000, 0));
        faults(Cpu.PF, 2 | 1, () -> mmu.loadForUpdate(Cpu.DS, 0x1000, 4));
        cpu.cr0 &= ~Cpu.CR0_WP;
        cpu.modeChanged();
        mmu.store8(Cpu.DS, 0x1000, 7);
        mmu.flush();
        cpu.privilege(3);
        assertEquals(7, mmu.load8(Cpu.DS, 0x1000));
        faults(Cpu.PF, 4 | 2 | 1, () -> mmu.store8(Cpu.DS, 0x1000, 0));
    }

    @Test
    void reservedBitsFault() {
        longMode();
        map(1, 0x20_1000 | ALL | 1L << 45);
        faults(Cpu.PF, 8 | 1, () -> mmu.load8(Cpu.DS, 0x1000));
        map(1, 0x20_1000 | ALL | NX);
        cpu.efer &= ~Cpu.EFER_NXE;
        cpu.modeChanged();
        faults(Cpu.PF, 8 | 1, () -> mmu.load8(Cpu.DS, 0x1000));
        memory.write64(TABLES + 0x2008, 0x20_2000 | ALL | LARGE); // 2 MiB page, address bit 13
        faults(Cpu.PF, 8 | 1, () -> mmu.load8(Cpu.DS, 0x20_0000));
    }

    @Test
    void noExecuteStopsFetchesOnly() {
        longMode();
        map(1, 0x20_1000 | ALL | NX);
        mmu.load8(Cpu.DS, 0x1000);
        faults(Cpu.PF, 16 | 1, () -> mmu.fetchGpa(0x1000));
        map(2, 0x20_2000 | ALL);
        assertEquals(0x20_2345, mmu.fetchGpa(0x2345));
    }

    @Test
    void smepAndSmapKeepTheSupervisorOutOfUserPages() {
        longMode();
        map(1, 0x20_1000 | ALL);
        cpu.cr4 |= Cpu.CR4_SMEP | Cpu.CR4_SMAP;
        cpu.modeChanged();
        faults(Cpu.PF, 16 | 1, () -> mmu.fetchGpa(0x1000));
        faults(Cpu.PF, 1, () -> mmu.load8(Cpu.DS, 0x1000));
        cpu.flags(Cpu.FLAG_AC);
        mmu.store8(Cpu.DS, 0x1000, 9);
        faults(Cpu.PF, 1, () -> mmu.loadSystem(0x1000, 8)); // AC does not count
        cpu.flags(0);
        faults(Cpu.PF, 2 | 1, () -> mmu.store8(Cpu.DS, 0x1000, 0));
        cpu.privilege(3);
        assertEquals(9, mmu.load8(Cpu.DS, 0x1000));
    }

    @Test
    void alignmentIsCheckedForUsersOnly() {
        longMode();
        map(1, 0x20_1000 | ALL);
        cpu.cr0 |= Cpu.CR0_AM;
        cpu.flags(Cpu.FLAG_AC);
        cpu.modeChanged();
        mmu.load32(Cpu.DS, 0x1001);
        cpu.privilege(3);
        faults(Cpu.AC, 0, () -> mmu.load32(Cpu.DS, 0x1001));
        mmu.load32(Cpu.DS, 0x1004);
        faults(Cpu.AC, 0, () -> mmu.load32(Cpu.DS, 0x1006));
    }

    @Test
    void nonCanonicalAddressIsNoPageFault() {
        longMode();
        faults(Cpu.GP, 0, () -> mmu.load8(Cpu.DS, 0x8000_0000_0000L));
        faults(Cpu.SS_FAULT, 0, () -> mmu.store8(Cpu.SS, 0x8000_0000_0000L, 0));
        faults(Cpu.GP, 0, () -> mmu.load64(Cpu.DS, 0x7fff_ffff_fffcL));
    }

    @Test
    void largePagesMapTheirWholeRange() {
        longMode();
        memory.write64(TABLES + 0x2008, 0x40_0000 | ALL | LARGE);
        memory.write64(TABLES + 0x1008, ALL | LARGE); // 1 GiB at 1 GiB
        memory.write32(0x41_2345, 0xcafe);
        assertEquals(0xcafe, mmu.load32(Cpu.DS, 0x21_2345));
        assertEquals(0xcafe, mmu.load32(Cpu.DS, 0x4041_2345L));
    }

    @Test
    void translationsLiveUntilTheyAreFlushed() {
        longMode();
        map(1, 0x20_1000 | ALL);
        cpu.cr4 |= Cpu.CR4_PGE;
        cpu.modeChanged();
        map(2, 0x20_2000 | ALL | GLOBAL);
        memory.write8(0x20_1000, 1);
        memory.write8(0x20_2000, 2);
        mmu.load8(Cpu.DS, 0x1000);
        mmu.load8(Cpu.DS, 0x2000);
        map(1, 0);
        map(2, 0);
        assertEquals(1, mmu.load8(Cpu.DS, 0x1000));
        mmu.flushNonGlobal();
        faults(Cpu.PF, 0, () -> mmu.load8(Cpu.DS, 0x1000));
        assertEquals(2, mmu.load8(Cpu.DS, 0x2000));
        mmu.flushPage(0x2fff);
        faults(Cpu.PF, 0, () -> mmu.load8(Cpu.DS, 0x2000));
    }

    @Test
    void invlpgDropsEveryPartOfALargePage() {
        longMode();
        memory.write64(TABLES + 0x2008, 0x40_0000 | ALL | LARGE);
        mmu.load8(Cpu.DS, 0x20_1000);
        mmu.load8(Cpu.DS, 0x3f_f000);
        memory.write64(TABLES + 0x2008, 0);
        mmu.flushPage(0x28_0000);
        faults(Cpu.PF, 0, () -> mmu.load8(Cpu.DS, 0x20_1000));
        faults(Cpu.PF, 0, () -> mmu.load8(Cpu.DS, 0x3f_f000));
    }

    @Test
    void legacyPagingWithLargePages() {
        flatProtected();
        memory.write32(TABLES, (int) (TABLES + 0x1000 | ALL));
        memory.write32(TABLES + 0x1004, (int) (0x20_0000 | ALL));
        memory.write32(TABLES + 4, (int) (0x40_0000 | PRESENT | LARGE)); // second 4 MiB
        cpu.cr3 = TABLES;
        cpu.cr4 |= Cpu.CR4_PSE;
        cpu.cr0 |= Cpu.CR0_PG;
        cpu.modeChanged();
        mmu.store32(Cpu.DS, 0x1ffc, 0x1234_5678);
        assertEquals(0x1234_5678, memory.read32(0x20_0ffc));
        memory.write32(0x7f_fffc, 99);
        assertEquals(99, mmu.load32(Cpu.DS, 0x7f_fffcL));
        cpu.privilege(3);
        faults(Cpu.PF, 4 | 1, () -> mmu.load8(Cpu.DS, 0x40_0000));
        faults(Cpu.PF, 4, () -> mmu.fetchGpa(0x80_0000));
    }

    @Test
    void paePagingUsesItsLoadedPointers() {
        flatProtected();
        memory.write64(TABLES + 8, TABLES + 0x1000 | PRESENT); // second GiB
        memory.write64(TABLES + 0x1000, TABLES + 0x2000 | ALL);
        memory.write64(TABLES + 0x2000, 0x20_0000 | ALL);
        cpu.cr3 = TABLES;
        cpu.cr4 |= Cpu.CR4_PAE;
        cpu.cr0 |= Cpu.CR0_PG;
        cpu.modeChanged();
        assertTrue(mmu.loadPointers(TABLES));
        mmu.store16(Cpu.DS, 0x4000_0010L, 0xabcd);
        assertEquals(0xabcd, memory.read16(0x20_0010));
        faults(Cpu.PF, 0, () -> mmu.load8(Cpu.DS, 0x10));
        memory.write64(TABLES, PRESENT | USER); // reserved in a pointer
        assertFalse(mmu.loadPointers(TABLES));
    }

    @Test
    void storeToCodeIsReportedOnceAndAfterProtectionAgain() {
        longMode();
        map(1, 0x20_1000 | ALL);
        mmu.store8(Cpu.DS, 0x1000, 1);
        List<Long> reported = new ArrayList<>();
        memory.addCodeListener(reported::add);
        memory.markCode(0x20_1000);
        mmu.protectCode(0x20_1000);
        mmu.store8(Cpu.DS, 0x1234, 2);
        mmu.store8(Cpu.DS, 0x1235, 3);
        assertEquals(List.of(0x20_1000L), reported);
        assertEquals(0x0302, memory.read16(0x20_1234));
        memory.markCode(0x20_1000);
        mmu.protectCode(0x20_1000);
        mmu.store8(Cpu.DS, 0x1236, 4);
        assertEquals(2, reported.size());
    }

    @Test
    void directAccessStaysWithinOnePageOfRam() {
        longMode();
        map(1, 0x20_1000 | ALL);
        map(2, 0xf000_0000L | ALL);
        assertEquals(0x20_1800, mmu.directRead(Cpu.DS, 0x1800, 0x800));
        assertEquals(-1, mmu.directRead(Cpu.DS, 0x1800, 0x801));
        assertEquals(-1, mmu.directWrite(Cpu.DS, 0x2000, 8));
        memory.markCode(0x20_1000);
        assertEquals(-1, mmu.directWrite(Cpu.DS, 0x1000, 8));
    }

    @Test
    void sixteenBytesAreAllOrNothing() {
        longMode();
        map(1, 0x20_1000 | ALL);
        faults(Cpu.PF, 2, () -> mmu.store128(Cpu.DS, 0x1ff8, -1, -1));
        assertEquals(0, memory.read64(0x20_1ff8));
        mmu.store128(Cpu.DS, 0x1ff0, 1, 2);
        long[] value = new long[2];
        mmu.load128(Cpu.DS, 0x1ff0, value, 0);
        assertEquals(1, value[0]);
        assertEquals(2, value[1]);
    }
}
