package vmm.dev.virtio;

/**
 * What a virtio device is beyond its transport. All methods are called under the machine's device
 * lock.
 *
 * <p>Life: made; then any number of rounds of {@link #start}, {@link #notified}..., {@link #stop};
 * at last {@link #close}. The transport keeps the order.
 */
public interface VirtioDevice extends AutoCloseable {

    /** Device type, virtio 1.2 section 5. */
    int type();

    /** PCI class code: class, subclass, interface. */
    int pciClass();

    /** Features of the device type that are offered. */
    long features();

    /** Largest size of each queue; powers of two. */
    int[] queueSizes();

    /** Length in bytes of the device configuration space; 0 if there is none. */
    int configLength();

    /** Byte {@code offset} of the device configuration. */
    int configRead(int offset);

    /**
     * The driver is ready.
     *
     * @param driver where queues are and interrupts go, until {@link #stop}
     * @param features what was negotiated
     */
    void start(Transport driver, long features);

    /** The driver has put something into queue {@code queue}. */
    void notified(int queue);

    /**
     * Back to the state before {@link #start}. Returns when nothing touches the guest's memory or
     * the host's resources any more; may give up the device lock while it waits.
     */
    void stop();

    /**
     * Holds work off ({@code paused}) or takes it up again. After a pause returned nothing is in
     * flight.
     */
    void pause(boolean paused);

    /** Ends the device. */
    @Override
    void close();
}
