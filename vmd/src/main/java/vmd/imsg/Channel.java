package vmd.imsg;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;

/**
 * The authenticated channel between a process and a child that it started: a pair of SEQPACKET
 * sockets, so that a message and its descriptor stay together. The starter's first message brings
 * the secret from which both sides derive the keys; it is the only one without a tag.
 *
 * <p>Two threads serve a channel: one delivers what comes, one sends what waits, so a peer that
 * does not read can stop nobody. A peer that breaks the rules, or lets more than a bounded number
 * of messages wait, loses the channel.
 */
public final class Channel {
    private static final long WAITING_BYTES_MAX = 4L << 20;

    /** What a waiting message costs beyond its payload; bounds empty ones and descriptors too. */
    private static final int WAITING_OVERHEAD = 256;

    private static final int HELLO_TYPE = 1;

    /** What happens on a channel; called by the executor given to {@link #start}. */
    public interface Receiver {

        /**
         * A message; the descriptor, if there is one, now belongs to the receiver. An {@link
         * ImsgException} closes the descriptor and ends the channel.
         */
        void message(Imsg message, @Nullable Fd descriptor);

        /**
         * The channel has ended: nothing follows.
         *
         * @param fault what the peer did wrong, or null if it only closed its end
         */
        void ended(@Nullable String fault);
    }

    private record Outgoing(@Nullable Imsg message, @Nullable Fd descriptor) {
        long cost() {
            return message == null ? 0 : WAITING_OVERHEAD + message.payload().length;
        }
    }

    private static final Outgoing LAST = new Outgoing(null, null);

    private final Fd socket;
    private final String name;
    private final Authenticator sender;
    private final Authenticator opener;
    private final BlockingQueue<Outgoing> waiting = new LinkedBlockingQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicInteger threads = new AtomicInteger(2);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable String fault;

    /** Nothing is delivered any more. */
    private volatile boolean broken;

    /** Nothing is sent any more. */
    private volatile boolean mute;

    private Channel(Fd socket, String name, byte[] sendKey, byte[] receiveKey) {
        this.socket = socket;
        this.name = name;
        this.sender = new Authenticator(sendKey);
        this.opener = new Authenticator(receiveKey);
    }

    /**
     * The starter's end of the channel called {@code name}. The secret is sent at once, so the
     * child may be started before or after this.
     */
    public static Channel towardsChild(Fd socket, String name) {
        byte[] secret = new byte[ChannelKeys.SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        ChannelKeys keys = ChannelKeys.derive(secret, name);
        byte[] hello = new Imsg(HELLO_TYPE, false, 0, 0, secret).encode();
        SocketMessage buffer = new SocketMessage(hello.length);
        buffer.data().copyFrom(MemorySegment.ofArray(hello));
        buffer.send(socket, hello.length, null, true);
        buffer.data().fill((byte) 0);
        Arrays.fill(hello, (byte) 0);
        Arrays.fill(secret, (byte) 0);
        return new Channel(socket, name, keys.towardsChild(), keys.towardsStarter());
    }

    /** The child's end of the channel called {@code name}; waits for the secret. */
    public static Channel towardsStarter(Fd socket, String name) {
        SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);
        int length = buffer.receive(socket, true);
        byte[] bytes = buffer.data().asSlice(0, Math.max(length, 0)).toArray(ValueLayout.JAVA_BYTE);
        buffer.data().fill((byte) 0);
        Fd stray = buffer.takeDescriptor();
        if (stray != null) {
            stray.close();
            throw new ImsgException(name + ": descriptor with the first message");
        }
        Imsg hello = Imsg.decode(bytes, bytes.length);
        byte[] secret = hello.payload();
        if (hello.type() != HELLO_TYPE || secret.length != ChannelKeys.SECRET_BYTES) {
            throw new ImsgException(name + ": first message brings no secret");
        }
        ChannelKeys keys = ChannelKeys.derive(secret, name);
        Arrays.fill(secret, (byte) 0);
        Arrays.fill(bytes, (byte) 0);
        return new Channel(socket, name, keys.towardsStarter(), keys.towardsChild());
    }

    /** Begins to deliver to {@code receiver} through {@code executor}. Called once. */
    public Channel start(Executor executor, Receiver receiver) {
        Thread.ofPlatform()
                .name(name + " reader")
                .daemon()
                .start(() -> deliverAll(executor, receiver));
        Thread.ofPlatform().name(name + " writer").daemon().start(this::sendAll);
        return this;
    }

    /**
     * Sends a message after those that wait; takes ownership of the descriptor and closes it when
     * it is sent or cannot be. Never waits. What is sent to a channel that has ended is dropped:
     * {@link Receiver#ended} tells.
     */
    public void send(Imsg message, @Nullable Fd descriptor) {
        if (message.descriptor() != (descriptor != null)) {
            throw new IllegalArgumentException("descriptor bit without descriptor, or the reverse");
        }
        Outgoing outgoing = new Outgoing(message, descriptor);
        if (mute) {
            close(descriptor);
        } else if (waitingBytes.addAndGet(outgoing.cost()) > WAITING_BYTES_MAX) {
            close(descriptor);
            breakOff("peer does not read");
        } else {
            waiting.add(outgoing);
        }
    }

