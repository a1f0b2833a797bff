package vmm.dev.virtio;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import vmd.posix.PosixException;
import vmm.disk.Disk;
import vmm.mem.GuestMemory;

/**
 * Block device, virtio 1.2 section 5.2.
 *
 * <p>One thread does the host I/O, so that a slow disk does not stop the processor. Requests are
 * taken from the queue and given back under the device lock; only the transfer itself runs without
 * it. A reset waits for the transfer: its bytes are neither written nor read later than that.
 */
public final class VirtioBlk implements VirtioDevice {
    static final int SECTOR = 512;
    static final int HEADER = 16;
    static final int ID_BYTES = 20;
    static final int TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_GET_ID = 8;
    static final int OK = 0, IOERR = 1, UNSUPPORTED = 2;
    static final long SEG_MAX = 1 << 2, READ_ONLY = 1 << 5, BLK_SIZE = 1 << 6, FLUSH = 1 << 9;

    private static final int TYPE = 2;
    private static final int QUEUE_SIZE = 256;
    private static final int SEGMENTS = QUEUE_SIZE - 2;
    private static final int CONFIG_LENGTH = 60;

    /** Bytes of one host call: what a reset may have to wait for. */
    private static final long PIECE = 1 << 20;

    private final Disk disk;
    private final long sectors;
    private final byte[] id;
    private final byte[] config = new byte[CONFIG_LENGTH];
    private final Chain chain;
    private final byte[] header = new byte[HEADER];
    private final byte[] statusByte = new byte[1];

    private final Lock lock;
    private final Condition work;
    private final Condition idle;
    private final Thread thread;
    private @Nullable Transport driver;
    private boolean writeThrough;
    private boolean kicked;
    private boolean paused;
    private boolean busy;
    private boolean closed;
    private volatile boolean cancelled;

    /** What a request asks for, after all of its checks. */
    private sealed interface Request {
        record Read(long offset, long length) implements Request {}

        record Write(long offset, long length) implements Request {}

        record Flush() implements Request {}

        record Identify() implements Request {}

        record Refused(int status) implements Request {}
    }

