package vmm.engine;

/**
 * What a virtual processor asks of the machine around it. Called on the thread of the processor;
 * each call returns before the instruction that caused it is complete.
 */
public interface Platform {

    /**
     * Reads {@code size} (1, 2 or 4) bytes from I/O port {@code port} (0..0xffff); zero-extended.
     */
    int portRead(int port, int size);

    /** Writes the low {@code size} (1, 2 or 4) bytes of {@code value} to I/O port {@code port}. */
    void portWrite(int port, int size, int value);

    /**
     * Reads {@code size} (1, 2, 4 or 8) bytes at a guest physical address that is not RAM;
     * zero-extended.
     */
    long mmioRead(long gpa, int size);

    /** Writes {@code size} (1, 2, 4 or 8) bytes at a guest physical address that is not RAM. */
    void mmioWrite(long gpa, int size, long value);

    /**
     * The interrupt-acknowledge cycle: the vector (0..255) that the interrupt controller puts on
     * the bus.
     */
    int acknowledgeInterrupt();

    /**
     * Nanoseconds of the machine's monotonic clock; the time-stamp counter and pvclock are derived
     * from it.
     */
    long nowNs();

    /** Wall-clock time in nanoseconds since the Unix epoch, for pvclock. */
    long wallClockNs();
}
