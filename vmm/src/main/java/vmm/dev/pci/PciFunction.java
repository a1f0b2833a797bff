package vmm.dev.pci;

import org.jspecify.annotations.Nullable;
import vmm.dev.MmioBus;
import vmm.dev.MmioDevice;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The configuration space of one PCI function (PCI Local Bus 3.0 chapter 6, header type 0) and what
 * hangs on it: the decoding of its base address registers and its interrupt pin.
 *
 * <p>A function is described first (ranges, capabilities), then plugged into {@link PciBus}, which
 * gives it addresses; from then on only the guest changes it.
 */
public final class PciFunction {
    public static final int VENDOR_ID = 0x00,
            DEVICE_ID = 0x02,
            COMMAND = 0x04,
            STATUS = 0x06,
            REVISION = 0x08;
    public static final int BAR0 = 0x10,
            SUBSYSTEM_VENDOR = 0x2c,
            SUBSYSTEM_ID = 0x2e,
            CAPABILITIES = 0x34;
    public static final int INTERRUPT_LINE = 0x3c, INTERRUPT_PIN = 0x3d;
    public static final int COMMAND_IO = 1,
            COMMAND_MEMORY = 2,
            COMMAND_MASTER = 4,
            COMMAND_INTX_DISABLE = 1 << 10;
    private static final int STATUS_INTERRUPT = 1 << 3, STATUS_CAPABILITIES = 1 << 4;

    private static final int SIZE = 256;
    private static final int BARS = 6;
    private static final int FIRST_CAPABILITY = 0x40;
    private static final int PORTS = 0x10000;

    /** Registers that are more than memory; called for every access that touches the window. */
    public interface Window {

        /** Fills the window in configuration space before the guest reads {@code size} bytes. */
        void reading(int offset, int size);

        /** Acts on {@code size} bytes at {@code offset}, after the guest wrote them. */
        void written(int offset, int size);
    }

    /** What a function is, as its header says. */
    public record Identity(
            int vendor,
            int device,
            int classCode,
            int revision,
            int subsystemVendor,
            int subsystemId) {}

    private static final class Bar {
        final int length;
        final @Nullable PortDevice ports;
        final @Nullable MmioDevice memory;
        long mappedAt = -1;

        Bar(int length, @Nullable PortDevice ports, @Nullable MmioDevice memory) {
            this.length = length;
            this.ports = ports;
            this.memory = memory;
        }
    }

    private final byte[] config = new byte[SIZE];
    private final byte[] writable = new byte[SIZE];
    private byte[] afterReset = config;
    private final @Nullable Bar[] bars = new @Nullable Bar[BARS];
    private int capabilityEnd = FIRST_CAPABILITY;
    private int lastCapability;
    private int windowStart;
    private int windowEnd;
    private @Nullable Window window;

    private @Nullable PortBus portBus;
    private @Nullable MmioBus mmioBus;
    private @Nullable PciInterrupt interrupt;
    private boolean interruptWanted;

    public PciFunction(Identity identity) {
        put(VENDOR_ID, 2, identity.vendor);
        put(DEVICE_ID, 2, identity.device);
        put(REVISION, 4, identity.classCode << 8 | identity.revision & 0xff);
        put(SUBSYSTEM_VENDOR, 2, identity.subsystemVendor);
        put(SUBSYSTEM_ID, 2, identity.subsystemId);
        allow(INTERRUPT_LINE, 1, 0xff);
    }

    /** Makes base address register {@code index} one of {@code length} I/O ports. */
    public void portBar(int index, int length, PortDevice device) {
        bar(index, new Bar(length, device, null));
        put(BAR0 + 4 * index, 4, 1);
        allow(BAR0 + 4 * index, 4, -length & ~3);
        allow(COMMAND, 2, peek(writable, COMMAND, 2) | COMMAND_IO);
    }

    /** Makes base address register {@code index} one of {@code length} bytes of 32-bit memory. */
    public void memoryBar(int index, int length, MmioDevice device) {
        bar(index, new Bar(length, null, device));
        allow(BAR0 + 4 * index, 4, -length & ~15);
        allow(COMMAND, 2, peek(writable, COMMAND, 2) | COMMAND_MEMORY);
    }

    private void bar(int index, Bar bar) {
        if (Integer.bitCount(bar.length) != 1 || bars[index] != null) {
            throw new IllegalArgumentException("BAR " + index);
        }
        bars[index] = bar;
    }

    /** Says that the function uses INTA and may read guest memory. */
    public void usesInterrupt() {
        put(INTERRUPT_PIN, 1, 1);
        allow(COMMAND, 2, peek(writable, COMMAND, 2) | COMMAND_MASTER | COMMAND_INTX_DISABLE);
    }

    /**
     * Appends a capability: {@code body} follows the identifier and the link. Returns its offset.
     */
    public int capability(int id, byte[] body) {
        int at = capabilityEnd;
        put(at, 1, id);
        System.arraycopy(body, 0, config, at + 2, body.length);
        put(lastCapability == 0 ? CAPABILITIES : lastCapability + 1, 1, at);
        put(STATUS, 2, peek(config, STATUS, 2) | STATUS_CAPABILITIES);
        lastCapability = at;
        capabilityEnd = at + 2 + body.length + 3 & ~3;
        return at;
    }

    /** Makes {@code length} bytes at {@code start} writable and hands accesses to {@code w}. */
    public void window(int start, int length, Window w) {
        windowStart = start;
        windowEnd = start + length;
        window = w;
        for (int k = start; k < windowEnd; k++) {
            writable[k] = (byte) 0xff;
        }
    }

