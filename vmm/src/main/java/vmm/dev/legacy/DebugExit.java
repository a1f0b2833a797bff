package vmm.dev.legacy;

import java.util.function.IntConsumer;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The ports by which a kernel under test ends its machine with a number that says how the test
 * went. On a PC they belong to nobody; test kernels know them from QEMU's isa-debug-exit.
 */
public final class DebugExit implements PortDevice {
    /** First port. */
    public static final int PORT = 0xf4;

    /** Number of ports. */
    public static final int PORTS = 4;

    private final IntConsumer exit;

    /** {@code exit} is told the number. */
    public DebugExit(IntConsumer exit) {
        this.exit = exit;
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attach(PORT, PORTS, this);
    }

    @Override
    public int portRead(int offset, int size) {
        return 0;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        exit.accept(size == 4 ? value : value & (1 << 8 * size) - 1);
    }
}
