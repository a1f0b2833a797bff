package vmm.dev.virtio;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import vmm.mem.GuestMemory;

/** Entropy device, virtio 1.2 section 5.4. */
public final class VirtioRng implements VirtioDevice {
    private static final int TYPE = 4;
    private static final int QUEUE_SIZE = 64;

    /** Most bytes for one request: a driver that wants more asks again. */
    private static final int MAX_BYTES = 4096;

    private final SecureRandom random = new SecureRandom();
    private final byte[] bytes = new byte[MAX_BYTES];
    private final Chain chain;
    private @Nullable Transport driver;

    public VirtioRng(GuestMemory memory) {
        chain = new Chain(memory);
        // Seeds now: later a sandbox may be in the way of the host's source.
        random.nextBytes(new byte[1]);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int pciClass() {
        return 0x00ff00;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public int configLength() {
        return 0;
    }

    @Override
    public int configRead(int offset) {
        return 0;
    }

    @Override
    public void start(Transport newDriver, long features) {
        driver = newDriver;
        notified(0);
    }

    @Override
    public void notified(int index) {
        Transport to = driver;
        Virtqueue queue = to == null ? null : to.queue(0);
        if (to == null || queue == null) {
            return;
        }
        try {
            // At most one turn of the ring: the device lock is held.
            for (int k = 0; k < QUEUE_SIZE && queue.next(chain); k++) {
                queue.push(chain.head(), fill());
            }
            to.used(queue);
        } catch (VirtioException e) {
            to.failed("rng: " + e.getMessage());
        }
    }

    private int fill() {
        int length = (int) Math.min(chain.writableBytes(), MAX_BYTES);
        if (length == 0) {
            throw new VirtioException("request without room for an answer");
        }
        random.nextBytes(bytes);
        chain.write(0, bytes, length);
        return length;
    }

    @Override
    public void stop() {
        driver = null;
    }

    @Override
    public void pause(boolean paused) {}

    @Override
    public void close() {}
}
