package vmm.cpu.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.mem.GuestMemory;

/**
 * Translation of linear addresses by the guest's page tables, SDM volume 3 chapter 4: none, 32-bit
 * with PSE and PSE-36, PAE, 4-level, 5-level, and protection keys. Accessed and dirty bits are set
 * by compare-and-set, since another processor or the guest itself may change an entry at the same
 * time.
 */
final class PageWalk {
    static final int READ = 0, WRITE = 1, FETCH = 2;

    /** Privileges, in the order of the contexts of {@link Tlb}. */
    static final int SUPERVISOR = 0, SUPERVISOR_SMAP = 1, USER = 2, USER_ALIGNED = 3;

    /** Physical address width that CPUID announces. */
    static final int PHYSICAL_BITS = 40;

    private static final long PRESENT = 1,
            WRITABLE = 2,
            USER_PAGE = 4,
            ACCESSED = 0x20,
            DIRTY = 0x40,
            PAGE_SIZE = 0x80,
            GLOBAL = 0x100,
            NO_EXECUTE = 1L << 63;
    private static final long ADDRESS = (1L << PHYSICAL_BITS) - 1 & Tlb.PAGE_MASK;
    private static final long ADDRESS_RESERVED = (1L << 52) - (1L << PHYSICAL_BITS);
    private static final long PAE_RESERVED = Long.MAX_VALUE & -(1L << PHYSICAL_BITS);

    /** Bits of a page directory pointer in PAE mode that must be zero, SDM 3 section 4.4.1. */
    private static final long PDPTE_RESERVED = -(1L << PHYSICAL_BITS) | 0x1e6;

    private static final int ERROR_PROTECTION = 1,
            ERROR_WRITE = 2,
            ERROR_USER = 4,
            ERROR_RESERVED = 8,
            ERROR_FETCH = 16,
            ERROR_KEY = 32;
    private static final int NONE = 0, LEGACY = 2, PAE = 3, FOUR_LEVEL = 4, FIVE_LEVEL = 5;

    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final Cpu cpu;
    private final GuestMemory memory;
    private final MemorySegment ram;

    // What the control registers say; see modeChanged.
    private int form;
    private boolean writeProtect;
    private boolean executeDisable;
    private boolean globalPages;
    private boolean supervisorExecution;
    private boolean smallPagesOnly;
    private boolean protectionKeys;

    private final long[] pointers = new long[4];

    // Of the last successful walk.
    private boolean global;
    private int pageShift;

    PageWalk(Cpu cpu, GuestMemory memory) {
        this.cpu = cpu;
        this.memory = memory;
        this.ram = memory.ram();
    }

    /** Takes over the control registers. */
    void modeChanged() {
        long cr4 = cpu.cr4;
        if ((cpu.cr0 & Cpu.CR0_PG) == 0) {
            form = NONE;
        } else if ((cr4 & Cpu.CR4_PAE) == 0) {
            form = LEGACY;
        } else {
            boolean active = (cpu.efer & Cpu.EFER_LMA) != 0;
            boolean five = (cr4 & Cpu.CR4_LA57) != 0;
            form = !active ? PAE : five ? FIVE_LEVEL : FOUR_LEVEL;
        }
        writeProtect = (cpu.cr0 & Cpu.CR0_WP) != 0;
        executeDisable = (cpu.efer & Cpu.EFER_NXE) != 0 && (cr4 & Cpu.CR4_PAE) != 0;
        globalPages = (cr4 & Cpu.CR4_PGE) != 0;
        supervisorExecution = (cr4 & Cpu.CR4_SMEP) != 0;
        smallPagesOnly = (cr4 & Cpu.CR4_PSE) == 0;
        protectionKeys = (cr4 & Cpu.CR4_PKE) != 0 && form >= FOUR_LEVEL;
    }

    /** Whether the last walk ended at a global page. */
    boolean global() {
        return global;
    }

    /** Size of the last page as a power of two. */
    int pageShift() {
        return pageShift;
    }

