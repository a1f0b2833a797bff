package vmm.dev;

/** Something that answers at a range of I/O ports. Called under the machine's device lock. */
public interface PortDevice {

    /**
     * Value of {@code size} (1, 2 or 4) bytes at {@code offset} from the start of the range;
     * zero-extended.
     */
    int portRead(int offset, int size);

    /**
     * Writes the low {@code size} bytes of {@code value} at {@code offset} from the start of the
     * range.
     */
    void portWrite(int offset, int size, int value);
}
