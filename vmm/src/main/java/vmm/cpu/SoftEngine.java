package vmm.cpu;

import vmm.cpu.isa.CpuLevel;
import vmm.engine.Engine;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/** The vmm device that needs nothing from the host: an x86 processor in software. */
public final class SoftEngine implements Engine {
    private final CpuLevel level;

    /** An engine whose processors have everything. */
    public SoftEngine() {
        this(CpuLevel.V3);
    }

    /** An engine whose processors have what {@code level} has. */
    public SoftEngine(CpuLevel level) {
        this.level = level;
    }

    @Override
    public String name() {
        return "soft";
    }

    @Override
    public Vcpu createVcpu(int index, GuestMemory memory, Platform platform) {
        if (index != 0) {
            throw new IllegalArgumentException("processor " + index + ", only 0 is supported");
        }
        return new SoftVcpu(memory, platform, level);
    }

    @Override
    public void close() {
        // Processors hold nothing outside the heap.
    }
}
