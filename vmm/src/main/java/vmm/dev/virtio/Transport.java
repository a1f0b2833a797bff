package vmm.dev.virtio;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmm.dev.IrqLine;
import vmm.mem.GuestMemory;

/**
 * The state of one virtio device that its driver sees through whatever registers: status, features,
 * queues, interrupt status (virtio 1.2 sections 2.1, 2.2 and 3). The register layouts are in {@link
 * ModernRegisters} and {@link LegacyRegisters}; whichever the driver uses, the rules are here.
 *
 * <p>A driver that breaks a rule of the queues gets DEVICE_NEEDS_RESET, and the device is stopped
 * until it is reset.
 */
public final class Transport {
    static final long RING_INDIRECT = 1L << 28, RING_EVENT_INDEX = 1L << 29;
    static final long ANY_LAYOUT = 1L << 27, VERSION_1 = 1L << 32;
    static final int DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 0x40;
    private static final int ISR_QUEUE = 1, ISR_CONFIG = 2;

    private static final class QueueRegisters {
        int size;
        long descriptors;
        long avail;
        long used;
        @Nullable Virtqueue queue;
    }

    private final GuestMemory memory;
    private final VirtioDevice device;
    private final IrqLine interrupt;
    private final Consumer<String> complaints;
    private final int[] maxSizes;
    private final QueueRegisters[] queues;
    private final long offered;

    private int status;
    private int isr;
    private long driverFeatures;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private int queueSelect;
    private boolean started;
    // The device may give up the lock while it stops; other processors then find nothing to do.
    private boolean resetting;
    private boolean legacy;

    Transport(
            GuestMemory memory,
            VirtioDevice device,
            IrqLine interrupt,
            Consumer<String> complaints) {
        this.memory = memory;
        this.device = device;
        this.interrupt = interrupt;
        this.complaints = complaints;
        offered = device.features() | RING_INDIRECT | RING_EVENT_INDEX | VERSION_1;
        maxSizes = device.queueSizes();
        queues = new QueueRegisters[maxSizes.length];
        Arrays.setAll(queues, k -> new QueueRegisters());
        clear();
    }

    private void clear() {
        status = 0;
        isr = 0;
        driverFeatures = 0;
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        queueSelect = 0;
        legacy = false;
        for (int k = 0; k < queues.length; k++) {
            queues[k] = new QueueRegisters();
            queues[k].size = maxSizes[k];
        }
        interrupt.level(false);
    }

    /** Stops the device, whatever it does, and forgets what the driver said. */
    void reset() {
        if (resetting) {
            return;
        }
        resetting = true;
        stop();
        clear();
        resetting = false;
    }

    private void stop() {
        if (started) {
            started = false;
            device.stop();
        }
    }

    // What devices use

    /** Queue {@code index} if the driver has set it up. */
    @Nullable Virtqueue queue(int index) {
        return queues[index].queue;
    }

    /** The memory that the queues point into. */
    GuestMemory memory() {
        return memory;
    }

    /** Tells the driver of chains that were pushed to {@code queue}, if it wants to know. */
    void used(Virtqueue queue) {
        if (queue.interruptWanted()) {
            raise(ISR_QUEUE);
        }
    }

    /**
     * The driver broke a rule: asks it for a reset (section 2.1.2). May be called from within the
     * device's own methods.
     */
    void failed(String reason) {
        if ((status & NEEDS_RESET) == 0) {
            complaints.accept(reason);
            status |= NEEDS_RESET;
            if ((status & DRIVER_OK) != 0) {
                raise(ISR_CONFIG);
            }
        }
    }

    private void raise(int cause) {
        isr |= cause;
        interrupt.level(true);
    }

    // What registers use

    boolean legacy() {
        return legacy;
    }

    int status() {
        return status;
    }

    /** A write of the status register of the modern ({@code old} false) or the legacy layout. */
    void status(int value, boolean old) {
        if (value == 0) {
            reset();
            return;
        }
        if (resetting) {
            return;
        }
        legacy = old;
        int fresh = value & 0xff & ~status & ~NEEDS_RESET;
        if (!old && (fresh & FEATURES_OK) != 0 && !featuresAcceptable()) {
            fresh &= ~FEATURES_OK;
        }
        if (!old && (fresh & DRIVER_OK) != 0 && ((status | fresh) & FEATURES_OK) == 0) {
            fresh &= ~DRIVER_OK;
        }
        status |= fresh;
        if ((fresh & DRIVER_OK) != 0) {
            start();
        }
    }

    private boolean featuresAcceptable() {
        return (driverFeatures & ~offered) == 0 && (driverFeatures & VERSION_1) != 0;
    }

