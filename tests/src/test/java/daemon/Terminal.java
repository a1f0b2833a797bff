package daemon;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Poll;
import vmd.posix.Terminals;

/** The user's side of a console. */
final class Terminal implements AutoCloseable {
    private final Fd fd;
    private final MemorySegment buffer = Arena.ofAuto().allocate(4096);
    private final StringBuilder text = new StringBuilder();

    Terminal(String path) {
        fd = FileIo.open(path, FileIo.O_RDWR | FileIo.O_NOCTTY | FileIo.O_NONBLOCK);
        Terminals.makeRaw(fd);
    }

    void type(String words) {
        byte[] bytes = words.getBytes(StandardCharsets.US_ASCII);
        for (int done = 0; done < bytes.length; ) {
            int length = Math.min(bytes.length - done, (int) buffer.byteSize());
            MemorySegment.copy(bytes, done, buffer, ValueLayout.JAVA_BYTE, 0, length);
            int count = FileIo.write(fd, buffer.asSlice(0, length));
            if (count == FileIo.WOULD_BLOCK) {
                await(Poll.OUT, Vmd.WAIT_S * 1000);
            } else {
                done += count;
            }
        }
    }

    /** Reads until {@code wanted} has come. */
    void awaitText(String wanted) {
        if (!comes(wanted, Vmd.WAIT_S)) {
            throw new AssertionError("no '" + wanted + "' in '" + text + "'");
        }
    }

    /** Reads until {@code wanted} has come; false if it does not within the time. */
    boolean comes(String wanted, long seconds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (text.indexOf(wanted) < 0) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (leftMs <= 0) {
                return false;
            }
            await(Poll.IN, leftMs);
            take();
        }
        return true;
    }

    /** Reads {@code length} characters, with a pause before each piece. */
    String slowly(int length, long pauseMs) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Vmd.WAIT_S);
        while (text.length() < length && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMs));
            await(Poll.IN, Vmd.WAIT_S * 1000);
            take();
        }
        return text.toString();
    }

    private void take() {
        int count = FileIo.read(fd, buffer);
        if (count > 0) {
            byte[] bytes = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            text.append(new String(bytes, StandardCharsets.US_ASCII));
        }
    }

    private void await(int event, long timeoutMs) {
        Poll poll = new Poll(1);
        poll.add(fd, event);
        poll.await((int) timeoutMs);
    }

    @Override
    public void close() {
        fd.close();
    }
}
