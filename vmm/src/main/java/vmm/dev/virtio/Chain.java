package vmm.dev.virtio;

import java.lang.foreign.MemorySegment;
import vmm.mem.GuestMemory;

/**
 * The buffers of one descriptor chain: the readable ones, then the writable ones. Filled by {@link
 * Virtqueue#next} from one reading of the descriptors, all checked to lie in RAM; what the guest
 * writes into the descriptors afterwards changes nothing. The bytes in the buffers may change at
 * any time.
 */
final class Chain {
    /** Longest chain that is taken, with and without an indirect table. */
    static final int MAX_BUFFERS = 1024;

    /** Most bytes in a chain, virtio 1.2 section 2.7.4.2. */
    private static final long MAX_BYTES = 1L << 32;

    private final GuestMemory memory;
    private final long[] gpas = new long[MAX_BUFFERS];
    private final long[] lengths = new long[MAX_BUFFERS];
    private int head;
    private int readable;
    private int buffers;
    private long readableBytes;
    private long writableBytes;

    Chain(GuestMemory memory) {
        this.memory = memory;
    }

    void clear(int newHead) {
        head = newHead;
        readable = 0;
        buffers = 0;
        readableBytes = 0;
        writableBytes = 0;
    }

    void add(long gpa, long length, boolean writable) {
        if (buffers == MAX_BUFFERS) {
            throw new VirtioException("descriptor chain too long");
        }
        if (length == 0) {
            throw new VirtioException("descriptor of length 0");
        }
        if (!memory.contains(gpa, length)) {
            throw new VirtioException("descriptor outside of RAM");
        }
        if (!writable && writableBytes > 0) {
            throw new VirtioException("readable descriptor after a writable one");
        }
        if (readableBytes + writableBytes + length > MAX_BYTES) {
            throw new VirtioException("descriptor chain of more than 4 GiB");
        }
        gpas[buffers] = gpa;
        lengths[buffers] = length;
        buffers++;
        if (writable) {
            writableBytes += length;
        } else {
            readable = buffers;
            readableBytes += length;
        }
    }

    /** Number of the descriptor that the chain starts with. */
    int head() {
        return head;
    }

    /** Bytes that the driver gives. */
    long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the driver wants. */
    long writableBytes() {
        return writableBytes;
    }

    /** Copies readable bytes from {@code start}; they must be there. */
    void read(long start, byte[] to, int length) {
        int copied = 0;
        long skip = start;
        for (int k = 0; k < readable && copied < length; k++) {
            if (skip >= lengths[k]) {
                skip -= lengths[k];
                continue;
            }
            int piece = (int) Math.min(length - copied, lengths[k] - skip);
            memory.copyOut(gpas[k] + skip, to, copied, piece);
            copied += piece;
            skip = 0;
        }
    }

    /** Copies {@code length} bytes to the writable ones at {@code start}; they must be there. */
    void write(long start, byte[] from, int length) {
        int copied = 0;
        long skip = start;
        for (int k = readable; k < buffers && copied < length; k++) {
            if (skip >= lengths[k]) {
                skip -= lengths[k];
                continue;
            }
            int piece = (int) Math.min(length - copied, lengths[k] - skip);
            memory.copyIn(gpas[k] + skip, from, copied, piece);
            copied += piece;
            skip = 0;
        }
    }

    /** Does something with consecutive pieces of host memory. */
    interface Pieces {

        /** Handles {@code piece}, which lies {@code done} bytes from the start; false to stop. */
        boolean piece(MemorySegment piece, long done);
    }

    /**
     * Hands {@code length} readable bytes from {@code start} to {@code pieces} in pieces of at most
     * {@code limit} bytes. False if it was stopped.
     */
    boolean eachReadable(long start, long length, long limit, Pieces pieces) {
        return each(0, readable, start, length, limit, false, pieces);
    }

    /** As {@link #eachReadable} for writable bytes, which are noted as written afterwards. */
    boolean eachWritable(long start, long length, long limit, Pieces pieces) {
        return each(readable, buffers, start, length, limit, true, pieces);
    }

    private boolean each(
            int first,
            int end,
            long start,
            long length,
            long limit,
            boolean written,
            Pieces pieces) {
        long skip = start;
        long done = 0;
        for (int k = first; k < end && done < length; k++) {
            while (skip < lengths[k] && done < length) {
                long size = Math.min(limit, Math.min(length - done, lengths[k] - skip));
                long gpa = gpas[k] + skip;
                boolean more;
                try {
                    more = pieces.piece(memory.slice(gpa, size), done);
                } finally {
                    if (written) {
                        memory.written(gpa, size);
                    }
                }
                if (!more) {
                    return false;
                }
                skip += size;
                done += size;
            }
            skip -= lengths[k];
        }
        return true;
    }
}
