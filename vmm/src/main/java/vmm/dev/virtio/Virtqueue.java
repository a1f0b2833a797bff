package vmm.dev.virtio;

import java.lang.invoke.VarHandle;
import vmm.mem.GuestMemory;

/**
 * The device's side of a split virtqueue (virtio 1.2 section 2.7). Where it lies and how long it is
 * are fixed when it is made: a driver that moves a queue gets another one. Everything else in it is
 * the guest's and is read once, checked, then used.
 */
final class Virtqueue {
    private static final int DESCRIPTOR_SIZE = 16;
    private static final int NEXT = 1, WRITE = 2, INDIRECT = 4;
    private static final int AVAIL_NO_INTERRUPT = 1;

    private final GuestMemory memory;
    private final int size;
    private final long descriptors;
    private final long avail;
    private final long used;
    private final boolean indirect;
    private final boolean eventIndex;
    private int nextAvail;
    private int nextUsed;
    private int signalled;

    /** A queue that was checked with {@link #valid}. */
    Virtqueue(
            GuestMemory memory, int size, long descriptors, long avail, long used, long features) {
        this.memory = memory;
        this.size = size;
        this.descriptors = descriptors;
        this.avail = avail;
        this.used = used;
        indirect = (features & Transport.RING_INDIRECT) != 0;
        eventIndex = (features & Transport.RING_EVENT_INDEX) != 0;
    }

    /** Whether the three parts lie in RAM, aligned as section 2.7 demands. */
    static boolean valid(GuestMemory memory, int size, long descriptors, long avail, long used) {
        return size > 0
                && Integer.bitCount(size) == 1
                && (descriptors & 15) == 0
                && (avail & 1) == 0
                && (used & 3) == 0
                && memory.contains(descriptors, (long) DESCRIPTOR_SIZE * size)
                && memory.contains(avail, 6 + 2L * size)
                && memory.contains(used, 6 + 8L * size);
    }

    /** Fetches the next available chain; false if there is none. */
    boolean next(Chain chain) {
        if (available() == 0) {
            if (!eventIndex) {
                return false;
            }
            // Ask for a notification, then look again: the driver may have been faster.
            memory.write16(used + 4 + 8L * size, nextAvail);
            VarHandle.fullFence();
            if (available() == 0) {
                return false;
            }
        }
        VarHandle.acquireFence();
        int head = memory.read16(avail + 4 + 2L * (nextAvail & size - 1));
        nextAvail = nextAvail + 1 & 0xffff;
        chain.clear(head);
        walk(chain, descriptors, size, head, indirect);
        return true;
    }

    private int available() {
        int pending = memory.read16(avail + 2) - nextAvail & 0xffff;
        if (pending > size) {
            throw new VirtioException("available index runs ahead of the queue");
        }
        return pending;
    }

    private void walk(Chain chain, long table, int entries, int first, boolean mayNest) {
        int index = first;
        for (int budget = entries; ; budget--) {
            if (index >= entries) {
                throw new VirtioException("descriptor number out of range");
            }
            if (budget == 0) {
                throw new VirtioException("descriptor loop");
            }
            long at = table + (long) DESCRIPTOR_SIZE * index;
            long gpa = memory.read64(at);
            long length = memory.read32(at + 8) & 0xffff_ffffL;
            int flags = memory.read16(at + 12);
            int next = memory.read16(at + 14);
            if ((flags & INDIRECT) != 0) {
                if (!mayNest || (flags & NEXT) != 0) {
                    throw new VirtioException("indirect descriptor where none may be");
                }
                walkIndirect(chain, gpa, length);
                return;
            }
            chain.add(gpa, length, (flags & WRITE) != 0);
            if ((flags & NEXT) == 0) {
                return;
            }
            index = next;
        }
    }

    private void walkIndirect(Chain chain, long table, long length) {
        if (length == 0
                || length % DESCRIPTOR_SIZE != 0
                || length > (long) DESCRIPTOR_SIZE * Chain.MAX_BUFFERS) {
            throw new VirtioException("indirect table of a bad length");
        }
        if (!memory.contains(table, length)) {
            throw new VirtioException("indirect table outside of RAM");
        }
        walk(chain, table, (int) (length / DESCRIPTOR_SIZE), 0, false);
    }

    /** Gives a chain back with {@code written} bytes in its writable buffers. */
    void push(int head, long written) {
        long at = used + 4 + 8L * (nextUsed & size - 1);
        memory.write32(at, head);
        memory.write32(at + 4, (int) Math.min(written, 0xffff_ffffL));
        VarHandle.releaseFence();
        nextUsed = nextUsed + 1 & 0xffff;
        memory.write16(used + 2, nextUsed);
    }

    /** Whether the driver wants to hear of what was pushed since this was last asked. */
    boolean interruptWanted() {
        VarHandle.fullFence();
        int before = signalled;
        signalled = nextUsed;
        if (before == nextUsed) {
            return false;
        }
        if (!eventIndex) {
            return (memory.read16(avail) & AVAIL_NO_INTERRUPT) == 0;
        }
        // Section 2.7.7.1, in 16-bit arithmetic.
        int event = memory.read16(avail + 4 + 2L * size);
        return (nextUsed - event - 1 & 0xffff) < (nextUsed - before & 0xffff);
    }
}
