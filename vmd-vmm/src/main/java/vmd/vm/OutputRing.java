package vmd.vm;

import java.util.concurrent.TimeUnit;

/**
 * The last 64 KiB that a guest wrote to its console, addressed by position in the whole output.
 * Where nobody reads, what is old gives way. What somebody who reads has not read yet does not:
 * writing waits for him. One who does not read on for a while counts as nobody until he does.
 */
final class OutputRing {
    static final int CAPACITY = 64 << 10;

    private final long patienceMs;
    private final byte[] bytes = new byte[CAPACITY];

    /** Position behind the last byte. */
    private long end;

    /** Position up to which the reader has read; none is -1. */
    private long read = -1;

    private boolean reading;

    /**
     * An empty ring.
     *
     * @param patienceMs how long writing waits for a reader who does not go on
     */
    OutputRing(long patienceMs) {
        this.patienceMs = patienceMs;
    }

    synchronized void append(byte[] source, int length) {
        awaitReader(Math.min(length, CAPACITY));
        for (int k = Math.max(0, length - CAPACITY); k < length; k++) {
            bytes[(int) ((end + k) % CAPACITY)] = source[k];
        }
        end += length;
    }

    private void awaitReader(int length) {
        long before = read;
        long deadline = deadline();
        while (reading && end + length - read > CAPACITY) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (read != before) {
                before = read;
                deadline = deadline();
            } else if (leftMs <= 0) {
                reading = false;
            } else {
                pause(leftMs);
            }
        }
    }

    private long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
    }

    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's
    private void pause(long ms) {
        try {
            wait(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reading = false;
        }
    }

    /** Somebody has come, or has read up to {@code position}. */
    synchronized void reader(long position) {
        // One who stands still does not count again.
        reading |= position != read;
        read = position;
        notifyAll();
    }

    /** Nobody reads any more. */
    synchronized void noReader() {
        reading = false;
        read = -1;
        notifyAll();
    }

    synchronized long end() {
        return end;
    }

    /** Position of the oldest byte that is still there. */
    synchronized long start() {
        return Math.max(0, end - CAPACITY);
    }

    /**
     * Copies what there is from {@code position} on, or from the oldest byte if that one is gone.
     * Returns the position of the first byte copied; {@code count} says how many there are.
     */
    synchronized Chunk read(long position, byte[] into) {
        long from = Math.max(position, start());
        int count = (int) Math.min(into.length, end - from);
        for (int k = 0; k < count; k++) {
            into[k] = bytes[(int) ((from + k) % CAPACITY)];
        }
        return new Chunk(from, count);
    }

    /** Where the bytes of a read come from. */
    record Chunk(long from, int count) {}
}
