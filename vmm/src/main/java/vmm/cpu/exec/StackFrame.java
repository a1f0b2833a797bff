package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** Pushes and pops by an explicit stack pointer, which is committed when nothing can fault. */
final class StackFrame {
    private StackFrame() {}

    /** Stores below {@code sp} and returns the new one. */
    static long push(Cpu cpu, long sp, int size, long value) {
        long below = sp - size & cpu.stackMask;
        cpu.mmu.store(Cpu.SS, below, size, value);
        return below;
    }

    /** The value {@code index} places of {@code size} bytes above the stack pointer. */
    static long peek(Cpu cpu, int index, int size) {
        long at = cpu.gpr[Cpu.RSP] + (long) index * size & cpu.stackMask;
        return cpu.mmu.load(Cpu.SS, at, size);
    }

    /** Sets the stack pointer in the width of the current stack segment. */
    static void pointer(Cpu cpu, long sp) {
        long mask = cpu.stackMask;
        cpu.gpr[Cpu.RSP] = mask == 0xffff ? cpu.gpr[Cpu.RSP] & ~mask | sp & mask : sp & mask;
    }

    /** Adds to the stack pointer. */
    static void drop(Cpu cpu, long bytes) {
        pointer(cpu, cpu.gpr[Cpu.RSP] + bytes);
    }
}
