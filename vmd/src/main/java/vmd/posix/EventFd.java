package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Wakes a thread that waits in {@link Poll}: any thread signals, the waiting one drains. */
public final class EventFd implements AutoCloseable {
    private static final int EFD_CLOEXEC_NONBLOCK = 02000000 | 04000;
    private static final MethodHandle EVENTFD = CLibrary.scalars("eventfd");

    private final Fd fd;
    private final MemorySegment one = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment count = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

    public EventFd() {
        long n = CLibrary.call(EVENTFD, 0, EFD_CLOEXEC_NONBLOCK);
        fd = Fd.own((int) CLibrary.check("eventfd", n));
        one.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    public Fd fd() {
        return fd;
    }

    /** Makes {@link #fd} readable until it is drained. */
    public void signal() {
        FileIo.write(fd, one);
    }

    /** True if it was signalled since the last call. */
    public boolean drain() {
        return FileIo.read(fd, count) > 0;
    }

    @Override
    public void close() {
        fd.close();
    }
}