    /**
     * A device over {@code disk}, which it owns.
     *
     * @param lock the machine's device lock
     * @param name what GET_ID answers, at most 20 bytes of it
     */
    public VirtioBlk(GuestMemory memory, Disk disk, Lock lock, String name) {
        this.disk = disk;
        this.lock = lock;
        sectors = disk.sizeBytes() / SECTOR;
        id = Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), ID_BYTES);
        chain = new Chain(memory);
        put(0, 8, sectors);
        put(12, 4, SEGMENTS);
        put(20, 4, SECTOR);
        work = lock.newCondition();
        idle = lock.newCondition();
        thread = Thread.ofPlatform().name("disk " + name).daemon().unstarted(this::serve);
        thread.start();
    }

    private void put(int offset, int size, long value) {
        for (int k = 0; k < size; k++) {
            config[offset + k] = (byte) (value >>> 8 * k);
        }
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int pciClass() {
        return 0x010000;
    }

    @Override
    public long features() {
        return SEG_MAX | BLK_SIZE | FLUSH | (disk.readOnly() ? READ_ONLY : 0);
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public int configLength() {
        return CONFIG_LENGTH;
    }

    @Override
    public int configRead(int offset) {
        return config[offset];
    }

    @Override
    public void start(Transport newDriver, long features) {
        driver = newDriver;
        // Section 5.2.6.2: without FLUSH a write must be stable when it is reported.
        writeThrough = (features & FLUSH) == 0;
        cancelled = false;
        notified(0);
    }

    @Override
    public void notified(int queue) {
        kicked = true;
        work.signal();
    }

    @Override
    public void stop() {
        driver = null;
        kicked = false;
        cancelled = true;
        awaitIdle();
    }

    @Override
    public void pause(boolean pause) {
        paused = pause;
        if (pause) {
            awaitIdle();
        } else {
            work.signal();
        }
    }

    private void awaitIdle() {
        while (busy) {
            idle.awaitUninterruptibly();
        }
    }

    @Override
    public void close() {
        stop();
        closed = true;
        work.signal();
        disk.close();
    }

    // The thread

    private void serve() {
        lock.lock();
        try {
            while (!closed) {
                if (kicked && !paused && driver != null) {
                    serveNext(driver);
                } else {
                    work.awaitUninterruptibly();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Does one request of {@code from}'s queue, giving up the lock during the transfer. */
    private void serveNext(Transport from) {
        Virtqueue queue = from.queue(0);
        try {
            if (queue == null || !queue.next(chain)) {
                kicked = false;
                return;
            }
            Request request = parse();
            long written = execute(request);
            if (driver == from) {
                queue.push(chain.head(), written);
                from.used(queue);
            }
        } catch (VirtioException e) {
            kicked = false;
            driver = null;
            from.failed("disk: " + e.getMessage());
        }
    }

    private Request parse() {
        if (chain.readableBytes() < HEADER || chain.writableBytes() < 1) {
            throw new VirtioException("request without header or status");
        }
        chain.read(0, header, HEADER);
        int type = (int) le(0, 4);
        long sector = le(8, 8);
        long in = chain.writableBytes() - 1;
        long out = chain.readableBytes() - HEADER;
        return switch (type) {
            case TYPE_IN -> inside(sector, in) ? new Request.Read(sector * SECTOR, in) : refused();
            case TYPE_OUT ->
                    inside(sector, out) && !disk.readOnly()
                            ? new Request.Write(sector * SECTOR, out)
                            : refused();
            case TYPE_FLUSH -> new Request.Flush();
            case TYPE_GET_ID -> new Request.Identify();
            default -> new Request.Refused(UNSUPPORTED);
        };
    }

    private static Request refused() {
        return new Request.Refused(IOERR);
    }

    private boolean inside(long sector, long bytes) {
        return bytes % SECTOR == 0
                && sector >= 0
                && sector <= sectors
                && bytes / SECTOR <= sectors - sector;
    }

    private long le(int offset, int size) {
        long value = 0;
        for (int k = 0; k < size; k++) {
            value |= (header[offset + k] & 0xffL) << 8 * k;
        }
        return value;
    }

    /** Answers the request in the chain; returns how many writable bytes were used. */
    private long execute(Request request) {
        int status = OK;
        long length = 0;
        switch (request) {
            case Request.Refused(int reason) -> status = reason;
            case Request.Identify() -> {
                length = Math.min(ID_BYTES, chain.writableBytes() - 1);
                chain.write(0, id, (int) length);
            }
            case Request.Read read -> {
                length = read.length;
                status = transfer(request);
            }
            case Request.Write write -> status = transfer(write);
            case Request.Flush flush -> status = transfer(flush);
        }
        if (!cancelled) {
            statusByte[0] = (byte) status;
            chain.write(chain.writableBytes() - 1, statusByte, 1);
        }
        // The status byte is the last one, so everything before it counts as written.
        return request instanceof Request.Identify ? chain.writableBytes() : length + 1;
    }

    private int transfer(Request request) {
        busy = true;
        lock.unlock();
        try {
            return transferUnlocked(request);
        } finally {
            lock.lock();
            busy = false;
            idle.signalAll();
        }
    }

    private int transferUnlocked(Request request) {
        try {
            switch (request) {
                case Request.Read(long offset, long length) -> {
                    chain.eachWritable(
                            0,
                            length,
                            PIECE,
                            (piece, done) -> {
                                disk.read(offset + done, piece);
                                return !cancelled;
                            });
                }
                case Request.Write(long offset, long length) -> {
                    chain.eachReadable(
                            HEADER,
                            length,
                            PIECE,
                            (piece, done) -> {
                                disk.write(offset + done, piece);
                                return !cancelled;
                            });
                    if (writeThrough) {
                        disk.flush();
                    }
                }
                case Request.Flush flush -> disk.flush();
                case Request.Identify identify -> {}
                case Request.Refused refused -> {}
            }
            return OK;
        } catch (PosixException e) {
            return IOERR;
        }
    }
}
