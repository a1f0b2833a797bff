package vmm.dev.virtio;

import org.jspecify.annotations.Nullable;
import vmm.dev.MmioDevice;

/**
 * The structures of a virtio 1.x PCI device (virtio 1.2 section 4.1.4) in one memory range. Fields
 * must be accessed at their width, 64-bit fields as halves or whole (section 4.1.3.1); other
 * accesses read zero and write nothing.
 */
final class ModernRegisters implements MmioDevice {
    static final int COMMON = 0x000, COMMON_LENGTH = 56;
    static final int NOTIFY = 0x100, NOTIFY_LENGTH = 4;
    static final int ISR = 0x200;
    static final int CONFIG = 0x300;
    static final int LENGTH = 0x1000;

    private static final int NO_VECTOR = 0xffff;

    /** Fields of the common configuration structure, section 4.1.4.3. */
    enum Field {
        DEVICE_FEATURE_SELECT(0, 4),
        DEVICE_FEATURE(4, 4),
        DRIVER_FEATURE_SELECT(8, 4),
        DRIVER_FEATURE(12, 4),
        MSIX_CONFIG(16, 2),
        NUM_QUEUES(18, 2),
        DEVICE_STATUS(20, 1),
        CONFIG_GENERATION(21, 1),
        QUEUE_SELECT(22, 2),
        QUEUE_SIZE(24, 2),
        QUEUE_MSIX_VECTOR(26, 2),
        QUEUE_ENABLE(28, 2),
        QUEUE_NOTIFY_OFF(30, 2),
        QUEUE_DESC_LOW(32, 4),
        QUEUE_DESC_HIGH(36, 4),
        QUEUE_DRIVER_LOW(40, 4),
        QUEUE_DRIVER_HIGH(44, 4),
        QUEUE_DEVICE_LOW(48, 4),
        QUEUE_DEVICE_HIGH(52, 4);

        private static final @Nullable Field[] AT = new @Nullable Field[COMMON_LENGTH];

        static {
            for (Field field : values()) {
                AT[field.offset] = field;
            }
        }

        private final int offset;
        private final int size;

        Field(int offset, int size) {
            this.offset = offset;
            this.size = size;
        }

        static @Nullable Field at(long offset, int size) {
            Field field = offset < COMMON_LENGTH ? AT[(int) offset] : null;
            return field != null && field.size == size ? field : null;
        }
    }

    private final Transport transport;
    private final VirtioDevice device;

    ModernRegisters(Transport transport, VirtioDevice device) {
        this.transport = transport;
        this.device = device;
    }

    @Override
    public long mmioRead(long offset, int size) {
        if (offset < COMMON_LENGTH) {
            return commonRead(offset, size);
        }
        if (offset == ISR) {
            return transport.acknowledge();
        }
        if (offset >= CONFIG) {
            return config(device, (int) offset - CONFIG, size);
        }
        return 0;
    }

    private long commonRead(long offset, int size) {
        if (size == 8 && offset >= 32 && (offset & 7) == 0) {
            return commonRead(offset, 4) | commonRead(offset + 4, 4) << 32;
        }
        Field field = Field.at(offset, size);
        return field == null ? 0 : read(field);
    }

    /** {@code size} bytes of the device configuration; bytes past its end read zero. */
    static long config(VirtioDevice device, int offset, int size) {
        long value = 0;
        for (int k = 0; k < size; k++) {
            int at = offset + k;
            long unit = at < device.configLength() ? device.configRead(at) & 0xff : 0;
            value |= unit << 8 * k;
        }
        return value;
    }

