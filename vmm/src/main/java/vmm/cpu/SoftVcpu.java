package vmm.cpu;

import vmm.cpu.isa.CpuLevel;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/** A virtual processor of {@link SoftEngine}. */
final class SoftVcpu implements Vcpu {
    private final Cpu cpu;
    final Interpreter interpreter;

    SoftVcpu(GuestMemory memory, Platform platform, CpuLevel level) {
        cpu = new Cpu(platform, memory, level);
        interpreter = new Interpreter(cpu);
    }

    @Override
    public Exit run() {
        return interpreter.run();
    }

    @Override
    public void interruptLine(boolean asserted) {
        interpreter.interruptLine(asserted);
    }

    @Override
    public void kick() {
        interpreter.kick();
    }

    @Override
    public CpuState state() {
        return SavedState.of(cpu);
    }

    @Override
    public void state(CpuState state) {
        SavedState.restore(cpu, state);
        interpreter.stateChanged();
    }

    @Override
    public void restartDirtyLog() {
        cpu.mmu.flush(); // it remembers which pages are marked already
    }

    @Override
    public void updateDirtyLog() {
        // Every store marks its page at once.
    }

    @Override
    public String failure() {
        return "";
    }

    @Override
    public long instructions() {
        return interpreter.instructions();
    }

    @Override
    public void close() {
        // Nothing outside the heap.
    }
}
