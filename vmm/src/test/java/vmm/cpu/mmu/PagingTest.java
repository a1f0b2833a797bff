package vmm.cpu.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.NoDevices;
import vmm.mem.GuestMemory;

/**
 * Rights and error codes of 4-level and 5-level paging: the whole table of SDM volume 3 sections
 * 4.6 and 4.7 against a model of it, and the conditions of each bit one by one.
 */
class PagingTest {
    private static final int PRESENT = 1, WRITABLE = 2, USER = 4, ACCESSED = 0x20, DIRTY = 0x40;
    private static final int LARGE = 0x80, ALL = PRESENT | WRITABLE | USER;
    private static final long NX = 1L << 63;
    private static final int P = 1, W = 2, U = 4, RSVD = 8, I = 16, PK = 32;
    private static final int TABLES = 0x10_0000, PAGE = 0x5000, GPA = 0x6000;

    private final GuestMemory memory = GuestMemory.allocate(4 << 20);
    private final Cpu cpu = new Cpu(new NoDevices(), memory);
    private int levels;

    @BeforeEach
    void longMode() {
        paging(4);
    }

    @AfterEach
    void release() {
        memory.close();
    }

    private void paging(int count) {
        levels = count;
        cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_PG | Cpu.CR0_WP | Cpu.CR0_ET;
        cpu.cr3 = TABLES;
        cpu.cr4 = Cpu.CR4_PAE | (count == 5 ? Cpu.CR4_LA57 : 0);
        cpu.efer = Cpu.EFER_LME | Cpu.EFER_LMA | Cpu.EFER_NXE;
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            cpu.segment(segment, 0x10, 0, -1, 0xc093);
        }
        cpu.segment(Cpu.CS, 8, 0, -1, 0xa09b);
        for (int level = 0; level < levels - 1; level++) {
            memory.write64(entryAt(level), TABLES + 0x1000L * (level + 1) | ALL);
        }
        memory.write64(leaf(), GPA | ALL);
        cpu.modeChanged();
        cpu.mmu.flush();
    }

    /** Where the entry for {@link #PAGE} is in the table of {@code level}, 0 the outermost. */
    private long entryAt(int level) {
        return TABLES + 0x1000L * level + (level == levels - 1 ? 8 * (PAGE >> 12) : 0);
    }

    private long leaf() {
        return entryAt(levels - 1);
    }

    private static final int READ = 0, WRITE = 1, FETCH = 2;

    /** Error code of the page fault of an access, or -1. */
    private int error(int access) {
        cpu.mmu.flush();
        try {
            switch (access) {
                case READ -> cpu.mmu.load8(Cpu.DS, PAGE + 8);
                case WRITE -> cpu.mmu.store8(Cpu.DS, PAGE + 8, 1);
                default -> cpu.mmu.fetchGpa(PAGE + 8);
            }
            return -1;
        } catch (GuestFault fault) {
            assertEquals(Cpu.PF, fault.vector());
            assertEquals(PAGE + 8, cpu.cr2);
            return fault.errorCode();
        }
    }

    /** Sections 4.6.1, 4.6.2 and 4.7 as they are written. */
    private int model(int access, boolean user, boolean ac, int rights, boolean nx, int key) {
        boolean userPage = (rights & USER) != 0;
        boolean writable = (rights & WRITABLE) != 0;
        boolean wp = (cpu.cr0 & Cpu.CR0_WP) != 0;
        boolean denied;
        if (access == FETCH) {
            boolean smep = (cpu.cr4 & Cpu.CR4_SMEP) != 0;
            denied = nx || (user ? !userPage : userPage && smep);
        } else {
            boolean smap = (cpu.cr4 & Cpu.CR4_SMAP) != 0 && !ac;
            denied = user ? !userPage : userPage && smap;
            denied |= access == WRITE && !writable && (user || wp);
        }
        boolean keyDenies = false;
        if (access != FETCH && userPage && (cpu.cr4 & Cpu.CR4_PKE) != 0) {
            int bits = cpu.pkru >>> 2 * key & 3;
            keyDenies = (bits & 1) != 0 || (bits & 2) != 0 && access == WRITE && (user || wp);
        }
        if (!denied && !keyDenies) {
            return -1;
        }
        int fetch = access == FETCH ? I : 0;
        return P | (access == WRITE ? W : 0) | (user ? U : 0) | fetch | (keyDenies ? PK : 0);
    }

    @Test
    void everyCombinationOfRightsFollowsTheManual() {
        List<String> wrong = new ArrayList<>();
        for (int bits = 0; bits < 1 << 12; bits++) {
            boolean user = (bits & 1) != 0;
            boolean ac = (bits & 2) != 0;
            int rights = (bits & 4) != 0 ? WRITABLE : 0;
            rights |= (bits & 8) != 0 ? USER : 0;
            boolean nx = (bits & 16) != 0;
            int key = bits >> 5 & 3;
            cpu.cr0 = cpu.cr0 & ~Cpu.CR0_WP | ((bits & 128) != 0 ? Cpu.CR0_WP : 0);
            long options = Cpu.CR4_SMEP | Cpu.CR4_SMAP | Cpu.CR4_PKE;
            long cr4 =
                    ((bits & 256) != 0 ? Cpu.CR4_SMEP : 0) | ((bits & 512) != 0 ? Cpu.CR4_SMAP : 0);
            cpu.cr4 = cpu.cr4 & ~options | cr4 | ((bits & 1024) != 0 ? Cpu.CR4_PKE : 0);
            int level = (bits & 2048) != 0 ? 1 : levels - 1; // an outer table or the last one
            cpu.pkru = 0b11_10_01_00;
            cpu.flags(ac ? Cpu.FLAG_AC : 0);
            cpu.modeChanged();
            cpu.privilege(user ? 3 : 0);
            set(level, rights, nx, key);
            for (int access = READ; access <= FETCH; access++) {
                int expected = model(access, user, ac, rights, nx, key);
                int found = error(access);
                if (expected != found) {
                    wrong.add(bits + "/" + access + ": " + expected + " " + found);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    private void set(int level, int rights, boolean nx, int key) {
        for (int k = 0; k < levels; k++) {
            long to = k == levels - 1 ? GPA | (long) key << 59 : TABLES + 0x1000L * (k + 1);
            long own = k == level ? PRESENT | rights | (nx ? NX : 0) : ALL;
            memory.write64(entryAt(k), to | own);
        }
    }

    // The bits of the error code, section 4.7

    @Test
    void notPresentAtEveryLevel() {
        for (int count = 4; count <= 5; count++) {
            paging(count);
            for (int level = 0; level < levels; level++) {
                long entry = memory.read64(entryAt(level));
                memory.write64(entryAt(level), entry & ~PRESENT | 1L << 51); // the rest is ignored
                assertEquals(0, error(READ));
                assertEquals(W, error(WRITE));
                assertEquals(I, error(FETCH));
                memory.write64(entryAt(level), entry);
            }
            assertEquals(-1, error(READ));
        }
    }

    @Test
    void reservedBitsAtEveryLevel() {
        for (int count = 4; count <= 5; count++) {
            paging(count);
            for (int level = 0; level < levels; level++) {
                long entry = memory.read64(entryAt(level));
                for (int bit = 40; bit < 52; bit++) {
                    memory.write64(entryAt(level), entry | 1L << bit);
                    assertEquals(P | RSVD, error(READ), level + "." + bit);
                }
                for (int bit = 52; bit < 63; bit++) {
                    memory.write64(entryAt(level), entry | 1L << bit);
                    assertEquals(-1, error(READ), level + "." + bit);
                }
                memory.write64(entryAt(level), entry);
            }
        }
    }

    @Test
    void pageSizeIsReservedInTheOuterTables() {
        for (int count = 4; count <= 5; count++) {
            paging(count);
            for (int level = 0; level < levels - 3; level++) {
                long entry = memory.read64(entryAt(level));
                memory.write64(entryAt(level), entry | LARGE);
                assertEquals(P | RSVD | W, error(WRITE));
                memory.write64(entryAt(level), entry);
            }
        }
    }

    @Test
    void executeDisableIsReservedWhereItIsOff() {
        memory.write64(leaf(), GPA | ALL | NX);
        assertEquals(P | I, error(FETCH));
        cpu.efer &= ~Cpu.EFER_NXE;
        cpu.modeChanged();
        assertEquals(P | RSVD, error(READ));
        memory.write64(leaf(), GPA | PRESENT);
        cpu.privilege(3);
        assertEquals(P | U, error(FETCH)); // bit 4 only with NXE or SMEP
        cpu.cr4 |= Cpu.CR4_SMEP;
        cpu.modeChanged();
        assertEquals(P | U | I, error(FETCH));
    }

    @Test
    void largePagesHaveTheirOwnReservedBits() {
        for (int shift = 21; shift <= 30; shift += 9) {
            int level = levels - 1 - (shift - 12) / 9;
            memory.write64(entryAt(level), LARGE | ALL | 1 << 12); // bit 12 is PAT
            assertEquals(-1, error(READ));
            for (int bit = 13; bit < shift; bit++) {
                memory.write64(entryAt(level), LARGE | ALL | 1L << bit);
                assertEquals(P | RSVD, error(READ), shift + "." + bit);
            }
        }
    }

    // Accessed and dirty, section 4.8

    @Test
    void faultsLeaveTheLeafUnmarked() {
        memory.write64(leaf(), GPA | PRESENT | USER);
        assertEquals(P | W, error(WRITE));
        assertEquals(GPA | PRESENT | USER, memory.read64(leaf()));
        assertEquals(ACCESSED, memory.read64(entryAt(0)) & (ACCESSED | DIRTY));
        assertEquals(-1, error(READ));
        assertEquals(ACCESSED, memory.read64(leaf()) & (ACCESSED | DIRTY));
    }

    // Five levels, section 4.5

    @Test
    void fiveLevelsTranslateFiftySevenBits() {
        paging(5);
        long high = 0x00ab_0000_0000_5000L; // index 0xab of the outermost table
        memory.write64(TABLES + 8 * 0xab, TABLES + 0x1000 | ALL);
        memory.write8(GPA + 3, 77);
        assertEquals(77, cpu.mmu.load8(Cpu.DS, high + 3));
        assertEquals(GPA, cpu.mmu.fetchGpa(high));
        long negative = 0xff80_0000_0000_5000L; // index 0x180: the sign is bit 56
        memory.write64(TABLES + 8 * 0x180, TABLES + 0x1000 | ALL);
        assertEquals(77, cpu.mmu.load8(Cpu.DS, negative + 3));
    }

    @Test
    void canonicalFollowsThePagingMode() {
        long beyond48 = 0x0000_8000_0000_0000L;
        long beyond57 = 0x0100_0000_0000_0000L;
        GuestFault fault = assertThrows(GuestFault.class, () -> cpu.mmu.load8(Cpu.DS, beyond48));
        assertEquals(Cpu.GP, fault.vector());
        paging(5);
        fault = assertThrows(GuestFault.class, () -> cpu.mmu.load8(Cpu.DS, beyond48));
        assertEquals(Cpu.PF, fault.vector());
        fault = assertThrows(GuestFault.class, () -> cpu.mmu.load8(Cpu.SS, beyond57));
        assertEquals(Cpu.SS_FAULT, fault.vector());
    }

    // Protection keys, section 4.6.2

    @Test
    void rightsOfAKeyActAtOnce() {
        cpu.cr4 |= Cpu.CR4_PKE;
        cpu.modeChanged();
        memory.write64(leaf(), GPA | ALL | 5L << 59);
        cpu.mmu.flush();
        cpu.mmu.store8(Cpu.DS, PAGE, 1);
        cpu.pkru(2 << 10);
        assertEquals(0x1, cpu.mmu.load8(Cpu.DS, PAGE));
        assertThrows(GuestFault.class, () -> cpu.mmu.store8(Cpu.DS, PAGE, 1));
        cpu.pkru(1 << 10);
        assertThrows(GuestFault.class, () -> cpu.mmu.load8(Cpu.DS, PAGE));
        cpu.pkru(0);
        cpu.mmu.store8(Cpu.DS, PAGE, 1);
    }

    @Test
    void keysAreIgnoredOnSupervisorPages() {
        cpu.cr4 |= Cpu.CR4_PKE;
        cpu.pkru = -1;
        cpu.modeChanged();
        memory.write64(leaf(), GPA | PRESENT | WRITABLE | 5L << 59);
        assertEquals(-1, error(WRITE));
    }
}
