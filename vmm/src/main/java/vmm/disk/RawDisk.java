package vmm.disk;

import java.lang.foreign.MemorySegment;
import vmd.posix.Fd;
import vmd.posix.FileIo;

/**
 * A disk whose bytes are those of a file or block device, from its start. The file is opened, and
 * locked, by whoever hands the descriptor over.
 */
public final class RawDisk implements Disk {
    private final Fd file;
    private final long sizeBytes;
    private final boolean readOnly;

    /** Takes over {@code file}; bytes beyond {@code sizeBytes} are not used. */
    public RawDisk(Fd file, long sizeBytes, boolean readOnly) {
        this.file = file;
        this.sizeBytes = sizeBytes;
        this.readOnly = readOnly;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, MemorySegment into) {
        long done = FileIo.preadFully(file, into, offset);
        if (done < into.byteSize()) {
            // The file shrank while we ran. Zeroes, as in a hole, rather than stale bytes.
            into.asSlice(done).fill((byte) 0);
        }
    }

    @Override
    public void write(long offset, MemorySegment from) {
        FileIo.pwriteFully(file, from, offset);
    }

    @Override
    public void flush() {
        FileIo.fdatasync(file);
    }

    @Override
    public void close() {
        file.close();
    }
}
