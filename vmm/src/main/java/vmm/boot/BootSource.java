package vmm.boot;

import java.lang.foreign.MemorySegment;

/** The bytes of a kernel or an initial ramdisk. The file behind them may be anything. */
public interface BootSource {

    /** Size in bytes. */
    long sizeBytes();

    /**
     * Fills {@code into} with the bytes at {@code offset}. Fails with {@link BootException} if they
     * are not all there.
     */
    void read(long offset, MemorySegment into);
}
