package vmm.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeClock;
import vmm.dev.FakeLine;
import vmm.dev.legacy.Ns16550;

final class SerialConsoleTest {
    private static final int THR = 0;
    private static final int LCR = 3;
    private static final int LSR = 5;
    private static final int THRE = 0x20;
    private static final int MEGABYTE = 1 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final CountDownLatch begin = new CountDownLatch(1);
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final SerialConsole console = new SerialConsole(this::listen, lock);
    private final Ns16550 port = new Ns16550(new FakeClock(), new FakeLine(), console);

    private void listen(byte[] bytes, int length) {
        try {
            begin.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        heard.write(bytes, 0, length);
    }

    private boolean empty() {
        lock.lock();
        try {
            return (port.portRead(LSR, 1) & THRE) != 0;
        } finally {
            lock.unlock();
        }
    }

    private void send(int value) {
        lock.lock();
        try {
            port.portWrite(THR, 1, value);
        } finally {
            lock.unlock();
        }
    }

    @Test
    void guestThatLooksLosesNothingToSlowListeners() {
        port.portWrite(LCR, 1, 3);
        console.connect(port);
        int sent = 0;
        while (empty()) {
            send(sent++ % 251);
        }
        assertTrue(sent < MEGABYTE, "a listener that does not listen holds up nobody");
        for (int k = 1; k < Ns16550.FIFO_SIZE; k++) {
            send(sent++ % 251); // as a guest does that fills a FIFO without looking
        }
        begin.countDown();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (sent < MEGABYTE) {
            if (empty()) {
                send(sent++ % 251);
            } else {
                assertTrue(System.nanoTime() - deadline < 0, "the port stays full");
                Thread.onSpinWait();
            }
        }
        console.close();
        byte[] bytes = heard.toByteArray();
        assertEquals(MEGABYTE, bytes.length);
        for (int k = 0; k < bytes.length; k++) {
            assertEquals((byte) (k % 251), bytes[k], "at " + k);
        }
    }
}
