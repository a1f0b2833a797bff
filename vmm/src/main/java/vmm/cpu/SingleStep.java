package vmm.cpu;

import org.jspecify.annotations.Nullable;
import vmm.engine.CpuState;
import vmm.engine.Platform;
import vmm.mem.GuestMemory;

/** Executes single instructions for an engine whose processor cannot do them. */
public final class SingleStep {
    private final Cpu cpu;
    private final Interpreter interpreter;

    public SingleStep(GuestMemory memory, Platform platform) {
        cpu = new Cpu(platform, memory);
        interpreter = new Interpreter(cpu);
    }

    /**
     * The state after the instruction at RIP, or after the delivery of the exception that it
     * raised; null after a triple fault.
     */
    public @Nullable CpuState execute(CpuState before) {
        cpu.shutdown = false;
        SavedState.restore(cpu, before);
        interpreter.stateChanged();
        interpreter.step();
        return cpu.shutdown ? null : SavedState.of(cpu);
    }
}
