package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.mem.GuestMemory;

/**
 * The paravirtual clock of KVM guests: structures in guest memory that say how to get nanoseconds
 * from the time-stamp counter (Linux Documentation/virt/kvm/x86/msr.rst and pvclock-abi.h). The
 * counter is the machine's clock with an offset, so that what is published stays true until the
 * guest writes the counter.
 */
final class PvClock {
    private static final int ENABLE = 1;
    private static final int TIME_SIZE = 32, WALL_SIZE = 12;
    private static final byte TSC_STABLE = 1;

    /** With the shift, a factor of one: (ticks << 1) * 2^31 >> 32. */
    private static final int MULTIPLIER = 0x8000_0000;

    private static final int SHIFT = 1;
    private static final long NS_PER_SECOND = 1_000_000_000L;

    private PvClock() {}

    /** A write to MSR_KVM_SYSTEM_TIME_NEW. */
    static void systemTime(Cpu cpu, long value) {
        if ((value & ENABLE) != 0) {
            check(cpu, value & ~ENABLE, TIME_SIZE);
        }
        cpu.pvClock = value;
        publish(cpu);
    }

    private static void check(Cpu cpu, long gpa, int size) {
        if ((gpa & 3) != 0 || !cpu.mmu.memory().contains(gpa, size)) {
            throw cpu.protection();
        }
    }

    /** Writes the structure again, if the guest has registered one. */
    static void publish(Cpu cpu) {
        if ((cpu.pvClock & ENABLE) == 0) {
            return;
        }
        GuestMemory memory = cpu.mmu.memory();
        long gpa = cpu.pvClock & ~ENABLE;
        if (!memory.contains(gpa, TIME_SIZE)) {
            return;
        }
        long now = cpu.platform.nowNs();
        int version = memory.read32(gpa) & ~1;
        memory.write32(gpa, version + 1); // odd: being changed
        memory.write64(gpa + 8, now + cpu.tscOffset);
        memory.write64(gpa + 16, now);
        memory.write32(gpa + 24, MULTIPLIER);
        memory.write32(gpa + 28, SHIFT | TSC_STABLE << 8);
        memory.write32(gpa, version + 2);
    }

    /** A write to MSR_KVM_WALL_CLOCK_NEW: wall-clock time at the zero of the system time. */
    static void wallClock(Cpu cpu, long gpa) {
        check(cpu, gpa, WALL_SIZE);
        GuestMemory memory = cpu.mmu.memory();
        long bootNs = cpu.platform.wallClockNs() - cpu.platform.nowNs();
        int version = memory.read32(gpa) & ~1;
        memory.write32(gpa, version + 1);
        memory.write32(gpa + 4, (int) Math.floorDiv(bootNs, NS_PER_SECOND));
        memory.write32(gpa + 8, (int) Math.floorMod(bootNs, NS_PER_SECOND));
        memory.write32(gpa, version + 2);
    }
}
