package vmm.dev.virtio;

import java.util.function.Consumer;
import vmm.dev.pci.PciBus;
import vmm.dev.pci.PciFunction;
import vmm.mem.GuestMemory;

/**
 * A transitional virtio device on the PCI bus (virtio 1.2 section 4.1): drivers of 1.x use the
 * memory range, drivers before 1.0 the ports. Interrupts are level triggered on INTA.
 */
public final class VirtioPci implements AutoCloseable {
    private static final int VENDOR = 0x1af4;
    private static final int SUBSYSTEM_VENDOR = 0x0b5d;

    /** Transitional device numbers, section 4.1.2.1. */
    private static final int[] TRANSITIONAL = {
        0, 0x1000, 0x1001, 0x1003, 0x1005, 0x1002, 0, 0, 0x1004, 0x1009
    };

    private static final int PORT_BAR = 0, MEMORY_BAR = 1;
    private static final int VENDOR_CAPABILITY = 9;
    private static final int COMMON_CFG = 1, NOTIFY_CFG = 2, ISR_CFG = 3, DEVICE_CFG = 4;
    private static final int PCI_CFG = 5;

    private final VirtioDevice device;
    private final Transport transport;
    private final PciFunction function;

    /** Puts {@code device} on {@code bus}; {@code complaints} hears what its driver does wrong. */
    public VirtioPci(
            PciBus bus, GuestMemory memory, VirtioDevice device, Consumer<String> complaints) {
        this.device = device;
        function =
                new PciFunction(
                        new PciFunction.Identity(
                                VENDOR,
                                TRANSITIONAL[device.type()],
                                device.pciClass(),
                                0,
                                SUBSYSTEM_VENDOR,
                                device.type()));
        transport = new Transport(memory, device, function::interrupt, complaints);
        ModernRegisters modern = new ModernRegisters(transport, device);
        function.portBar(PORT_BAR, LegacyRegisters.LENGTH, new LegacyRegisters(transport, device));
        function.memoryBar(MEMORY_BAR, ModernRegisters.LENGTH, modern);
        function.usesInterrupt();
        capability(COMMON_CFG, ModernRegisters.COMMON, ModernRegisters.COMMON_LENGTH, 0);
        capability(ISR_CFG, ModernRegisters.ISR, 1, 0);
        // The last word is the multiplier: 0 puts the notifications of all queues at one place.
        capability(NOTIFY_CFG, ModernRegisters.NOTIFY, ModernRegisters.NOTIFY_LENGTH, 4);
        if (device.configLength() > 0) {
            capability(DEVICE_CFG, ModernRegisters.CONFIG, device.configLength(), 0);
        }
        new ConfigurationAccess(capability(PCI_CFG, 0, 0, 4), modern).open();
        bus.plug(function);
    }

    private int capability(int type, int offset, int length, int extra) {
        byte[] body = new byte[14 + extra];
        body[0] = (byte) (16 + extra);
        body[1] = (byte) type;
        body[2] = MEMORY_BAR;
        put(body, 6, offset);
        put(body, 10, length);
        return function.capability(VENDOR_CAPABILITY, body);
    }

    private static void put(byte[] body, int at, int value) {
        for (int k = 0; k < 4; k++) {
            body[at + k] = (byte) (value >>> 8 * k);
        }
    }

    /** The device's half of a machine reset; the bus resets the configuration space. */
    public void reset() {
        transport.reset();
    }

    /** Holds the device's work off, or takes it up again. */
    public void pause(boolean paused) {
        device.pause(paused);
    }

    @Override
    public void close() {
        transport.reset();
        device.close();
    }

    /**
     * The window on the registers inside configuration space (section 4.1.4.9), for firmware that
     * cannot reach memory ranges.
     */
    private final class ConfigurationAccess implements PciFunction.Window {
        private static final int START = 4, BAR = 4, OFFSET = 8, LENGTH = 12, DATA = 16, END = 20;

        private final int capability;
        private final ModernRegisters registers;

        ConfigurationAccess(int capability, ModernRegisters registers) {
            this.capability = capability;
            this.registers = registers;
        }

        void open() {
            function.window(capability + START, END - START, this);
        }

        private int length() {
            int length = function.peek(capability + LENGTH, 4);
            return length == 1 || length == 2 || length == 4 ? length : 0;
        }

        private long offset() {
            return function.peek(capability + OFFSET, 4) & 0xffff_ffffL;
        }

        private boolean active(int at) {
            return at + START >= DATA
                    && length() > 0
                    && function.peek(capability + BAR, 1) == MEMORY_BAR
                    && offset() % length() == 0
                    && offset() < ModernRegisters.LENGTH;
        }

        @Override
        public void reading(int offset, int size) {
            if (active(offset)) {
                int value = (int) registers.mmioRead(offset(), length());
                function.put(capability + DATA, 4, value);
            }
        }

        @Override
        public void written(int offset, int size) {
            if (active(offset)) {
                int value = function.peek(capability + DATA, length());
                registers.mmioWrite(offset(), length(), value & 0xffff_ffffL);
            }
        }
    }
}