    /**
     * Loads the four page directory pointers of PAE mode from the table at {@code cr3}. False, and
     * nothing changed, if a present one has reserved bits set.
     */
    boolean loadPointers(long cr3) {
        long table = cr3 & 0xffff_ffe0L;
        for (int k = 0; k < 4; k++) {
            long pointer = entry64(table + 8 * k);
            if ((pointer & PRESENT) != 0 && (pointer & PDPTE_RESERVED) != 0) {
                return false;
            }
        }
        for (int k = 0; k < 4; k++) {
            pointers[k] = entry64(table + 8 * k);
        }
        return true;
    }

    /** Whether the mode that is set uses the pointers of {@link #loadPointers}. */
    boolean pae() {
        return form == PAE;
    }

    /** Guest physical address of {@code linear} for the given access, or a page fault. */
    long walk(long linear, int access, int privilege) {
        return switch (form) {
            case NONE -> {
                global = false;
                pageShift = 12;
                yield linear;
            }
            case LEGACY -> walkLegacy(linear, access, privilege);
            case PAE -> {
                long pointer = pointers[(int) (linear >>> 30) & 3];
                if ((pointer & PRESENT) == 0) {
                    throw fault(linear, access, privilege, 0);
                }
                yield walkWide(linear, access, privilege, pointer & ADDRESS, 21, PAE_RESERVED);
            }
            default -> {
                // What instructions address has been checked; tables may lie anywhere.
                if (!cpu.canonical(linear)) {
                    throw cpu.protection();
                }
                int first = form == FIVE_LEVEL ? 48 : 39;
                long table = cpu.cr3 & ADDRESS;
                yield walkWide(linear, access, privilege, table, first, ADDRESS_RESERVED);
            }
        };
    }

    /** Tables of 8-byte entries; {@code shift} is the position of the first index. */
    private long walkWide(
            long linear, int access, int privilege, long table, int shift, long reservedAddress) {
        long rights = WRITABLE | USER_PAGE;
        long noExecute = 0;
        long reserved = reservedAddress | (executeDisable ? 0 : NO_EXECUTE);
        while (true) {
            long at = table + ((linear >>> shift & 0x1ff) << 3);
            long entry = entry64(at);
            if ((entry & PRESENT) == 0) {
                throw fault(linear, access, privilege, 0);
            }
            boolean leaf = shift == 12 || shift <= 30 && (entry & PAGE_SIZE) != 0;
            if ((entry & (reserved | shapeReserved(shift, leaf))) != 0) {
                throw fault(linear, access, privilege, ERROR_PROTECTION | ERROR_RESERVED);
            }
            rights &= entry;
            noExecute |= entry & NO_EXECUTE;
            if (leaf) {
                int key = protectionKeys ? keyError(access, privilege, rights, entry) : 0;
                check(linear, access, privilege, rights, noExecute != 0, key);
            }
            long wanted = !leaf || access != WRITE ? ACCESSED : ACCESSED | DIRTY;
            if ((entry & wanted) != wanted && !update64(at, entry, entry | wanted)) {
                continue; // somebody changed the entry: look again
            }
            if (leaf) {
                global = globalPages && (entry & GLOBAL) != 0;
                pageShift = shift;
                long inPage = (1L << shift) - 1;
                return entry & ADDRESS & ~inPage | linear & inPage;
            }
            table = entry & ADDRESS;
            shift -= 9;
        }
    }

    /** Reserved bits that depend on the level: SDM 3 figure 4-11. */
    private static long shapeReserved(int shift, boolean leaf) {
        if (shift >= 39) {
            return PAGE_SIZE;
        }
        // Bit 12 of a large page is PAT; from 13 up to the page size the address must be zero.
        return leaf && shift > 12 ? (1L << shift) - (1L << 13) : 0;
    }

