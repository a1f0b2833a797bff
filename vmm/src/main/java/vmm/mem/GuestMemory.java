package vmm.mem;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Guest physical memory: RAM regions that follow one another in one host mapping, with holes
 * between them in the guest's address space. The only class that turns a guest physical address
 * into a place in host memory.
 *
 * <p>RAM lies at 0 up to {@link #LOW_LIMIT}; what does not fit there continues at {@link
 * #HIGH_BASE}. Every page has two flags. <em>Code</em> says that a processor keeps decoded blocks
 * of the page; whoever writes to such a page must call {@link #codeWritten}, which the methods
 * below do and which the processors do for their own stores. <em>Dirty</em> is the dirty log.
 *
 * <p>All accessors are little endian, take any alignment, and throw {@link GuestMemoryException}
 * before they change anything if the bytes do not all lie in one RAM region.
 */
public final class GuestMemory implements AutoCloseable {
    /** End of the RAM below 4 GiB; device memory follows. */
    public static final long LOW_LIMIT = 0xc000_0000L;

    /** Start of the RAM above 4 GiB. */
    public static final long HIGH_BASE = 0x1_0000_0000L;

    public static final int PAGE_SHIFT = 12;
    public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Hears of writes to pages that hold decoded code; one per processor. */
    public interface CodeListener {

        /**
         * The page at {@code pageGpa} was written. Called on the thread of the writer, after the
         * write and after the page's code flag was cleared.
         */
        void codeWritten(long pageGpa);
    }

    private final MemorySegment ram;
    private final long lowSize;
    private final long highSize;
    // One array per flag: setting a flag is then a plain store that no other writer can undo.
    private final byte[] code;
    private final byte[] dirty;
    private volatile CodeListener[] listeners = {};
    private final @Nullable Arena arena;
    private @Nullable MemorySegment rom;

    private GuestMemory(MemorySegment ram, @Nullable Arena arena) {
        long size = ram.byteSize();
        if (size <= 0 || (size & (PAGE_SIZE - 1)) != 0) {
            throw new IllegalArgumentException("memory size " + size + " is not a number of pages");
        }
        this.ram = ram;
        this.arena = arena;
        lowSize = Math.min(size, LOW_LIMIT);
        highSize = size - lowSize;
        int pages = Math.toIntExact(size >>> PAGE_SHIFT);
        code = new byte[pages];
        dirty = new byte[pages];
    }

    /** Memory over the mapping {@code ram}, page aligned, whose size is the size of the RAM. */
    public static GuestMemory over(MemorySegment ram) {
        return new GuestMemory(ram, null);
    }

    /** Private zeroed memory of {@code sizeBytes}. */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the result
    public static GuestMemory allocate(long sizeBytes) {
        Arena arena = Arena.ofShared();
        return new GuestMemory(arena.allocate(sizeBytes, PAGE_SIZE), arena);
    }

    /** The host mapping of all RAM. */
    public MemorySegment ram() {
        return ram;
    }

    /**
     * Puts a ROM of {@code sizeBytes} (a number of pages) at the end of the first 4 GiB, once,
     * before processors are made. The result is its contents, to be filled by the caller.
     */
    @SuppressWarnings("MustBeClosedChecker") // it lives as long as somebody knows it
    public MemorySegment installRom(long sizeBytes) {
        if (rom != null || sizeBytes <= 0 || sizeBytes > HIGH_BASE - LOW_LIMIT) {
            throw new IllegalStateException("a ROM of " + sizeBytes + " bytes");
        }
        MemorySegment made = Arena.ofAuto().allocate(sizeBytes, PAGE_SIZE);
        rom = made;
        return made;
    }

    /**
     * The ROM that ends at {@link #HIGH_BASE}, if there is one. It is no RAM: {@link #contains} and
     * the accessors below do not know it.
     */
    public @Nullable MemorySegment rom() {
        return rom;
    }

    /** Bytes of RAM from address 0. */
    public long lowSize() {
        return lowSize;
    }

    /** Bytes of RAM from {@link #HIGH_BASE}. */
    public long highSize() {
        return highSize;
    }

    /** Offset of {@code gpa} in {@link #ram}, or -1 if there is no RAM. */
    public long ramOffset(long gpa) {
        if (Long.compareUnsigned(gpa, lowSize) < 0) {
            return gpa;
        }
        long high = gpa - HIGH_BASE;
        return Long.compareUnsigned(high, highSize) < 0 ? lowSize + high : -1;
    }

    /** Guest physical address of {@code offset} in {@link #ram}. */
    public long gpaOf(long offset) {
        return offset < lowSize ? offset : offset - lowSize + HIGH_BASE;
    }

    /** Whether the {@code length} bytes at {@code gpa} lie in one RAM region. */
    public boolean contains(long gpa, long length) {
        return find(gpa, length) >= 0;
    }

    private long find(long gpa, long length) {
        if (length < 0) {
            return -1;
        }
        if (gpa >= 0 && gpa < lowSize) {
            return length <= lowSize - gpa ? gpa : -1;
        }
        long high = gpa - HIGH_BASE;
        return gpa >= HIGH_BASE && high < highSize && length <= highSize - high
                ? lowSize + high
                : -1;
    }

    private long offset(long gpa, long length) {
        long offset = find(gpa, length);
        if (offset < 0) {
            throw new GuestMemoryException(gpa, length);
        }
        return offset;
    }

    // Code pages

    /** Whether a processor keeps decoded code of the page at {@code gpa}. */
    public boolean isCode(long gpa) {
        long offset = ramOffset(gpa);
        return offset >= 0 && code[(int) (offset >>> PAGE_SHIFT)] != 0;
    }

    /** {@link #isCode} by offset in {@link #ram}; {@code offset} must be inside. */
    public boolean isCodeAt(long offset) {
        return code[(int) (offset >>> PAGE_SHIFT)] != 0;
    }

    /**
     * Says that code of the page at {@code gpa} will be kept. To be called before its bytes are
     * read, so that no write in between goes unnoticed. Ignored outside RAM.
     */
    public void markCode(long gpa) {
        long offset = ramOffset(gpa);
        if (offset >= 0) {
            code[(int) (offset >>> PAGE_SHIFT)] = 1;
            VarHandle.fullFence(); // pairs with the fence in written()
        }
    }

    /** Says that no processor keeps code of the page at {@code gpa} any more. */
    public void clearCode(long gpa) {
        long offset = ramOffset(gpa);
        if (offset >= 0) {
            code[(int) (offset >>> PAGE_SHIFT)] = 0;
        }
    }

    /** Adds a listener for the life of this memory. */
    public synchronized void addCodeListener(CodeListener listener) {
        CodeListener[] grown = Arrays.copyOf(listeners, listeners.length + 1);
        grown[grown.length - 1] = listener;
        listeners = grown;
    }

    /**
     * Clears the code flag of the page at {@code gpa} and tells every listener, the caller's own
     * among them.
     */
    public void codeWritten(long gpa) {
        clearCode(gpa);
        for (CodeListener listener : listeners) {
            listener.codeWritten(gpa & -PAGE_SIZE);
        }
    }

    // Dirty log

    /** Notes a write to the page at {@code offset} in {@link #ram}. */
    public void markDirtyAt(long offset) {
        dirty[(int) (offset >>> PAGE_SHIFT)] = 1;
    }

    /** Notes a write to the page at {@code gpa}; ignored outside RAM. */
    public void markDirty(long gpa) {
        long offset = ramOffset(gpa);
        if (offset >= 0) {
            markDirtyAt(offset);
        }
    }

    /** Whether the page at {@code gpa} was written since the log was last cleared. */
    public boolean isDirty(long gpa) {
        long offset = ramOffset(gpa);
        return offset >= 0 && dirty[(int) (offset >>> PAGE_SHIFT)] != 0;
    }

    /**
     * Forgets all dirty marks. Processors that cache "already dirty" must be told by the caller.
     */
    public void clearDirty() {
        Arrays.fill(dirty, (byte) 0);
    }

    /**
     * Notes that a device has written {@code length} bytes at {@code gpa} through {@link #slice}.
     */
    public void written(long gpa, long length) {
        long offset = offset(gpa, length);
        if (length > 0) {
            noteWrite(offset, length);
        }
    }

    private void noteWrite(long offset, long length) {
        VarHandle.fullFence(); // the bytes before the look at the flag; see markCode
        int last = (int) ((offset + length - 1) >>> PAGE_SHIFT);
        for (int page = (int) (offset >>> PAGE_SHIFT); page <= last; page++) {
            dirty[page] = 1;
            if (code[page] != 0) {
                codeWritten(gpaOf((long) page << PAGE_SHIFT));
            }
        }
    }

    // Devices' access

    public int read8(long gpa) {
        return ram.get(U8, offset(gpa, 1)) & 0xff;
    }

    public int read16(long gpa) {
        return ram.get(U16, offset(gpa, 2)) & 0xffff;
    }

    public int read32(long gpa) {
        return ram.get(U32, offset(gpa, 4));
    }

    public long read64(long gpa) {
        return ram.get(U64, offset(gpa, 8));
    }

    public void write8(long gpa, int value) {
        long offset = offset(gpa, 1);
        ram.set(U8, offset, (byte) value);
        noteWrite(offset, 1);
    }

    public void write16(long gpa, int value) {
        long offset = offset(gpa, 2);
        ram.set(U16, offset, (short) value);
        noteWrite(offset, 2);
    }

    public void write32(long gpa, int value) {
        long offset = offset(gpa, 4);
        ram.set(U32, offset, value);
        noteWrite(offset, 4);
    }

    public void write64(long gpa, long value) {
        long offset = offset(gpa, 8);
        ram.set(U64, offset, value);
        noteWrite(offset, 8);
    }

    /** Copies {@code length} bytes of {@code from} into the guest. */
    public void copyIn(long gpa, byte[] from, int start, int length) {
        long offset = offset(gpa, length);
        if (length > 0) {
            MemorySegment.copy(from, start, ram, U8, offset, length);
            noteWrite(offset, length);
        }
    }

    /** Copies {@code length} bytes out of the guest. */
    public void copyOut(long gpa, byte[] to, int start, int length) {
        MemorySegment.copy(ram, U8, offset(gpa, length), to, start, length);
    }

    /** Copies all of {@code from} into the guest. */
    public void copyIn(long gpa, MemorySegment from) {
        long length = from.byteSize();
        long offset = offset(gpa, length);
        if (length > 0) {
            MemorySegment.copy(from, 0, ram, offset, length);
            noteWrite(offset, length);
        }
    }

    /** Sets {@code length} bytes to {@code value}. */
    public void fill(long gpa, long length, byte value) {
        long offset = offset(gpa, length);
        if (length > 0) {
            ram.asSlice(offset, length).fill(value);
            noteWrite(offset, length);
        }
    }

    /**
     * The bytes themselves, for host I/O without a copy. The guest can change them at any time; who
     * writes to them calls {@link #written} afterwards.
     */
    public MemorySegment slice(long gpa, long length) {
        return ram.asSlice(offset(gpa, length), length);
    }

    /** Releases memory that {@link #allocate} made; no access may follow or be under way. */
    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
