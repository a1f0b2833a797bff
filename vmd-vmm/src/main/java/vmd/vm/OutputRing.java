package vmd.vm;

/**
 * The last 64 KiB that a guest wrote to its console, addressed by position in the whole output.
 * Writing never waits: what is old gives way.
 */
final class OutputRing {
    static final int CAPACITY = 64 << 10;

    private final byte[] bytes = new byte[CAPACITY];

    /** Position behind the last byte. */
    private long end;

    synchronized void append(byte[] source, int length) {
        for (int k = Math.max(0, length - CAPACITY); k < length; k++) {
            bytes[(int) ((end + k) % CAPACITY)] = source[k];
        }
        end += length;
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
