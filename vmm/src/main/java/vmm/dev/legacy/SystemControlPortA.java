package vmm.dev.legacy;

import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/** Port 0x92 of the PS/2 and everything since: the fast gate of address line 20, and a reset. */
public final class SystemControlPortA implements PortDevice {
    /** The port. */
    public static final int PORT = 0x92;

    private static final int RESET = 0x01;
    private static final int A20 = 0x02;

    private final IrqLine a20;
    private final Runnable reset;
    private int value = A20;

    /** {@code a20} is the gate (open at first), {@code reset} what a rising bit 0 does. */
    public SystemControlPortA(IrqLine a20, Runnable reset) {
        this.a20 = a20;
        this.reset = reset;
        a20.level(true);
    }

    /** Registers the port. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, 1, this);
    }

    @Override
    public int portRead(int offset, int size) {
        return value;
    }

    @Override
    public void portWrite(int offset, int size, int newValue) {
        boolean resets = (newValue & ~value & RESET) != 0;
        value = newValue & (RESET | A20);
        a20.level((value & A20) != 0);
        if (resets) {
            reset.run();
        }
    }

    /** The stored bits. */
    public int state() {
        return value;
    }

    /** Continues from {@code state}. */
    public void restore(int state) {
        value = state & (RESET | A20);
        a20.level((value & A20) != 0);
    }
}
