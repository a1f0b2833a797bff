package vmctl;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import vmd.posix.Errno;
import vmd.posix.EventFd;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Poll;
import vmd.posix.PosixException;
import vmd.posix.Terminals;

/**
 * Copies between a user's terminal (or a pipe) and the console of a machine. One thread waits for
 * whatever comes first and sleeps otherwise.
 */
final class Console {
    /** Why it is over. */
    enum End {
        /** The user left; the machine runs on. */
        LEFT,
        /** The machine's side is gone. */
        HUNG_UP
    }

    private static final int CHUNK = 4096;
    private static final int GONE = 0;
    private static final byte[] HELP =
            ("\r\nAt the start of a line:\r\n"
                            + "  ~.  leave the console; the machine runs on\r\n"
                            + "  ~~  send one ~\r\n"
                            + "  ~?  this help\r\n")
                    .getBytes(StandardCharsets.US_ASCII);

    private final Fd input;
    private final Fd output;
    private final Fd line;
    private final EventFd resized;

    /** Whether a person types: once the terminal is gone it can no longer be asked. */
    private final boolean person;

    private final Escapes escapes = new Escapes();
    private final Poll poll = new Poll(3);
    private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK);
    private final ByteBuffer typed = chunk.asByteBuffer();
    private final MemorySegment pendingMemory = Arena.ofAuto().allocate(CHUNK + 1L);
    private final ByteBuffer pending = pendingMemory.asByteBuffer();
    private boolean inputOpen = true;

    /**
     * Prepares a console.
     *
     * @param line the machine's terminal, opened non-blocking
     * @param resized signalled when the size of the user's terminal changed
     */
    Console(Fd input, Fd output, Fd line, EventFd resized) {
        this.input = input;
        this.person = Terminals.isTerminal(input);
        this.output = output;
        this.line = line;
        this.resized = resized;
        pending.flip();
    }

    /** Attaches with the user's terminal, if it is one, in raw mode for as long as it lasts. */
    static End attach(Fd input, Fd output, Fd line) {
        try (EventFd resized = new EventFd()) {
            if (!Terminals.isTerminal(input)) {
                return new Console(input, output, line, resized).run();
            }
            WindowSignal.handle(resized);
            try (RawTerminal _ = new RawTerminal(input)) {
                resized.signal();
                return new Console(input, output, line, resized).run();
            }
        }
    }

    End run() {
        while (true) {
            poll.clear();
            boolean full = pending.hasRemaining();
            int lineAt = poll.add(line, full ? Poll.IN | Poll.OUT : Poll.IN);
            int resizedAt = poll.add(resized.fd(), Poll.IN);
            // What the machine does not take yet must not be overtaken: the input waits.
            boolean listening = inputOpen && !full;
            int inputAt = listening ? poll.add(input, Poll.IN) : -1;
            if (poll.await(-1) == 0) {
                continue;
            }
            if (poll.ready(resizedAt) != 0 && resized.drain()) {
                passSize();
            }
            if ((poll.ready(lineAt) & Poll.READABLE) != 0 && !lineToOutput()) {
                return End.HUNG_UP;
            }
            if (full && (poll.ready(lineAt) & Poll.OUT) != 0) {
                flush();
            }
            if (listening && poll.ready(inputAt) != 0 && !inputToLine()) {
                return End.LEFT;
            }
        }
    }

    /** False when the machine's side is gone. */
    private boolean lineToOutput() {
        int count = read(line);
        if (count > 0) {
            write(chunk, count);
        }
        return count != GONE;
    }

    /** False when the user leaves. */
    private boolean inputToLine() {
        int count = read(input);
        if (count == FileIo.WOULD_BLOCK) {
            return true;
        }
        pending.clear();
        if (count == GONE) {
            inputOpen = false;
            escapes.end(pending);
            pending.flip();
            flush();
            // A terminal that is gone is nobody's any more; a pipe may only have had little to say.
            return !person;
        }
        typed.clear().limit(count);
        Escapes.Action action = escapes.filter(typed, pending);
        while (action == Escapes.Action.HELP) {
            writeHelp();
            action = escapes.filter(typed, pending);
        }
        pending.flip();
        flush();
        return action != Escapes.Action.LEAVE;
    }

    private void flush() {
        while (pending.hasRemaining()) {
            MemorySegment rest = pendingMemory.asSlice(pending.position(), pending.remaining());
            int written;
            try {
                written = FileIo.write(line, rest);
            } catch (PosixException _) {
                // Its end shows when it is read next.
                pending.position(pending.limit());
                return;
            }
            if (written == FileIo.WOULD_BLOCK) {
                return;
            }
            pending.position(pending.position() + written);
        }
    }

    private int read(Fd fd) {
        try {
            return FileIo.read(fd, chunk);
        } catch (PosixException e) {
            // A terminal whose other side was closed reads as an input error.
            if (e.errno() == Errno.EIO || e.errno() == Errno.EBADF) {
                return GONE;
            }
            throw e;
        }
    }

    private void writeHelp() {
        try (Arena arena = Arena.ofConfined()) {
            write(arena.allocateFrom(ValueLayout.JAVA_BYTE, HELP), HELP.length);
        }
    }

    private void write(MemorySegment bytes, int count) {
        int done = 0;
        while (done < count) {
            int written = FileIo.write(output, bytes.asSlice(done, (long) count - done));
            if (written == FileIo.WOULD_BLOCK) {
                // Somebody else made the terminal non-blocking.
                Poll room = new Poll(1);
                room.add(output, Poll.OUT);
                room.await(-1);
            } else {
                done += written;
            }
        }
    }

    private void passSize() {
        try {
            Terminals.WindowSize size = Terminals.windowSize(input);
            if (size.rows() > 0 && size.columns() > 0) {
                Terminals.windowSize(line, size);
            }
        } catch (PosixException _) {
            // The input is no terminal, or either side has just gone, which shows elsewhere.
            return;
        }
    }
}
