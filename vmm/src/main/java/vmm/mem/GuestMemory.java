package vmm.mem;

import java.lang.foreign.MemorySegment;

/**
 * Guest physical memory: RAM regions that follow one another in one host mapping, with holes
 * between them in the guest's address space. The only class that turns a guest physical address
 * into a place in host memory.
 */
public final class GuestMemory implements AutoCloseable {
    private final MemorySegment ram;

    private GuestMemory(MemorySegment ram) {
        this.ram = ram;
    }

    /** Memory of {@code sizeBytes} over the mapping {@code ram}. */
    public static GuestMemory over(MemorySegment ram) {
        return new GuestMemory(ram);
    }

    /** The host mapping of all RAM. */
    public MemorySegment ram() {
        return ram;
    }

    @Override
    public void close() {}
}