    private void start() {
        if (!started && !resetting && (status & NEEDS_RESET) == 0) {
            started = true;
            device.start(this, driverFeatures);
        }
    }

    /** Reads the interrupt status, which acknowledges the interrupt. */
    int acknowledge() {
        int value = isr;
        isr = 0;
        interrupt.level(false);
        return value;
    }

    /** A notification; the driver chooses {@code index} freely. */
    void notified(int index) {
        if (index >= queues.length || queues[index].queue == null) {
            return;
        }
        if (legacy && (status & DRIVER) != 0) {
            // Drivers before 1.0 may use a queue before they set DRIVER_OK, section 3.1.2.
            start();
        }
        if (started && (status & NEEDS_RESET) == 0) {
            device.notified(index);
        }
    }

    long deviceFeatures(int select) {
        return select == 0 ? offered & 0xffff_ffffL : select == 1 ? offered >>> 32 : 0;
    }

    int deviceFeatureSelect() {
        return deviceFeatureSelect;
    }

    void deviceFeatureSelect(int value) {
        deviceFeatureSelect = value;
    }

    int driverFeatureSelect() {
        return driverFeatureSelect;
    }

    void driverFeatureSelect(int value) {
        driverFeatureSelect = value;
    }

    long driverFeatures(int select) {
        return select == 0
                ? driverFeatures & 0xffff_ffffL
                : select == 1 ? driverFeatures >>> 32 : 0;
    }

    /** Bits that were not offered are kept, so that FEATURES_OK can be refused for them. */
    void driverFeatures(int select, int value) {
        boolean settled = (status & (FEATURES_OK | DRIVER_OK)) != 0;
        if (settled) {
            return;
        }
        long bits = value & 0xffff_ffffL;
        if (select == 0) {
            driverFeatures = driverFeatures & ~0xffff_ffffL | bits;
        } else if (select == 1) {
            driverFeatures = driverFeatures & 0xffff_ffffL | bits << 32;
        }
    }

    /** The 32 feature bits of a driver before 1.0, which cannot be refused. */
    void legacyFeatures(int value) {
        driverFeatures(0, value & (int) (offered | ANY_LAYOUT));
    }

    int queueCount() {
        return queues.length;
    }

    int queueSelect() {
        return queueSelect;
    }

    void queueSelect(int value) {
        queueSelect = value & 0xffff;
    }

    private @Nullable QueueRegisters selected() {
        return queueSelect < queues.length ? queues[queueSelect] : null;
    }

    /** The selected queue if its registers may be written: before it is enabled and used. */
    private @Nullable QueueRegisters writable() {
        QueueRegisters q = selected();
        return q == null || q.queue != null || (status & DRIVER_OK) != 0 ? null : q;
    }

    int queueSize() {
        QueueRegisters q = selected();
        return q == null ? 0 : q.size;
    }

    void queueSize(int value) {
        QueueRegisters q = writable();
        if (q != null && value <= maxSizes[queueSelect] && Integer.bitCount(value) == 1) {
            q.size = value;
        }
    }

    /** The parts of a queue, in the order of their registers. */
    enum Part {
        DESCRIPTORS,
        AVAIL,
        USED
    }

    long queueAddress(Part part) {
        QueueRegisters q = selected();
        if (q == null) {
            return 0;
        }
        return switch (part) {
            case DESCRIPTORS -> q.descriptors;
            case AVAIL -> q.avail;
            case USED -> q.used;
        };
    }

    void queueAddress(Part part, long gpa) {
        QueueRegisters q = writable();
        if (q == null) {
            return;
        }
        switch (part) {
            case DESCRIPTORS -> q.descriptors = gpa;
            case AVAIL -> q.avail = gpa;
            case USED -> q.used = gpa;
        }
    }

    boolean queueEnabled() {
        QueueRegisters q = selected();
        return q != null && q.queue != null;
    }

    /** Makes the selected queue live with the addresses that were written. */
    void enableQueue() {
        QueueRegisters q = writable();
        if (q == null) {
            return;
        }
        if (!Virtqueue.valid(memory, q.size, q.descriptors, q.avail, q.used)) {
            failed("queue " + queueSelect + " does not lie in RAM");
            return;
        }
        q.queue = new Virtqueue(memory, q.size, q.descriptors, q.avail, q.used, driverFeatures);
    }

    /** Takes the selected queue out of use, unless the device is at work. */
    void disableQueue() {
        QueueRegisters q = selected();
        if (q != null && !started) {
            q.queue = null;
        }
    }
}