    /**
     * Connects the function. {@code addresses} are what firmware would put into the base address
     * registers, and {@code irq} into the interrupt line register.
     */
    void plug(PortBus ports, MmioBus memory, PciInterrupt line, int irq, long[] addresses) {
        portBus = ports;
        mmioBus = memory;
        interrupt = line;
        if (config[INTERRUPT_PIN] != 0) {
            put(INTERRUPT_LINE, 1, irq);
        }
        int command = 0;
        for (int k = 0; k < BARS; k++) {
            Bar bar = bars[k];
            if (bar != null) {
                put(BAR0 + 4 * k, 4, (int) addresses[k] | (bar.ports != null ? 1 : 0));
                command |= bar.ports != null ? COMMAND_IO : COMMAND_MEMORY;
            }
        }
        put(COMMAND, 2, command);
        afterReset = config.clone();
        remap();
    }

    /** Length of base address register {@code index}, 0 if there is none. */
    int barLength(int index) {
        Bar bar = bars[index];
        return bar == null ? 0 : bar.length;
    }

    /** Whether base address register {@code index} decodes I/O ports. */
    boolean barIsPorts(int index) {
        Bar bar = bars[index];
        return bar != null && bar.ports != null;
    }

    /** Back to the state after {@link #plug}. */
    public void reset() {
        System.arraycopy(afterReset, 0, config, 0, SIZE);
        interrupt(false);
        remap();
    }

    /** Level of the function's interrupt pin, before the guest's disable bit. */
    public void interrupt(boolean asserted) {
        interruptWanted = asserted;
        int status = peek(config, STATUS, 2) & ~STATUS_INTERRUPT;
        put(STATUS, 2, asserted ? status | STATUS_INTERRUPT : status);
        driveInterrupt();
    }

    private void driveInterrupt() {
        if (interrupt != null) {
            boolean disabled = (peek(config, COMMAND, 2) & COMMAND_INTX_DISABLE) != 0;
            interrupt.level(interruptWanted && !disabled);
        }
    }

    /** Reads {@code size} (1, 2 or 4) bytes of configuration space; never crosses a register. */
    public int read(int offset, int size) {
        if (touchesWindow(offset, size)) {
            java.util.Objects.requireNonNull(window).reading(offset - windowStart, size);
        }
        return peek(config, offset, size);
    }

    /** Writes {@code size} (1, 2 or 4) bytes of configuration space; never crosses a register. */
    public void write(int offset, int size, int value) {
        for (int k = 0; k < size; k++) {
            int mask = writable[offset + k];
            int fresh = value >>> 8 * k;
            config[offset + k] = (byte) (config[offset + k] & ~mask | fresh & mask);
        }
        if (offset < BAR0 + 4 * BARS && offset >= COMMAND) {
            driveInterrupt();
            remap();
        }
        if (touchesWindow(offset, size)) {
            java.util.Objects.requireNonNull(window).written(offset - windowStart, size);
        }
    }

    /** Configuration space as the guest sees it, for the owner of a {@link Window}. */
    public int peek(int offset, int size) {
        return peek(config, offset, size);
    }

    /** Stores into configuration space, whatever the guest may write there. */
    public void put(int offset, int size, int value) {
        for (int k = 0; k < size; k++) {
            config[offset + k] = (byte) (value >>> 8 * k);
        }
    }

    private void allow(int offset, int size, int mask) {
        for (int k = 0; k < size; k++) {
            writable[offset + k] = (byte) (mask >>> 8 * k);
        }
    }

    private boolean touchesWindow(int offset, int size) {
        return offset < windowEnd && offset + size > windowStart;
    }

    private static int peek(byte[] from, int offset, int size) {
        int value = 0;
        for (int k = 0; k < size; k++) {
            value |= (from[offset + k] & 0xff) << 8 * k;
        }
        return value;
    }

    /**
     * Makes the buses follow the registers. A guest that puts a range where another device is gets
     * no decoding there, instead of a fight on the bus.
     */
    private void remap() {
        int command = peek(config, COMMAND, 2);
        for (int k = 0; k < BARS; k++) {
            Bar bar = bars[k];
            if (bar == null) {
                continue;
            }
            boolean enabled = (command & (bar.ports != null ? COMMAND_IO : COMMAND_MEMORY)) != 0;
            long base = peek(config, BAR0 + 4 * k, 4) & 0xffff_ffffL & -bar.length;
            long wanted = enabled ? base : -1;
            if (wanted != bar.mappedAt) {
                unmap(bar);
                map(bar, wanted);
            }
        }
    }

    private void unmap(Bar bar) {
        if (bar.mappedAt < 0) {
            return;
        }
        if (bar.ports != null && portBus != null) {
            portBus.detach((int) bar.mappedAt, bar.length);
        } else if (bar.memory != null && mmioBus != null) {
            mmioBus.detach(bar.mappedAt, bar.memory);
        }
        bar.mappedAt = -1;
    }

    private void map(Bar bar, long base) {
        if (base < 0) {
            return;
        }
        if (bar.ports != null && portBus != null) {
            if (base < PORTS && portBus.free((int) base, bar.length)) {
                portBus.attach((int) base, bar.length, bar.ports);
                bar.mappedAt = base;
            }
        } else if (bar.memory != null && mmioBus != null) {
            if (base != 0 && mmioBus.attach(base, bar.length, bar.memory)) {
                bar.mappedAt = base;
            }
        }
    }
}
