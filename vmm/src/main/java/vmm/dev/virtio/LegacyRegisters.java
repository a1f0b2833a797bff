package vmm.dev.virtio;

import vmm.dev.PortDevice;

/**
 * The I/O ports of a virtio device for drivers before 1.0 (virtio 1.2 section 4.1.4.10), without
 * MSI-X: the device configuration follows at offset 20.
 */
final class LegacyRegisters implements PortDevice {
    static final int LENGTH = 64;

    private static final int HOST_FEATURES = 0,
            GUEST_FEATURES = 4,
            QUEUE_ADDRESS = 8,
            QUEUE_SIZE = 12,
            QUEUE_SELECT = 14;
    private static final int QUEUE_NOTIFY = 16, STATUS = 18, ISR = 19, CONFIG = 20;

    private static final int PAGE_SHIFT = 12;
    private static final long PAGE = 1 << PAGE_SHIFT;

    private final Transport transport;
    private final VirtioDevice device;

    LegacyRegisters(Transport transport, VirtioDevice device) {
        this.transport = transport;
        this.device = device;
    }

    @Override
    public int portRead(int offset, int size) {
        if (offset >= CONFIG) {
            return (int) ModernRegisters.config(device, offset - CONFIG, size);
        }
        return switch (offset) {
            case HOST_FEATURES -> (int) (transport.deviceFeatures(0) | Transport.ANY_LAYOUT);
            case GUEST_FEATURES -> (int) transport.driverFeatures(0);
            case QUEUE_ADDRESS -> queueFrame();
            case QUEUE_SIZE -> transport.queueSize();
            case QUEUE_SELECT -> transport.queueSelect();
            case STATUS -> transport.status();
            case ISR -> transport.acknowledge();
            default -> 0;
        };
    }

    private int queueFrame() {
        return transport.queueEnabled()
                ? (int) (transport.queueAddress(Transport.Part.DESCRIPTORS) >>> PAGE_SHIFT)
                : 0;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        switch (offset) {
            case GUEST_FEATURES -> transport.legacyFeatures(value);
            case QUEUE_ADDRESS -> queueFrame(value & 0xffff_ffffL);
            case QUEUE_SELECT -> transport.queueSelect(value);
            case QUEUE_NOTIFY -> transport.notified(value & 0xffff);
            case STATUS -> transport.status(value & 0xff, true);
            default -> {
                // Read only, or nothing there.
            }
        }
    }

    /** The layout of section 2.7.2: the used ring starts on the next page. */
    private void queueFrame(long frame) {
        if (frame == 0) {
            transport.disableQueue();
            return;
        }
        int size = transport.queueSize();
        long base = frame << PAGE_SHIFT;
        long avail = base + 16L * size;
        transport.queueAddress(Transport.Part.DESCRIPTORS, base);
        transport.queueAddress(Transport.Part.AVAIL, avail);
        transport.queueAddress(Transport.Part.USED, avail + 6 + 2L * size + PAGE - 1 & -PAGE);
        transport.enableQueue();
    }
}