    /** Whether so much waits that the caller should take no more on: half of the bound. */
    public boolean congested() {
        return waitingBytes.get() > WAITING_BYTES_MAX / 2 && !mute;
    }

    /**
     * Waits while {@link #congested}. Not for the thread on which the peer's own messages are
     * handled if what it sends depends on them.
     */
    public void awaitRelief() {
        synchronized (waiting) {
            while (congested()) {
                try {
                    waiting.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    /** Ends the channel when what waits is sent. */
    public void close() {
        waiting.add(LAST);
    }

    /** Ends the channel now. */
    public void abort() {
        broken = true;
        stopSending();
    }

    private void stopSending() {
        dropWaiting();
        waiting.add(LAST);
        shutdownSocket();
    }

    /** What the peer did wrong, as far as it is known; {@link Receiver#ended} may be on its way. */
    public @Nullable String fault() {
        return fault;
    }

    /** Waits until both threads are done; false if that takes longer than {@code timeoutMs}. */
    public boolean awaitEnd(long timeoutMs) {
        try {
            return closed.await(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void breakOff(String why) {
        if (!broken) {
            fault = why;
            abort();
        }
    }

    private void deliverAll(Executor executor, Receiver receiver) {
        try {
            receiveAll(executor, receiver);
        } catch (ImsgException e) {
            breakOff(String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            breakOff(String.valueOf(e.getMessage()));
        } finally {
            // Whoever closed its end reads no more either: the writer need not wait. What has
            // been received is still delivered.
            stopSending();
            executor.execute(() -> receiver.ended(fault));
            threadDone();
        }
    }

    private void receiveAll(Executor executor, Receiver receiver) {
        SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);
        byte[] bytes = new byte[Imsg.MAX_BYTES];
        while (!broken) {
            int length = receive(buffer);
            if (length <= 0) {
                return;
            }
            Fd descriptor = buffer.takeDescriptor();
            try {
                if (buffer.truncated()) {
                    throw new ImsgException("message or its descriptors too many");
                }
                MemorySegment.copy(buffer.data(), ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
                Imsg message = opener.open(bytes, length, descriptor == null ? 0 : 1);
                Fd passed = descriptor;
                descriptor = null;
                executor.execute(() -> deliver(receiver, message, passed));
            } finally {
                close(descriptor);
            }
        }
    }

    /**
     * A peer that closes its end with messages unread leaves one ECONNRESET, which the kernel
     * reports before what the peer sent last; that can still be read after it.
     */
    private int receive(SocketMessage buffer) {
        try {
            return buffer.receive(socket, true);
        } catch (PosixException e) {
            if (e.errno() != Errno.ECONNRESET) {
                throw e;
            }
            return buffer.receive(socket, true);
        }
    }

    private void deliver(Receiver receiver, Imsg message, @Nullable Fd descriptor) {
        if (broken) {
            close(descriptor);
            return;
        }
        try {
            receiver.message(message, descriptor);
        } catch (ImsgException e) {
            close(descriptor);
            breakOff(String.valueOf(e.getMessage()));
        }
    }

    private void sendAll() {
        SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);
        try {
            for (Outgoing next = take(); next.message != null; next = take()) {
                send(buffer, next.message, next.descriptor);
            }
            shutdownSocket();
        } catch (PosixException e) {
            // The peer has closed its end. What it sent before can still be read, and is.
            mute = true;
        } finally {
            dropWaiting();
            threadDone();
        }
    }

    private void send(SocketMessage buffer, Imsg message, @Nullable Fd descriptor) {
        try {
            byte[] wire = sender.seal(message);
            MemorySegment.copy(wire, 0, buffer.data(), ValueLayout.JAVA_BYTE, 0, wire.length);
            buffer.send(socket, wire.length, descriptor, true);
        } finally {
            close(descriptor);
        }
    }

    private Outgoing take() {
        while (true) {
            try {
                Outgoing next = waiting.take();
                if (waitingBytes.addAndGet(-next.cost()) <= WAITING_BYTES_MAX / 2) {
                    relieve();
                }
                return next;
            } catch (InterruptedException e) {
                // Nobody interrupts this thread on purpose; it takes again.
                continue;
            }
        }
    }

    private void relieve() {
        synchronized (waiting) {
            waiting.notifyAll();
        }
    }

    private void dropWaiting() {
        mute = true;
        relieve();
        for (Outgoing left = waiting.poll(); left != null; left = waiting.poll()) {
            close(left.descriptor);
        }
    }

    /** The last thread that uses the socket closes it: its number may then mean another file. */
    private void threadDone() {
        if (threads.decrementAndGet() == 0) {
            dropWaiting();
            synchronized (socket) {
                socket.close();
            }
            closed.countDown();
        }
    }

    private void shutdownSocket() {
        synchronized (socket) {
            if (socket.isOpen()) {
                Sockets.shutdown(socket);
            }
        }
    }

    private static void close(@Nullable Fd descriptor) {
        if (descriptor != null) {
            descriptor.close();
        }
    }
}
