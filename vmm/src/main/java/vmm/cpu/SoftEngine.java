package vmm.cpu;

import vmm.engine.Engine;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/** The vmm device that needs nothing from the host: an x86 processor in software. */
public final class SoftEngine implements Engine {

    @Override
    public String name() {
        return "soft";
    }

    @Override
    public Vcpu createVcpu(int index, GuestMemory memory, Platform platform) {
        if (index != 0) {
            throw new IllegalArgumentException("processor " + index + ", only 0 is supported");
        }
        return new SoftVcpu(memory, platform);
    }

    @Override
    public void close() {
        // Processors hold nothing outside the heap.
    }
}
