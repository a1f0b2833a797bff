package vmm.dev.legacy;

import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * Port 0x61 of the PC/AT: gate and output of the timer's counter 2, and the refresh toggle. There
 * is no loudspeaker.
 */
public final class SystemControlPortB implements PortDevice {
    /** The port. */
    public static final int PORT = 0x61;

    private static final int GATE2 = 0x01;
    private static final int REFRESH = 0x10;
    private static final int OUT2 = 0x20;

    /** Speaker data and the two check enables: stored and read back. */
    private static final int STORED = 0x0e;

    private final I8253 timer;
    private int stored;

    /** Port B beside {@code timer}. */
    public SystemControlPortB(I8253 timer) {
        this.timer = timer;
    }

    /** Registers the port. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, 1, this);
    }

    @Override
    public int portRead(int offset, int size) {
        return stored
                | (timer.gate2() ? GATE2 : 0)
                | (timer.refresh() ? REFRESH : 0)
                | (timer.out2() ? OUT2 : 0);
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        stored = value & STORED;
        timer.gate2((value & GATE2) != 0);
    }

    /** The stored bits; the gate belongs to the timer. */
    public int state() {
        return stored;
    }

    /** Continues from {@code state}. */
    public void restore(int state) {
        stored = state & STORED;
    }
}
