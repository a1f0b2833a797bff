package vmm.cpu.decode;

/** Where the bytes of an instruction come from. */
@FunctionalInterface
public interface Fetch {

    /**
     * Byte {@code position} (0..14) of the instruction, 0..255. Bytes are asked for in order and
     * only when the instruction needs them, so that a fault on the way is the instruction's own.
     */
    int fetch(int position);
}
