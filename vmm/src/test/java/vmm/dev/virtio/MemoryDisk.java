package vmm.dev.virtio;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import vmd.posix.PosixException;
import vmm.disk.Disk;

/** A disk in memory that a test can make slow or broken. */
final class MemoryDisk implements Disk {
    final byte[] bytes;
    final MemorySegment content;
    final boolean readOnly;
    final AtomicInteger flushes = new AtomicInteger();
    volatile int errno;

    /** When set, a transfer announces itself and waits to be released. */
    volatile @Nullable CountDownLatch entered;

    volatile @Nullable CountDownLatch release;

    MemoryDisk(int sectors, boolean readOnly) {
        bytes = new byte[sectors * VirtioBlk.SECTOR];
        content = MemorySegment.ofArray(bytes);
        this.readOnly = readOnly;
    }

    private void transfer() {
        CountDownLatch announce = entered;
        CountDownLatch wait = release;
        if (announce != null && wait != null) {
            announce.countDown();
            try {
                wait.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (errno != 0) {
            throw new PosixException("pread", errno);
        }
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, MemorySegment into) {
        transfer();
        MemorySegment.copy(content, offset, into, 0, into.byteSize());
    }

    @Override
    public void write(long offset, MemorySegment from) {
        transfer();
        MemorySegment.copy(from, 0, content, offset, from.byteSize());
    }

    @Override
    public void flush() {
        flushes.incrementAndGet();
    }

    @Override
    public void close() {}
}
