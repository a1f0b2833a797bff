package vmm.engine;

import vmm.mem.GuestMemory;

/** A vmm device: whatever can run virtual processors over a guest memory. */
public interface Engine extends AutoCloseable {

    /** Name as in vm.conf: {@code soft}, {@code kvm}. */
    String name();

    /**
     * The memory that the machine will have: {@code offered}, unless the host's kernel insists on
     * memory of its own, which is then as large and zeroed. To be called once, before anything is
     * put into it.
     */
    default GuestMemory memory(GuestMemory offered) {
        return offered;
    }

    /**
     * Creates processor {@code index} (0 is the boot processor) over {@code memory}, attached to
     * {@code platform}.
     */
    Vcpu createVcpu(int index, GuestMemory memory, Platform platform);

    @Override
    void close();
}