    /** Two levels of 4-byte entries, SDM 3 section 4.3. */
    private long walkLegacy(long linear, int access, int privilege) {
        while (true) {
            long directoryAt = (cpu.cr3 & 0xffff_f000L) + ((linear >>> 22 & 0x3ff) << 2);
            int directory = entry32(directoryAt);
            if ((directory & PRESENT) == 0) {
                throw fault(linear, access, privilege, 0);
            }
            if ((directory & PAGE_SIZE) != 0 && !smallPagesOnly) {
                if ((directory & 1 << 21) != 0) {
                    throw fault(linear, access, privilege, ERROR_PROTECTION | ERROR_RESERVED);
                }
                if (finish32(linear, access, privilege, directoryAt, directory, directory)) {
                    pageShift = 22;
                    // PSE-36: bits 13..20 are bits 32..39 of the address.
                    return directory & 0xffc0_0000L
                            | (directory >>> 13 & 0xffL) << 32
                            | linear & 0x3f_ffff;
                }
                continue;
            }
            if ((directory & ACCESSED) == 0
                    && !update32(directoryAt, directory, directory | (int) ACCESSED)) {
                continue;
            }
            long tableAt = (directory & 0xffff_f000L) + ((linear >>> 12 & 0x3ff) << 2);
            int entry = entry32(tableAt);
            if ((entry & PRESENT) == 0) {
                throw fault(linear, access, privilege, 0);
            }
            if (finish32(linear, access, privilege, tableAt, entry, entry & directory)) {
                pageShift = 12;
                return entry & 0xffff_f000L | linear & 0xfff;
            }
        }
    }

    /** Checks and marks the last entry; false if it was changed meanwhile. */
    private boolean finish32(
            long linear, int access, int privilege, long at, int entry, int rights) {
        check(linear, access, privilege, rights, false, 0);
        int wanted = (int) (access == WRITE ? ACCESSED | DIRTY : ACCESSED);
        global = globalPages && (entry & GLOBAL) != 0;
        return (entry & wanted) == wanted || update32(at, entry, entry | wanted);
    }

    /** The bit of the error code that says that the page's protection key denies the access. */
    private int keyError(int access, int privilege, long rights, long entry) {
        if (access == FETCH || (rights & USER_PAGE) == 0) {
            return 0;
        }
        int denied = cpu.pkru >>> ((int) (entry >>> 59 & 15) << 1) & 3;
        boolean writeDenied = access == WRITE && (privilege >= USER || writeProtect);
        return (denied & 1) != 0 || (denied & 2) != 0 && writeDenied ? ERROR_KEY : 0;
    }

    /**
     * Access rights, SDM 3 section 4.6.1; {@code key} is 0 if the protection key allows the access.
     */
    private void check(
            long linear, int access, int privilege, long rights, boolean noExecute, int key) {
        boolean userPage = (rights & USER_PAGE) != 0;
        boolean allowed =
                switch (access) {
                    case FETCH ->
                            !noExecute
                                    && (privilege >= USER
                                            ? userPage
                                            : !(userPage && supervisorExecution));
                    case WRITE ->
                            dataAllowed(privilege, userPage)
                                    && ((rights & WRITABLE) != 0
                                            || privilege < USER && !writeProtect);
                    default -> dataAllowed(privilege, userPage);
                };
        if (!allowed || key != 0) {
            throw fault(linear, access, privilege, ERROR_PROTECTION | key);
        }
    }

    private static boolean dataAllowed(int privilege, boolean userPage) {
        return privilege >= USER ? userPage : !(userPage && privilege == SUPERVISOR_SMAP);
    }

    private GuestFault fault(long linear, int access, int privilege, int error) {
        if (access == WRITE) {
            error |= ERROR_WRITE;
        } else if (access == FETCH && (executeDisable || supervisorExecution)) {
            error |= ERROR_FETCH;
        }
        if (privilege >= USER) {
            error |= ERROR_USER;
        }
        cpu.cr2 = linear;
        return cpu.fault(Cpu.PF, error);
    }

    // Entries outside RAM read as zero: not present.

    private long entry64(long gpa) {
        long offset = memory.ramOffset(gpa);
        return offset < 0 ? 0 : (long) LONG.getVolatile(ram, offset);
    }

    private int entry32(long gpa) {
        long offset = memory.ramOffset(gpa);
        return offset < 0 ? 0 : (int) INT.getVolatile(ram, offset);
    }

    private boolean update64(long gpa, long from, long to) {
        long offset = memory.ramOffset(gpa);
        memory.markDirtyAt(offset);
        return LONG.compareAndSet(ram, offset, from, to);
    }

    private boolean update32(long gpa, int from, int to) {
        long offset = memory.ramOffset(gpa);
        memory.markDirtyAt(offset);
        return INT.compareAndSet(ram, offset, from, to);
    }
}
