package vmd.posix;

import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file descriptor with one owner. Closing twice is harmless; using it after that is an error
 * here, before the number can mean another file. The owner sees to it that no other thread is in a
 * call on it when it closes.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = -1;
    private static final MethodHandle CLOSE = CLibrary.scalars("close");

    private final AtomicInteger number;

    private Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /** Takes ownership of an open descriptor. */
    public static Fd own(int number) {
        if (number < 0) {
            throw new PosixException("descriptor " + number, Errno.EBADF);
        }
        return new Fd(number);
    }

    public int number() {
        int n = number.get();
        if (n == CLOSED) {
            throw new PosixException("closed descriptor", Errno.EBADF);
        }
        return n;
    }

    public boolean isOpen() {
        return number.get() != CLOSED;
    }

    /** Gives ownership away: the number, which this object forgets without closing it. */
    public int release() {
        int n = number.getAndSet(CLOSED);
        if (n == CLOSED) {
            throw new PosixException("closed descriptor", Errno.EBADF);
        }
        return n;
    }

    /**
     * Not repeated after EINTR: Linux has released the number by then, and it may be somebody
     * else's. An error of close is not reported; who needs written data on disk calls fdatasync.
     */
    @Override
    public void close() {
        int n = number.getAndSet(CLOSED);
        if (n != CLOSED) {
            closeNumber(n);
        }
    }

    static void closeNumber(int number) {
        CLibrary.call(CLOSE, number);
    }

    @Override
    public String toString() {
        return "fd " + number.get();
    }
}
