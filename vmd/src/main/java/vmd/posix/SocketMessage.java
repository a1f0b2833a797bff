package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A buffer for messages on a socket, each with at most one descriptor (SCM_RIGHTS). Sending and
 * receiving allocate nothing; one thread uses it. Received descriptors are close-on-exec.
 *
 * <p>Layout of the native memory (struct msghdr and struct cmsghdr of a 64-bit Linux):
 *
 * <pre>
 *   0  msghdr   name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48
 *  56  iovec    base 56, length 64
 *  72  cmsghdr  length 72, level 80, type 84, descriptor 88
 *  96  data
 * </pre>
 */
public final class SocketMessage {
    private static final int IOV_POINTER = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL_POINTER = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int IOV_BASE = 56;
    private static final int IOV_LENGTH = 64;
    private static final int CMSG_LENGTH = 72;
    private static final int CMSG_LEVEL = 80;
    private static final int CMSG_TYPE = 84;
    private static final int CMSG_FD = 88;
    private static final int DATA = 96;

    /**
     * CMSG_LEN of one descriptor, and not CMSG_SPACE, which is room for two: given that, the kernel
     * delivers two and says nothing (measured). With this length it drops and reports the rest.
     */
    private static final int ONE_FD = 16 + Integer.BYTES;

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private static final MethodHandle SENDMSG = CLibrary.buffer("sendmsg");
    private static final MethodHandle RECVMSG = CLibrary.buffer("recvmsg");

    private final MemorySegment all;
    private final MemorySegment data;
    private @Nullable Fd received;
    private boolean truncated;

    /** Room for messages of up to {@code capacity} bytes. */
    public SocketMessage(int capacity) {
        all = Arena.ofAuto().allocate((long) DATA + capacity, Long.BYTES);
        data = all.asSlice(DATA, capacity);
        all.set(ValueLayout.JAVA_LONG, IOV_POINTER, all.address() + IOV_BASE);
        all.set(ValueLayout.JAVA_LONG, IOV_COUNT, 1);
        all.set(ValueLayout.JAVA_LONG, IOV_BASE, data.address());
    }

    /** Where the bytes to send are put and the received ones lie. */
    public MemorySegment data() {
        return data;
    }

    /**
     * Sends the first {@code length} bytes of the data, with a copy of {@code passed} if given.
     * Returns the number of bytes taken (on a stream perhaps not all; the descriptor went with the
     * first of them), or {@link FileIo#WOULD_BLOCK}. Never waits if {@code wait} is false; never
     * raises SIGPIPE.
     */
    public int send(Fd socket, int length, @Nullable Fd passed, boolean wait) {
        return sendFrom(socket, 0, length, passed, wait);
    }

    /** As {@link #send}, from {@code offset} in the data. */
    public int sendFrom(Fd socket, int offset, int length, @Nullable Fd passed, boolean wait) {
        Objects.checkFromIndexSize((long) offset, length, data.byteSize());
        all.set(ValueLayout.JAVA_LONG, IOV_BASE, data.address() + offset);
        all.set(ValueLayout.JAVA_LONG, IOV_LENGTH, length);
        if (passed == null) {
            control(0);
        } else {
            control(ONE_FD);
            all.set(ValueLayout.JAVA_LONG, CMSG_LENGTH, ONE_FD);
            all.set(ValueLayout.JAVA_INT, CMSG_LEVEL, SOL_SOCKET);
            all.set(ValueLayout.JAVA_INT, CMSG_TYPE, SCM_RIGHTS);
            all.set(ValueLayout.JAVA_INT, CMSG_FD, passed.number());
        }
        int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
        return FileIo.blocking("sendmsg", CLibrary.retry(SENDMSG, socket.number(), all, flags, 0));
    }

    /**
     * Receives one message (on a stream: what there is). Returns its length, 0 at the end of the
     * stream, or {@link FileIo#WOULD_BLOCK}. A descriptor that came with it waits in {@link
     * #takeDescriptor}; one that nobody took is closed by the next receive.
     */
    public int receive(Fd socket, boolean wait) {
        return receiveInto(socket, 0, (int) data.byteSize(), wait);
    }

    /** As {@link #receive}, at most {@code length} bytes to {@code offset} in the data. */
    public int receiveInto(Fd socket, int offset, int length, boolean wait) {
        Objects.checkFromIndexSize((long) offset, length, data.byteSize());
        discardDescriptor();
        all.set(ValueLayout.JAVA_LONG, IOV_BASE, data.address() + offset);
        all.set(ValueLayout.JAVA_LONG, IOV_LENGTH, length);
        control(ONE_FD);
        all.set(ValueLayout.JAVA_LONG, CMSG_LENGTH, 0);
        all.set(ValueLayout.JAVA_INT, FLAGS, 0);
        int flags = MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT);
        truncated = false;
        long n = CLibrary.retry(RECVMSG, socket.number(), all, flags, 0);
        if (n < 0) {
            return FileIo.blocking("recvmsg", n);
        }
        takeControl();
        truncated = (all.get(ValueLayout.JAVA_INT, FLAGS) & (MSG_CTRUNC | MSG_TRUNC)) != 0;
        return (int) n;
    }

    private void control(int length) {
        long pointer = length == 0 ? 0 : all.address() + CMSG_LENGTH;
        all.set(ValueLayout.JAVA_LONG, CONTROL_POINTER, pointer);
        all.set(ValueLayout.JAVA_LONG, CONTROL_LENGTH, length);
    }

    private void takeControl() {
        if (all.get(ValueLayout.JAVA_LONG, CONTROL_LENGTH) >= ONE_FD
                && all.get(ValueLayout.JAVA_LONG, CMSG_LENGTH) == ONE_FD
                && all.get(ValueLayout.JAVA_INT, CMSG_LEVEL) == SOL_SOCKET
                && all.get(ValueLayout.JAVA_INT, CMSG_TYPE) == SCM_RIGHTS) {
            received = Fd.own(all.get(ValueLayout.JAVA_INT, CMSG_FD));
        }
    }

    /** The descriptor of the last message, now the caller's; null if there was none. */
    public @Nullable Fd takeDescriptor() {
        Fd fd = received;
        received = null;
        return fd;
    }

    /** Whether the last message was longer than the room, or brought more than one descriptor. */
    public boolean truncated() {
        return truncated;
    }

    /** Closes a received descriptor that nobody took. */
    public void discardDescriptor() {
        if (received != null) {
            received.close();
            received = null;
        }
    }
}
