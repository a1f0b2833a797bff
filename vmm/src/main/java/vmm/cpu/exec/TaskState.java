package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** What a task-state segment says about stacks and ports, SDM volume 3 chapter 8. */
final class TaskState {
    private static final int IO_MAP_BASE = 0x66;

    private TaskState() {}

    private static boolean wide(Cpu cpu) {
        return (cpu.segmentAccess[Cpu.TR] & 8) != 0;
    }

    private static long limit(Cpu cpu) {
        return Integer.toUnsignedLong(cpu.segmentLimit[Cpu.TR]);
    }

    private static long load(Cpu cpu, int offset, int size, int external) {
        if (offset + size - 1 > limit(cpu)) {
            throw Descriptor.fault(cpu, Cpu.TS, cpu.segmentSelector[Cpu.TR], external);
        }
        return cpu.mmu.loadSystem(cpu.segmentBase[Cpu.TR] + offset, size);
    }

    /** Stack selector for privilege {@code level} outside long mode. */
    static int stackSelector(Cpu cpu, int level, int external) {
        int offset = wide(cpu) ? 8 + 8 * level : 4 + 4 * level;
        return (int) load(cpu, offset, 2, external);
    }

    /** Stack pointer for privilege {@code level} outside long mode. */
    static long stackPointer(Cpu cpu, int level, int external) {
        return wide(cpu)
                ? load(cpu, 4 + 8 * level, 4, external)
                : load(cpu, 2 + 4 * level, 2, external);
    }

    /** RSP0..RSP2 of a 64-bit TSS. */
    static long stackPointer64(Cpu cpu, int level, int external) {
        return load(cpu, 4 + 8 * level, 8, external);
    }

    /** IST1..IST7 of a 64-bit TSS. */
    static long interruptStack(Cpu cpu, int ist, int external) {
        return load(cpu, 0x1c + 8 * ist, 8, external);
    }

    /** Whether the I/O permission bitmap allows {@code size} bytes at {@code port}. */
    static boolean allowsPort(Cpu cpu, int port, int size) {
        if (!wide(cpu) || IO_MAP_BASE + 1 > limit(cpu)) {
            return false;
        }
        long base = cpu.segmentBase[Cpu.TR];
        // Two bytes are read always: the bits of an access may lie in both, SDM 1 section 19.5.2.
        long offset = cpu.mmu.loadSystem(base + IO_MAP_BASE, 2) + (port >>> 3);
        if (offset + 1 > limit(cpu)) {
            return false;
        }
        int bits = (int) cpu.mmu.loadSystem(base + offset, 2) >>> (port & 7);
        return (bits & (1 << size) - 1) == 0;
    }
}
