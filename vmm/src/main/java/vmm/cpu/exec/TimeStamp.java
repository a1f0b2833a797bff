package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** The time-stamp counter: the machine's clock, one tick per nanosecond, whatever happens. */
final class TimeStamp {
    /** Ticks per second. */
    static final int HERTZ = 1_000_000_000;

    private TimeStamp() {}

    static long read(Cpu cpu) {
        return cpu.platform.nowNs() + cpu.tscOffset;
    }

    static void write(Cpu cpu, long value) {
        cpu.tscOffset = value - cpu.platform.nowNs();
        PvClock.publish(cpu);
    }
}
