package vmctl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.imsg.StreamDecoder;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;

/** A connection to the control socket. */
final class Daemon implements AutoCloseable {
    static final String UNEXPECTED = "unexpected response received from vmd";

    private final Fd socket;
    private final SocketMessage message = new SocketMessage(Imsg.MAX_BYTES);
    private final StreamDecoder decoder = new StreamDecoder();
    private byte[] received = new byte[0];

    private Daemon(Fd socket) {
        this.socket = socket;
    }

    static Daemon connect(String path) throws Failure {
        try {
            return new Daemon(Sockets.connect(path, Sockets.SOCK_STREAM));
        } catch (PosixException e) {
            throw new Failure("connect: " + path + ": " + e.reason());
        }
    }

    void send(ClientRequest request) throws Failure {
        send(request, null);
    }

    /** Sends a request, with a copy of {@code passed} if the request carries a descriptor. */
    void send(ClientRequest request, @Nullable Fd passed) throws Failure {
        byte[] bytes = request.encode(0).encode();
        MemorySegment data = message.data();
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        try {
            int sent = message.send(socket, bytes.length, passed, true);
            while (sent < bytes.length) {
                sent += message.sendFrom(socket, sent, bytes.length - sent, null, true);
            }
        } catch (PosixException e) {
            throw new Failure("write error: " + e.reason());
        }
    }

    /** The next reply; that the request as such was refused is a failure. */
    ClientReply receive() throws Failure {
        try {
            Imsg next = decoder.next();
            while (next == null) {
                fill();
                next = decoder.next();
            }
            ClientReply reply = ClientReply.decode(next);
            if (reply instanceof ClientReply.Failed failed) {
                boolean silent = failed.outcome().code() == 0 && failed.outcome().text().isEmpty();
                throw new Failure(
                        "command failed" + (silent ? "" : ": " + failed.outcome().message()));
            }
            return reply;
        } catch (ImsgException _) {
            throw new Failure(UNEXPECTED);
        }
    }

    private void fill() throws Failure {
        int room = decoder.room();
        int count;
        try {
            count = message.receiveInto(socket, 0, room, true);
        } catch (PosixException e) {
            throw new Failure("read error: " + e.reason());
        }
        message.discardDescriptor();
        if (count <= 0) {
            throw new Failure("pipe closed");
        }
        if (received.length < count) {
            received = new byte[Imsg.MAX_BYTES];
        }
        MemorySegment.copy(message.data(), ValueLayout.JAVA_BYTE, 0, received, 0, count);
        decoder.feed(received, count);
    }

    /** All machines that the daemon knows. */
    List<VmInfo> machines() throws Failure {
        send(new ClientRequest.Info());
        List<VmInfo> machines = new ArrayList<>();
        while (true) {
            switch (receive()) {
                case ClientReply.Info info -> machines.add(info.vm());
                case ClientReply.InfoEnd _ -> {
                    return machines;
                }
                default -> throw new Failure(UNEXPECTED);
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
