package vmm.dev;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Memory that can only be read. */
public final class Rom implements MmioDevice {
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;

    /** A chip that holds {@code bytes}. */
    public Rom(MemorySegment bytes) {
        this.bytes = bytes;
    }

    @Override
    public long mmioRead(long offset, int size) {
        return switch (size) {
            case 1 -> bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
            case 2 -> bytes.get(U16, offset) & 0xffffL;
            case 4 -> bytes.get(U32, offset) & 0xffff_ffffL;
            default -> bytes.get(U64, offset);
        };
    }

    @Override
    public void mmioWrite(long offset, int size, long value) {
        // It cannot be written.
    }
}
