package vmm.dev.legacy;

import java.util.function.IntConsumer;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The port that kernels in the making print to, before they have a driver for anything: what is
 * written to port 0xe9 appears, and reading gives 0xe9, by which a guest knows that somebody
 * listens. It comes from Bochs (its user manual, "port_e9_hack") and QEMU has it as isa-debugcon.
 */
public final class DebugConsole implements PortDevice {
    /** The port. */
    public static final int PORT = 0xe9;

    private final IntConsumer out;
    private int last;

    /** {@code out} hears every character, with a carriage return before each line feed. */
    public DebugConsole(IntConsumer out) {
        this.out = out;
    }

    /** Registers the port. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, 1, this);
    }

    @Override
    public int portRead(int offset, int size) {
        return PORT;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        int c = value & 0xff;
        if (c == '\n' && last != '\r') {
            out.accept('\r');
        }
        out.accept(c);
        last = c;
    }
}
