package vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;
import vmm.mem.GuestMemory;

/** States that a processor can start with, and what they need in memory. */
public final class EntryState {
    /** Where the descriptor tables are, and which selectors mean the flat segments. */
    private record Descriptors(
            int codeSelector, int dataSelector, long gdtBase, int gdtLimit, int idtLimit) {}

    private static final long CODE_32 = 0x00cf9b000000ffffL,
            CODE_64 = 0x00af9b000000ffffL,
            DATA = 0x00cf93000000ffffL;
    private static final int ACCESS_CODE_32 = 0xc09b, ACCESS_CODE_64 = 0xa09b;
    private static final int ACCESS_DATA = 0xc093;
    private static final Descriptors LINUX_TABLE =
            new Descriptors(0x10, 0x18, KernelBoot.GDT, 4 * 8 - 1, 0);

    private static final long CR0_PE = 1, CR0_ET = 1 << 4, CR0_PG = 1L << 31;
    private static final long CR0_NW_CD = 3L << 29;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LME = 1 << 8, EFER_LMA = 1 << 10;
    private static final long PAT_DEFAULT = 0x0007_0406_0007_0406L;

    private static final long PRESENT_WRITABLE = 3, LARGE = 1 << 7;
    private static final int TABLE = 0x1000;
    private static final int ENTRIES = 512;
    private static final int IDENTITY_GIB = 4;
    private static final long LARGE_PAGE = 2 << 20;

    private static final int RAX = 0, RBX = 3, RSI = 6;
    private static final int RESET_DX = 2;

    private EntryState() {}

    /**
     * The state after RESET, SDM volume 3 table 11-1. RDX tells the processor's signature, as CPUID
     * leaf 1 does.
     */
    public static CpuState reset(int signature) {
        SegmentState data = new SegmentState(0, 0, 0xffff, 0x93);
        SegmentState[] segments = {
            data,
            new SegmentState(0xf000, 0xffff0000L, 0xffff, 0x9b),
            data,
            data,
            data,
            data,
            new SegmentState(0, 0, 0xffff, 0x82),
            new SegmentState(0, 0, 0xffff, 0x8b)
        };
        long[] gpr = new long[16];
        gpr[RESET_DX] = signature & 0xffff_ffffL;
        return new CpuState(
                gpr,
                0xfff0,
                2,
                segments,
                0,
                0xffff,
                0,
                0xffff,
                new long[] {CR0_NW_CD | CR0_ET, 0, 0, 0, 0, 1},
                debug(),
                msrs(0),
                fxsave(),
                false);
    }

    /** 64-bit mode at {@code entry} with RSI = {@code argument} and 4 GiB mapped one to one. */
    static CpuState long64(GuestMemory memory, long entry, long argument) {
        identityMap(memory);
        KernelBoot.store(memory, KernelBoot.GDT, 0, 0, CODE_64, DATA);
        long[] gpr = new long[16];
        gpr[RSI] = argument;
        return flat(
                gpr,
                entry,
                LINUX_TABLE,
                ACCESS_CODE_64,
                new long[] {CR0_PE | CR0_ET | CR0_PG, 0, KernelBoot.PAGE_TABLES, CR4_PAE, 0, 1},
                EFER_LME | EFER_LMA);
    }

    /** Flat 32-bit protected mode at {@code entry} with RBX and RSI as given. */
    static CpuState protected32(GuestMemory memory, long entry, long rbx, long rsi) {
        long[] gpr = new long[16];
        gpr[RBX] = rbx;
        gpr[RSI] = rsi;
        return flat32(memory, entry, gpr);
    }

    /** What the Multiboot Specification wants (3.2): the same, with {@code magic} in EAX. */
    static CpuState multiboot(GuestMemory memory, long entry, int magic, long record) {
        long[] gpr = new long[16];
        gpr[RAX] = magic & 0xffff_ffffL;
        gpr[RBX] = record;
        return flat32(memory, entry, gpr);
    }

    private static CpuState flat32(GuestMemory memory, long entry, long[] gpr) {
        KernelBoot.store(memory, KernelBoot.GDT, 0, 0, CODE_32, DATA);
        return flat(
                gpr,
                entry,
                LINUX_TABLE,
                ACCESS_CODE_32,
                new long[] {CR0_PE | CR0_ET, 0, 0, 0, 0, 1},
                0);
    }

