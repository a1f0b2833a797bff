package vmm.disk;

import java.lang.foreign.MemorySegment;

/**
 * The bytes of a disk. One caller at a time. The methods that touch the host throw {@link
 * vmd.posix.PosixException} if it refuses.
 */
public interface Disk extends AutoCloseable {

    /** Size in bytes. */
    long sizeBytes();

    /** Whether {@link #write} must not be called. */
    boolean readOnly();

    /** Fills {@code into} from {@code offset}; the range lies inside the disk. */
    void read(long offset, MemorySegment into);

    /** Stores {@code from} at {@code offset}; the range lies inside the disk. */
    void write(long offset, MemorySegment from);

    /** Returns when everything written is on stable storage. */
    void flush();

    /** Releases what the disk holds of the host. */
    @Override
    void close();
}
