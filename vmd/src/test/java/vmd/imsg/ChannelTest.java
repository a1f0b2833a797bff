package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.FileStat;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;

class ChannelTest {
    private static final long WAIT_MS = 10_000;

    /** Something that happened on a channel: a message, or with a null message its end. */
    private record Event(@Nullable Imsg message, @Nullable Fd descriptor, @Nullable String fault) {}

    private static final class Recorder implements Channel.Receiver {
        private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

        @Override
        public void message(Imsg message, @Nullable Fd descriptor) {
            if (message.type() == 13) {
                throw new ImsgException("unlucky");
            }
            events.add(new Event(message, descriptor, null));
        }

        @Override
        public void ended(@Nullable String fault) {
            events.add(new Event(null, null, fault));
        }

        Event next() throws InterruptedException {
            return Objects.requireNonNull(events.poll(WAIT_MS, TimeUnit.MILLISECONDS));
        }
    }

    private final Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
    private final Recorder atStarter = new Recorder();
    private final Recorder atChild = new Recorder();
    private final Channel starter = Channel.towardsChild(pair.first(), "vmm");
    private @Nullable Channel child;

    private void startBoth() {
        starter.start(Runnable::run, atStarter);
        child = Channel.towardsStarter(pair.second(), "vmm").start(Runnable::run, atChild);
    }

    @AfterEach
    void bothEndsClose() {
        starter.abort();
        if (child != null) {
            child.abort();
            assertTrue(child.awaitEnd(WAIT_MS));
        }
    }

    private static Imsg message(int type) {
        return new Imsg(type, false, 0, 0, new byte[] {(byte) type});
    }

    @Test
    void messagesPassBothWaysInOrder() throws InterruptedException {
        startBoth();
        for (int k = 20; k < 120; k++) {
            starter.send(message(k), null);
            Objects.requireNonNull(child).send(message(k), null);
        }
        for (int k = 20; k < 120; k++) {
            assertEquals(k, Objects.requireNonNull(atChild.next().message()).type());
            assertEquals(k, Objects.requireNonNull(atStarter.next().message()).type());
        }
    }

    @Test
    void descriptorArrivesWithItsMessage() throws InterruptedException {
        startBoth();
        FileIo.Pipe pipe = FileIo.pipe();
        FileStat sent = FileIo.stat(pipe.reader());
        starter.send(new Imsg(5, true, 0, 0, new byte[0]), pipe.reader());
        Event event = atChild.next();
        Fd received = Objects.requireNonNull(event.descriptor());
        assertTrue(sent.sameFile(FileIo.stat(received)));
        received.close();
        pipe.writer().close();
        starter.close();
        assertTrue(starter.awaitEnd(WAIT_MS));
        assertFalse(pipe.reader().isOpen());
    }

    @Test
    void whatWasSentBeforeCloseArrives() throws InterruptedException {
        startBoth();
        starter.send(message(7), null);
        Objects.requireNonNull(child).send(message(8), null);
        Objects.requireNonNull(child).close();
        assertEquals(8, Objects.requireNonNull(atStarter.next().message()).type());
        assertNull(atStarter.next().fault());
    }

    @Test
    void whatWasReceivedIsDeliveredEvenIfTheEndIsKnown() throws InterruptedException {
        BlockingQueue<Runnable> later = new LinkedBlockingQueue<>();
        starter.start(later::add, atStarter);
        child = Channel.towardsStarter(pair.second(), "vmm").start(Runnable::run, atChild);
        child.send(message(8), null);
        child.close();
        assertTrue(child.awaitEnd(WAIT_MS));
        assertTrue(starter.awaitEnd(WAIT_MS));
        later.forEach(Runnable::run);
        assertEquals(8, Objects.requireNonNull(atStarter.next().message()).type());
        assertNull(atStarter.next().message());
    }

    @Test
    void forgedMessageEndsTheChannel() throws InterruptedException {
        starter.start(Runnable::run, atStarter);
        byte[] forged = message(3).encode();
        SocketMessage raw = new SocketMessage(forged.length);
        raw.data().copyFrom(MemorySegment.ofArray(forged));
        raw.send(pair.second(), forged.length, null, true);
        Event end = atStarter.next();
        assertNull(end.message());
        assertEquals("message is not authentic", end.fault());
        assertTrue(starter.awaitEnd(WAIT_MS));
        pair.second().close();
    }

    @Test
    void refusedMessageEndsTheChannel() throws InterruptedException {
        startBoth();
        starter.send(message(13), null);
        assertEquals("unlucky", atChild.next().fault());
        assertNull(atStarter.next().fault());
    }

    @Test
    void peerThatDoesNotReadLosesTheChannel() throws InterruptedException {
        starter.start(Runnable::run, atStarter);
        Imsg large = new Imsg(2, false, 0, 0, new byte[16_000]);
        for (int k = 0; k < 2000; k++) {
            starter.send(large, null);
        }
        assertEquals("peer does not read", atStarter.next().fault());
        pair.second().close();
    }

    @Test
    void endOfThePeerIsNoFault() throws InterruptedException {
        starter.start(Runnable::run, atStarter);
        pair.second().close();
        Event end = atStarter.next();
        assertNull(end.message());
        assertNull(end.fault());
    }

    @Test
    void channelsOfDifferentNamesDoNotUnderstandEachOther() throws InterruptedException {
        starter.start(Runnable::run, atStarter);
        child = Channel.towardsStarter(pair.second(), "control").start(Runnable::run, atChild);
        starter.send(message(3), null);
        assertEquals("message is not authentic", atChild.next().fault());
    }

    @Test
    void firstMessageMustBringTheSecret() {
        Sockets.Pair other = Sockets.pair(Sockets.SOCK_SEQPACKET);
        byte[] wrong = message(1).encode();
        SocketMessage raw = new SocketMessage(wrong.length);
        raw.data().copyFrom(MemorySegment.ofArray(wrong));
        raw.send(other.first(), wrong.length, null, true);
        assertThrows(ImsgException.class, () -> Channel.towardsStarter(other.second(), "vmm"));
        other.first().close();
        other.second().close();
    }
}
