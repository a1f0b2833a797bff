package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** AF_UNIX sockets. Messages with descriptors are {@link SocketMessage}'s. */
public final class Sockets {
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_SEQPACKET = 5;

    private static final int AF_UNIX = 1;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOCK_NONBLOCK = 04000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_PEERCRED = 17;
    private static final int SHUT_RDWR = 2;

    /** sockaddr_un: the family, then at most 107 bytes of path and a NUL. */
    private static final int PATH_OFFSET = 2;

    private static final int PATH_MAX = 107;

    private static final MethodHandle SOCKET = CLibrary.scalars("socket");
    private static final MethodHandle SOCKETPAIR = CLibrary.scalars("socketpair");
    private static final MethodHandle CONNECT = CLibrary.scalars("connect");
    private static final MethodHandle BIND = CLibrary.scalars("bind");
    private static final MethodHandle LISTEN = CLibrary.scalars("listen");
    private static final MethodHandle ACCEPT4 = CLibrary.scalars("accept4");
    private static final MethodHandle SHUTDOWN = CLibrary.scalars("shutdown");
    private static final MethodHandle GETSOCKOPT = CLibrary.scalars("getsockopt");
    private static final MethodHandle SETSOCKOPT = CLibrary.scalars("setsockopt");

    private Sockets() {}

    /** Two connected sockets. */
    public record Pair(Fd first, Fd second) {}

    /** Who was at the other end of a connection when it was made. */
    public record PeerCredentials(int pid, int uid, int gid) {}

    /** A connected pair of {@code type}, close-on-exec, blocking. */
    public static Pair pair(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(ValueLayout.JAVA_INT, 2);
            long r =
                    CLibrary.call(SOCKETPAIR, AF_UNIX, type | SOCK_CLOEXEC, 0, fds.address(), 0, 0);
            CLibrary.check("socketpair", r);
            return new Pair(
                    Fd.own(fds.getAtIndex(ValueLayout.JAVA_INT, 0)),
                    Fd.own(fds.getAtIndex(ValueLayout.JAVA_INT, 1)));
        }
    }

    /** An unconnected socket of {@code type}, close-on-exec, blocking. */
    public static Fd socket(int type) {
        long n = CLibrary.call(SOCKET, AF_UNIX, type | SOCK_CLOEXEC, 0);
        return Fd.own((int) CLibrary.check("socket", n));
    }

    /** A socket of {@code type} that is connected to the one bound to {@code path}. */
    public static Fd connect(String path, int type) {
        return prepared(path, type, CONNECT, "connect");
    }

    /** A socket of {@code type} bound to a new socket file (whose mode umask decides). */
    public static Fd bind(String path, int type) {
        return prepared(path, type, BIND, "bind");
    }

    private static Fd prepared(String path, int type, MethodHandle step, String name) {
        Fd fd = socket(type);
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
            if (bytes.length > PATH_MAX || bytes.length == 0 || path.indexOf('\0') >= 0) {
                throw new PosixException(
                        name + " " + path,
                        bytes.length > PATH_MAX ? Errno.ENAMETOOLONG : Errno.EINVAL);
            }
            int length = PATH_OFFSET + bytes.length + 1;
            MemorySegment address = arena.allocate(length, Short.BYTES);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, bytes.length);
            long r = CLibrary.retry(step, fd.number(), address.address(), length, 0);
            CLibrary.check(name + " " + path, r);
            return fd;
        } catch (PosixException e) {
            fd.close();
            throw e;
        }
    }

    public static void listen(Fd fd, int backlog) {
        CLibrary.check("listen", CLibrary.call(LISTEN, fd.number(), backlog));
    }

    /** The next connection, non-blocking; null if none waits or it was gone before we came. */
    public static @Nullable Fd accept(Fd listener) {
        int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
        long n = CLibrary.retry(ACCEPT4, listener.number(), 0, 0, flags);
        if (n == -Errno.EAGAIN || n == -Errno.ECONNABORTED) {
            return null;
        }
        return Fd.own((int) CLibrary.check("accept4", n));
    }

    /** Ends both directions: the peer reads the end of file, whoever else holds the socket. */
    public static void shutdown(Fd fd) {
        long r = CLibrary.call(SHUTDOWN, fd.number(), SHUT_RDWR);
        if (r != -Errno.ENOTCONN) {
            CLibrary.check("shutdown", r);
        }
    }

    /** Credentials of the connecting process; on a pair those of its creator. */
    public static PeerCredentials peerCredentials(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ucred = arena.allocate(ValueLayout.JAVA_INT, 3);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 12);
            long r =
                    CLibrary.call(
                            GETSOCKOPT,
                            fd.number(),
                            SOL_SOCKET,
                            SO_PEERCRED,
                            ucred.address(),
                            length.address(),
                            0);
            CLibrary.check("getsockopt(SO_PEERCRED)", r);
            return new PeerCredentials(
                    ucred.getAtIndex(ValueLayout.JAVA_INT, 0),
                    ucred.getAtIndex(ValueLayout.JAVA_INT, 1),
                    ucred.getAtIndex(ValueLayout.JAVA_INT, 2));
        }
    }

    /** Asks for kernel buffers of this size in both directions; the system may grant less. */
    public static void bufferSizes(Fd fd, int bytes) {
        setOption(fd, SO_SNDBUF, bytes);
        setOption(fd, SO_RCVBUF, bytes);
    }

    private static void setOption(Fd fd, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment v = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            long r =
                    CLibrary.call(
                            SETSOCKOPT,
                            fd.number(),
                            SOL_SOCKET,
                            option,
                            v.address(),
                            Integer.BYTES,
                            0);
            CLibrary.check("setsockopt", r);
        }
    }
}
