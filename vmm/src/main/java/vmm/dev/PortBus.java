package vmm.dev;

/**
 * The I/O port space: 65536 ports, each owned by one device or by none. Ports without an owner read
 * as all ones and ignore writes. A device that only knows bytes is attached with {@link
 * #attachBytes}: wider accesses are then split.
 */
public final class PortBus {
    private static final int PORTS = 0x10000;

    private record Attachment(int first, PortDevice device, boolean bytesOnly) {}

    private final @org.jspecify.annotations.Nullable Attachment[] owners =
            new @org.jspecify.annotations.Nullable Attachment[PORTS];

    /**
     * Gives ports {@code first .. first+count-1} to {@code device}. Fails if one of them has an
     * owner.
     */
    public void attach(int first, int count, PortDevice device) {
        attach(new Attachment(first, device, false), count);
    }

    /** As {@link #attach(int, int, PortDevice)} for a device with 8-bit registers only. */
    public void attachBytes(int first, int count, PortDevice device) {
        attach(new Attachment(first, device, true), count);
    }

    private void attach(Attachment attachment, int count) {
        for (int port = attachment.first; port < attachment.first + count; port++) {
            if (owners[port] != null) {
                throw new IllegalStateException(
                        "I/O port 0x" + Integer.toHexString(port) + " has an owner");
            }
        }
        for (int port = attachment.first; port < attachment.first + count; port++) {
            owners[port] = attachment;
        }
    }

    /** Whether ports {@code first .. first+count-1} exist and have no owner. */
    public boolean free(int first, int count) {
        if (first < 0 || count < 0 || first > PORTS - count) {
            return false;
        }
        for (int port = first; port < first + count; port++) {
            if (owners[port] != null) {
                return false;
            }
        }
        return true;
    }

    /** Takes ports {@code first .. first+count-1} away from whoever owns them. */
    public void detach(int first, int count) {
        java.util.Arrays.fill(owners, first, first + count, null);
    }

    /** Reads {@code size} (1, 2 or 4) bytes at {@code port}. */
    public int read(int port, int size) {
        Attachment owner = owners[port];
        if (owner == null) {
            return size == 1 ? 0xff : size == 2 ? 0xffff : -1;
        }
        if (size == 1 || !owner.bytesOnly) {
            return owner.device.portRead(port - owner.first, size);
        }
        int value = 0;
        for (int k = 0; k < size; k++) {
            value |= (read((port + k) & 0xffff, 1) & 0xff) << (8 * k);
        }
        return value;
    }

    /** Writes the low {@code size} bytes of {@code value} at {@code port}. */
    public void write(int port, int size, int value) {
        Attachment owner = owners[port];
        if (owner == null) {
            return;
        }
        if (size == 1 || !owner.bytesOnly) {
            owner.device.portWrite(port - owner.first, size, value);
            return;
        }
        for (int k = 0; k < size; k++) {
            write((port + k) & 0xffff, 1, (value >>> (8 * k)) & 0xff);
        }
    }
}
