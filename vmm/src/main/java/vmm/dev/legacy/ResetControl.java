package vmm.dev.legacy;

import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The reset control register of the 82371 at port 0xcf9: a rising bit 2 resets the machine,
 * whatever bits 1 and 3 say about how hard. It lies between the address and the data port of PCI's
 * configuration mechanism, whose address port is 0xcf8 with double word accesses only.
 */
public final class ResetControl implements PortDevice {
    /** The port, which the FADT names too. */
    public static final int PORT = 0xcf9;

    /** What the FADT tells a system to write. */
    public static final int FULL_RESET = 0x06;

    private static final int STORED = 0x0e;
    private static final int RESET_CPU = 0x04;

    private final Runnable reset;
    private int value;

    /** Runs {@code reset} when the guest asks for it. */
    public ResetControl(Runnable reset) {
        this.reset = reset;
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
        boolean resets = (newValue & ~value & RESET_CPU) != 0;
        // A reset clears the register, so the bit is never seen set.
        value = newValue & STORED & ~RESET_CPU;
        if (resets) {
            reset.run();
        }
    }
}