    private long read(Field field) {
        return switch (field) {
            case DEVICE_FEATURE_SELECT -> transport.deviceFeatureSelect() & 0xffff_ffffL;
            case DEVICE_FEATURE -> transport.deviceFeatures(transport.deviceFeatureSelect());
            case DRIVER_FEATURE_SELECT -> transport.driverFeatureSelect() & 0xffff_ffffL;
            case DRIVER_FEATURE -> transport.driverFeatures(transport.driverFeatureSelect());
            case MSIX_CONFIG, QUEUE_MSIX_VECTOR -> NO_VECTOR;
            case NUM_QUEUES -> transport.queueCount();
            case DEVICE_STATUS -> transport.status();
            case CONFIG_GENERATION, QUEUE_NOTIFY_OFF -> 0;
            case QUEUE_SELECT -> transport.queueSelect();
            case QUEUE_SIZE -> transport.queueSize();
            case QUEUE_ENABLE -> transport.queueEnabled() ? 1 : 0;
            case QUEUE_DESC_LOW -> low(Transport.Part.DESCRIPTORS);
            case QUEUE_DESC_HIGH -> high(Transport.Part.DESCRIPTORS);
            case QUEUE_DRIVER_LOW -> low(Transport.Part.AVAIL);
            case QUEUE_DRIVER_HIGH -> high(Transport.Part.AVAIL);
            case QUEUE_DEVICE_LOW -> low(Transport.Part.USED);
            case QUEUE_DEVICE_HIGH -> high(Transport.Part.USED);
        };
    }

    @Override
    public void mmioWrite(long offset, int size, long value) {
        if (offset < COMMON_LENGTH) {
            commonWrite(offset, size, value);
        } else if (offset == NOTIFY) {
            transport.notified((int) value & 0xffff);
        }
    }

    private void commonWrite(long offset, int size, long value) {
        if (size == 8 && offset >= 32 && (offset & 7) == 0) {
            commonWrite(offset, 4, value & 0xffff_ffffL);
            commonWrite(offset + 4, 4, value >>> 32);
            return;
        }
        Field field = Field.at(offset, size);
        if (field != null) {
            write(field, (int) value);
        }
    }

    private void write(Field field, int value) {
        switch (field) {
            case DEVICE_FEATURE_SELECT -> transport.deviceFeatureSelect(value);
            case DRIVER_FEATURE_SELECT -> transport.driverFeatureSelect(value);
            case DRIVER_FEATURE -> transport.driverFeatures(transport.driverFeatureSelect(), value);
            case DEVICE_STATUS -> transport.status(value & 0xff, false);
            case QUEUE_SELECT -> transport.queueSelect(value);
            case QUEUE_SIZE -> transport.queueSize(value & 0xffff);
            case QUEUE_ENABLE -> {
                if ((value & 0xffff) == 1) {
                    transport.enableQueue();
                }
            }
            case QUEUE_DESC_LOW -> low(Transport.Part.DESCRIPTORS, value);
            case QUEUE_DESC_HIGH -> high(Transport.Part.DESCRIPTORS, value);
            case QUEUE_DRIVER_LOW -> low(Transport.Part.AVAIL, value);
            case QUEUE_DRIVER_HIGH -> high(Transport.Part.AVAIL, value);
            case QUEUE_DEVICE_LOW -> low(Transport.Part.USED, value);
            case QUEUE_DEVICE_HIGH -> high(Transport.Part.USED, value);
            case DEVICE_FEATURE,
                    MSIX_CONFIG,
                    NUM_QUEUES,
                    CONFIG_GENERATION,
                    QUEUE_MSIX_VECTOR,
                    QUEUE_NOTIFY_OFF -> {
                // Read only, or without MSI-X nothing to store.
            }
        }
    }

    private long low(Transport.Part part) {
        return transport.queueAddress(part) & 0xffff_ffffL;
    }

    private long high(Transport.Part part) {
        return transport.queueAddress(part) >>> 32;
    }

    private void low(Transport.Part part, int value) {
        transport.queueAddress(part, high(part) << 32 | value & 0xffff_ffffL);
    }

    private void high(Transport.Part part, int value) {
        transport.queueAddress(part, (long) value << 32 | low(part));
    }
}
