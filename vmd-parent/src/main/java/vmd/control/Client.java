package vmd.control;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.imsg.StreamDecoder;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;

/**
 * One connection to the control socket. It may have one request under way, until it has read the
 * replies; what it sends beyond that waits in its socket. What it does not read waits here, up to a
 * bound.
 */
final class Client {
    private static final long WAITING_BYTES_MAX = 4L << 20;

    /** What the client may send next. */
    private enum Turn {
        REQUEST,
        INITRD,
        NOTHING
    }

    private final Fd socket;
    private final int number;
    private final Sockets.PeerCredentials peer;
    private final StreamDecoder decoder = new StreamDecoder();
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private int sentOfFirst;
    private @Nullable Fd descriptor;
    private Turn turn = Turn.REQUEST;
    private boolean awaitsEnd;
    private long lastHeardNs = System.nanoTime();

    Client(Fd socket, int number) {
        this.socket = socket;
        this.number = number;
        this.peer = Sockets.peerCredentials(socket);
    }

    /** A request and the descriptor that came with it. */
    record Request(ClientRequest request, @Nullable Fd descriptor) {}

    Fd socket() {
        return socket;
    }

    int number() {
        return number;
    }

    Sockets.PeerCredentials peer() {
        return peer;
    }

    boolean wantsToRead() {
        return mayAsk() && decoder.room() > 0;
    }

    private boolean mayAsk() {
        return turn != Turn.NOTHING && waiting.isEmpty();
    }

    /** What waits for it to read, in bytes of messages. */
    long waitingBytes() {
        return waitingBytes;
    }

    boolean wantsToWrite() {
        return !waiting.isEmpty();
    }

    /**
     * How much harm it would do to turn this connection out if room is needed: 0 if nothing of it
     * is under way, 1 if it keeps us waiting with the rest of a request or does not read, 2 if it
     * waits for us.
     */
    int standing() {
        if (turn == Turn.NOTHING && waiting.isEmpty()) {
            return 2;
        }
        return turn == Turn.REQUEST && waiting.isEmpty() ? 0 : 1;
    }

    long lastHeardNs() {
        return lastHeardNs;
    }

    /** Reads what there is; false at the end of the stream. */
    boolean read(SocketMessage buffer) {
        lastHeardNs = System.nanoTime();
        int length = Math.min(decoder.room(), (int) buffer.data().byteSize());
        int count = buffer.receiveInto(socket, 0, length, false);
        if (count == FileIo.WOULD_BLOCK) {
            return true;
        }
        Fd received = buffer.takeDescriptor();
        if (received != null) {
            if (descriptor != null) {
                received.close();
                throw new ImsgException("descriptor without a message");
            }
            descriptor = received;
        }
        if (buffer.truncated()) {
            throw new ImsgException("more than one descriptor with a message");
        }
        if (count == 0) {
            return false;
        }
        byte[] bytes = buffer.data().asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        decoder.feed(bytes, count);
        return true;
    }

    /** The next request whose turn it is, or null. */
    @Nullable Request next() {
        Imsg imsg = mayAsk() ? decoder.next() : null;
        if (imsg == null) {
            if (descriptor != null && !decoder.midMessage()) {
                throw new ImsgException("descriptor without a message");
            }
            return null;
        }
        if (imsg.descriptor() && descriptor == null) {
            throw new ImsgException("message lacks its descriptor");
        }
        ClientRequest request = ClientRequest.decode(imsg);
        if ((turn == Turn.INITRD) != request instanceof ClientRequest.StartInitrd) {
            throw new ImsgException("message out of order");
        }
        take(request);
        Fd passed = imsg.descriptor() ? descriptor : null;
        if (imsg.descriptor()) {
            descriptor = null;
        }
        return new Request(request, passed);
    }

    private void take(ClientRequest request) {
        turn = Turn.NOTHING;
        awaitsEnd = false;
        switch (request) {
            case ClientRequest.Start start -> {
                if (start.initrdName() != null) {
                    turn = Turn.INITRD;
                }
            }
            case ClientRequest.Stop stop -> awaitsEnd = stop.awaitEnd();
            case ClientRequest.StartInitrd _,
                    ClientRequest.Wait _,
                    ClientRequest.Info _,
                    ClientRequest.Pause _,
                    ClientRequest.Unpause _,
                    ClientRequest.Details _,
                    ClientRequest.Reload _,
                    ClientRequest.Load _,
                    ClientRequest.Reset _,
                    ClientRequest.Verbosity _ -> {}
        }
    }

    /** Queues a reply; false if the client lets too much wait. */
    boolean reply(ClientReply reply) {
        if (completes(reply)) {
            turn = Turn.REQUEST;
        }
        byte[] bytes = reply.encode(0).encode();
        waitingBytes += bytes.length;
        waiting.add(bytes);
        return waitingBytes <= WAITING_BYTES_MAX;
    }

    private boolean completes(ClientReply reply) {
        return switch (reply) {
            case ClientReply.Stopping stopping -> !awaitsEnd || !stopping.outcome().ok();
            case ClientReply.Info _, ClientReply.Line _ -> false;
            case ClientReply.Started _,
                    ClientReply.Terminated _,
                    ClientReply.InfoEnd _,
                    ClientReply.Paused _,
                    ClientReply.Done _,
                    ClientReply.Failed _ ->
                    true;
        };
    }

    /** Sends what the socket takes. */
    void write(SocketMessage buffer) {
        while (true) {
            byte[] first = waiting.peek();
            if (first == null) {
                return;
            }
            int length = first.length - sentOfFirst;
            MemorySegment.copy(first, sentOfFirst, buffer.data(), ValueLayout.JAVA_BYTE, 0, length);
            int sent = buffer.send(socket, length, null, false);
            if (sent == FileIo.WOULD_BLOCK) {
                return;
            }
            sentOfFirst += sent;
            waitingBytes -= sent;
            if (sentOfFirst == first.length) {
                waiting.remove();
                sentOfFirst = 0;
            }
        }
    }

    void close() {
        socket.close();
        if (descriptor != null) {
            descriptor.close();
            descriptor = null;
        }
    }
}