    // Where OpenBSD's vmd puts the tables, and the kernel leaves them for a while.
    private static final long OPENBSD_GDT = 0x10000;
    private static final long OPENBSD_TABLES = 0x11000;
    private static final Descriptors OPENBSD_TABLE =
            new Descriptors(8, 0x10, OPENBSD_GDT, 0xffff, 0xffff);
    private static final long CR4_PSE = 1 << 4;
    private static final int RSP = 4;
    private static final int DIRECTORY_ENTRIES_32 = 1024;

    /**
     * What OpenBSD's kernels are entered in: 32-bit code with paging on, one to one; for amd64 in
     * compatibility mode with the first GiB mapped, for i386 with all 4 GiB.
     */
    static CpuState openBsd(GuestMemory memory, boolean amd64, long entry, long stackPointer) {
        KernelBoot.store(memory, OPENBSD_GDT, 0, CODE_32, DATA, CODE_64);
        long cr3 = amd64 ? openBsdMap64(memory) : openBsdMap32(memory);
        long[] gpr = new long[16];
        gpr[RSP] = stackPointer;
        long cr4 = amd64 ? CR4_PAE | CR4_PSE : CR4_PSE;
        return flat(
                gpr,
                entry,
                OPENBSD_TABLE,
                ACCESS_CODE_32,
                new long[] {CR0_PE | CR0_ET | CR0_PG, 0, cr3, cr4, 0, 1},
                amd64 ? EFER_LME | EFER_LMA : 0);
    }

    private static long openBsdMap64(GuestMemory memory) {
        memory.fill(OPENBSD_TABLES, 3 * TABLE, (byte) 0);
        memory.write64(OPENBSD_TABLES, OPENBSD_TABLES + TABLE | PRESENT_WRITABLE);
        memory.write64(OPENBSD_TABLES + TABLE, OPENBSD_TABLES + 2 * TABLE | PRESENT_WRITABLE);
        for (int k = 0; k < ENTRIES; k++) {
            memory.write64(
                    OPENBSD_TABLES + 2 * TABLE + 8L * k, k * LARGE_PAGE | LARGE | PRESENT_WRITABLE);
        }
        return OPENBSD_TABLES;
    }

    private static long openBsdMap32(GuestMemory memory) {
        long directory = OPENBSD_TABLES + TABLE;
        for (int k = 0; k < DIRECTORY_ENTRIES_32; k++) {
            memory.write32(directory + 4L * k, (int) (k << 22 | LARGE | PRESENT_WRITABLE));
        }
        return directory;
    }

    private static CpuState flat(
            long[] gpr, long entry, Descriptors table, int codeAccess, long[] control, long efer) {
        SegmentState data = new SegmentState(table.dataSelector, 0, -1, ACCESS_DATA);
        SegmentState[] segments = {
            data,
            new SegmentState(table.codeSelector, 0, -1, codeAccess),
            data,
            data,
            data,
            data,
            new SegmentState(0, 0, 0xffff, 0x82),
            new SegmentState(0, 0, 0xffff, 0x8b)
        };
        return new CpuState(
                gpr,
                entry,
                2,
                segments,
                table.gdtBase,
                table.gdtLimit,
                0,
                table.idtLimit,
                control,
                debug(),
                msrs(efer),
                fxsave(),
                false);
    }

    private static void identityMap(GuestMemory memory) {
        long directories = KernelBoot.PAGE_TABLES + 2 * TABLE;
        memory.fill(KernelBoot.PAGE_TABLES, (2 + IDENTITY_GIB) * TABLE, (byte) 0);
        memory.write64(KernelBoot.PAGE_TABLES, KernelBoot.PAGE_TABLES + TABLE | PRESENT_WRITABLE);
        for (int gib = 0; gib < IDENTITY_GIB; gib++) {
            memory.write64(
                    KernelBoot.PAGE_TABLES + TABLE + 8L * gib,
                    directories + (long) TABLE * gib | PRESENT_WRITABLE);
        }
        for (int k = 0; k < IDENTITY_GIB * ENTRIES; k++) {
            memory.write64(directories + 8L * k, k * LARGE_PAGE | LARGE | PRESENT_WRITABLE);
        }
    }

    private static long[] debug() {
        return new long[] {0, 0, 0, 0, 0xffff0ff0L, 0x400};
    }

    private static long[] msrs(long efer) {
        return new long[] {efer, 0, 0, 0, 0, 0, 0, 0, 0, PAT_DEFAULT, 0};
    }

    /** FXSAVE image of a unit after FNINIT with MXCSR at its default, SDM volume 1 10.5.1. */
    private static byte[] fxsave() {
        ByteBuffer image = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        image.putShort(0, (short) 0x37f);
        image.putInt(24, 0x1f80);
        return image.array();
    }
}
