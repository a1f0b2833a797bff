package vmm.machine;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import vmm.dev.legacy.Ns16550;

/**
 * Between the guest's serial port and the host. Output is collected in a ring and delivered by a
 * thread. When a slow listener lets the ring become full, the port tells the guest that it takes no
 * more for now; what a guest sends that does not look is lost then. Input waits until the port has
 * room.
 */
final class SerialConsole implements Ns16550.Wire, AutoCloseable {
    private static final int RING = 64 << 10;
    private static final int CHUNK = 4096;

    /** Output comes in single characters; a short wait makes lines of them. */
    private static final long GATHER_MS = 2;

    /** Room can appear without notice, when the guest leaves the port's loop-back mode. */
    private static final long INPUT_RETRY_MS = 100;

    /** How long a listener that blocks can hold up the end of the machine. */
    private static final long CLOSE_MS = 2000;

    private final MachineConfig.Console listener;
    private final Lock deviceLock;
    private final Condition inputWelcome;
    private final Thread thread;
    private @Nullable Ns16550 port;
    private volatile boolean closed;

    // Guarded by this.
    private boolean full;
    private final byte[] ring = new byte[RING];
    private int first;
    private int count;

    SerialConsole(MachineConfig.Console listener, Lock deviceLock) {
        this.listener = listener;
        this.deviceLock = deviceLock;
        inputWelcome = deviceLock.newCondition();
        thread = Thread.ofPlatform().name("console").daemon().unstarted(this::deliver);
    }

    /** Says which port this is the wire of. */
    void connect(Ns16550 serialPort) {
        port = serialPort;
        thread.start();
    }

    @Override
    public synchronized boolean transmit(int value) {
        if (count < RING) {
            ring[(first + count) % RING] = (byte) value;
            count++;
            if (count == 1 || count == CHUNK) {
                notifyAll();
            }
        }
        full |= RING - count < Ns16550.FIFO_SIZE;
        return !full;
    }

    private void deliver() {
        byte[] chunk = new byte[CHUNK];
        for (int length = take(chunk); length > 0; length = take(chunk)) {
            listener.output(chunk, length);
            if (hasRoomAgain()) {
                tellPort();
            }
        }
    }

    /** Once, when a ring that was full has half its room again. */
    private synchronized boolean hasRoomAgain() {
        boolean again = full && count <= RING / 2;
        full &= !again;
        return again;
    }

    private void tellPort() {
        deviceLock.lock();
        try {
            Objects.requireNonNull(port).transmitterEmpty();
        } finally {
            deviceLock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // the second wait may end early; it gathers, no more
    private synchronized void awaitOutput() throws InterruptedException {
        while (count == 0 && !closed) {
            wait();
        }
        if (count < CHUNK && !closed) {
            wait(GATHER_MS);
        }
    }

    /** Waits for output and moves it to {@code chunk}; 0 when there will be no more. */
    private synchronized int take(byte[] chunk) {
        try {
            awaitOutput();
        } catch (InterruptedException e) {
            closed = true;
        }
        int length = Math.min(count, CHUNK);
        for (int k = 0; k < length; k++) {
            chunk[k] = ring[(first + k) % RING];
        }
        first = (first + length) % RING;
        count -= length;
        return length;
    }

    @Override
    public void receiverEmpty() {
        inputWelcome.signalAll();
    }

    /** Gives the guest {@code length} bytes; returns when it has taken them or the end came. */
    void input(byte[] bytes, int start, int length) throws InterruptedException {
        Ns16550 uart = Objects.requireNonNull(port);
        deviceLock.lockInterruptibly();
        try {
            int at = start;
            while (at < start + length && !closed) {
                if (uart.room() > 0) {
                    uart.receive(bytes[at++] & 0xff);
                } else {
                    awaitWelcome();
                }
            }
        } finally {
            deviceLock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's, over the characters
    private void awaitWelcome() throws InterruptedException {
        inputWelcome.awaitNanos(TimeUnit.MILLISECONDS.toNanos(INPUT_RETRY_MS));
    }

    /** Delivers what is left, if the listener takes it, and ends the thread. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
