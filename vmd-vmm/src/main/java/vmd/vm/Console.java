package vmd.vm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import vmd.posix.Errno;
import vmd.posix.EventFd;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Poll;
import vmd.posix.PosixException;

/**
 * Between a guest's serial line and the machine's side of its pseudo terminal. Whoever attaches
 * first sees the last 64 KiB of what the guest wrote. For somebody who is attached nothing is lost:
 * the guest waits, unless he has not read on for a while.
 *
 * <p>Linux tells on the machine's side only whether nobody has the other side open (POLLHUP, once
 * it was open), and does so for ever, so attachment is looked for at intervals.
 */
final class Console {
    private static final int CHUNK = 4096;
    private static final int LOOK_AGAIN_MS = 100;

    /**
     * What is written to a pseudo terminal is lost when this side closes before the other has read
     * it, and nothing tells this side whether it has.
     */
    private static final int READING_MS = 200;

    /**
     * A terminal that was stopped, or a connection that hangs, holds up the guest for this long.
     */
    private static final long PATIENCE_MS = 10_000;

    /** The guest's end of the line; waits while the guest does not take more. */
    interface Line {
        void type(byte[] bytes, int start, int length) throws InterruptedException;
    }

    private final Fd terminal;
    private final OutputRing ring = new OutputRing(PATIENCE_MS);
    private final EventFd news = new EventFd();
    private volatile boolean attached;
    private volatile boolean draining;
    private volatile boolean patient;
    private final CountDownLatch drained = new CountDownLatch(1);

    Console(Fd terminal) {
        this.terminal = terminal;
    }

    /** Begins to move bytes; input goes to {@code line}. */
    void start(Line line) {
        Thread.ofPlatform().name("console output").daemon().start(this::writeAll);
        Thread.ofPlatform().name("console input").daemon().start(() -> readAll(line));
    }

    /** The guest wrote. Waits for somebody who reads. */
    void output(byte[] bytes, int length) {
        ring.append(bytes, length);
        if (attached) {
            news.signal();
        }
    }

    /**
     * Waits until all output is written, nobody is attached, or the time is over.
     *
     * @param forFirst whether somebody may be about to attach, who then sees what there is
     */
    void drain(long timeoutMs, boolean forFirst) {
        patient = forFirst;
        draining = true;
        news.signal();
        try {
            boolean all = drained.await(timeoutMs, TimeUnit.MILLISECONDS);
            draining = !all;
            if (all && attached) {
                Thread.sleep(READING_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether somebody is attached who has not read all of it yet. */
    boolean isRead() {
        return attached && drained.getCount() > 0;
    }

    private void writeAll() {
        Poll poll = new Poll(2);
        byte[] bytes = new byte[CHUNK];
        MemorySegment chunk = Arena.ofAuto().allocate(CHUNK);
        long position = 0;
        boolean seen = false;
        while (true) {
            poll.clear();
            poll.add(terminal, position < ring.end() ? Poll.OUT : 0);
            poll.add(news.fd(), Poll.IN);
            poll.await(attached ? -1 : 0);
            boolean nobody = (poll.ready(0) & Poll.HUP) != 0;
            if (nobody) {
                attached = false;
                ring.noReader();
                if (seen || !patient || ring.end() == 0) {
                    finishDrain();
                }
                awaitAttachment(poll);
                continue;
            }
            if (!attached) {
                attached = true;
                seen = true;
                position = ring.start();
                ring.reader(position);
            }
            news.drain();
            OutputRing.Chunk next = ring.read(position, bytes);
            MemorySegment.copy(bytes, 0, chunk, ValueLayout.JAVA_BYTE, 0, next.count());
            position = next.from() + write(chunk.asSlice(0, next.count()));
            ring.reader(position);
            if (position == ring.end()) {
                finishDrain();
            }
        }
    }

    private int write(MemorySegment chunk) {
        if (chunk.byteSize() == 0) {
            return 0;
        }
        try {
            return Math.max(0, FileIo.write(terminal, chunk));
        } catch (PosixException e) {
            if (e.errno() != Errno.EIO) {
                throw e;
            }
            // The user has just left; the next look says so.
            return 0;
        }
    }

    private void finishDrain() {
        if (draining) {
            drained.countDown();
        }
    }

    private void awaitAttachment(Poll poll) {
        poll.clear();
        poll.add(news.fd(), Poll.IN);
        poll.await(LOOK_AGAIN_MS);
        news.drain();
    }

    private void readAll(Line line) {
        Poll poll = new Poll(1);
        byte[] bytes = new byte[CHUNK];
        MemorySegment chunk = Arena.ofAuto().allocate(CHUNK);
        try {
            while (true) {
                poll.clear();
                poll.add(terminal, Poll.IN);
                poll.await(-1);
                int count = (poll.ready(0) & Poll.IN) == 0 ? 0 : read(chunk);
                if (count <= 0) {
                    Thread.sleep(LOOK_AGAIN_MS);
                    continue;
                }
                MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, bytes, 0, count);
                line.type(bytes, 0, count);
            }
        } catch (InterruptedException e) {
            // The machine has ended: nobody takes input any more.
            Thread.currentThread().interrupt();
        }
    }

    private int read(MemorySegment chunk) {
        try {
            return FileIo.read(terminal, chunk);
        } catch (PosixException e) {
            if (e.errno() != Errno.EIO) {
                throw e;
            }
            return 0;
        }
    }
}
