package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/**
 * A set of descriptors to wait for with poll(2). It is filled anew for each wait ({@link #clear},
 * {@link #add}) and allocates nothing then. One thread uses it.
 */
public final class Poll {
    public static final int IN = 1;
    public static final int OUT = 4;
    public static final int ERR = 8;
    public static final int HUP = 16;
    public static final int NVAL = 32;

    /** Something to read, or an end that a read would report. */
    public static final int READABLE = IN | HUP | ERR | NVAL;

    private static final int POLLFD_BYTES = 8;
    private static final MethodHandle POLL = CLibrary.scalars("poll");

    private MemorySegment entries;
    private int capacity;
    private int count;

    public Poll(int capacity) {
        this.capacity = capacity;
        this.entries = Arena.ofAuto().allocate((long) capacity * POLLFD_BYTES, Integer.BYTES);
    }

    public void clear() {
        count = 0;
    }

    public int count() {
        return count;
    }

    /** Adds a descriptor and returns its index for {@link #ready}. */
    public int add(Fd fd, int events) {
        return add(fd.number(), events);
    }

    private int add(int fd, int events) {
        if (count == capacity) {
            grow();
        }
        long at = (long) count * POLLFD_BYTES;
        entries.set(ValueLayout.JAVA_INT, at, fd);
        entries.set(ValueLayout.JAVA_SHORT, at + 4, (short) events);
        entries.set(ValueLayout.JAVA_SHORT, at + 6, (short) 0);
        return count++;
    }

    private void grow() {
        MemorySegment larger = Arena.ofAuto().allocate(entries.byteSize() * 2, Integer.BYTES);
        larger.copyFrom(entries);
        entries = larger;
        capacity *= 2;
    }

    /**
     * Waits for at most {@code timeoutMs} (-1: for ever) and returns how many are ready; 0 also
     * when a signal cut the wait short.
     */
    public int await(int timeoutMs) {
        long n = CLibrary.call(POLL, entries.address(), count, timeoutMs);
        Reference.reachabilityFence(entries);
        if (n == -Errno.EINTR) {
            for (int i = 0; i < count; i++) {
                entries.set(ValueLayout.JAVA_SHORT, (long) i * POLLFD_BYTES + 6, (short) 0);
            }
            return 0;
        }
        return (int) CLibrary.check("poll", n);
    }

    /** The events that were seen on entry {@code index}, ERR, HUP and NVAL among them. */
    public int ready(int index) {
        if (index >= count) {
            throw new IndexOutOfBoundsException(index);
        }
        return entries.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_BYTES + 6);
    }
}
