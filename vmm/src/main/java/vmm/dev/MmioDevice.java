package vmm.dev;

/** Something that answers at a range of physical addresses. Called under the machine's lock. */
public interface MmioDevice {

    /**
     * Value of {@code size} (1, 2, 4 or 8) bytes at {@code offset} from the start of the range;
     * zero-extended.
     */
    long mmioRead(long offset, int size);

    /**
     * Writes the low {@code size} bytes of {@code value} at {@code offset} from the start of the
     * range.
     */
    void mmioWrite(long offset, int size, long value);
}
