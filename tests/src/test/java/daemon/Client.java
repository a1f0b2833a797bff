package daemon;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.imsg.StreamDecoder;
import vmd.posix.Fd;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;

/** A connection to the control socket. */
final class Client implements AutoCloseable {
    private final Fd socket;
    private final SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);
    private final StreamDecoder decoder = new StreamDecoder();

    Client(Path path) {
        socket = Sockets.connect(path.toString(), Sockets.SOCK_STREAM);
    }

    /** Sends bytes as they are. */
    void raw(byte[] bytes) {
        raw(bytes, null);
    }

    void raw(byte[] bytes, @Nullable Fd descriptor) {
        buffer.data().asSlice(0, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        buffer.send(socket, bytes.length, descriptor, true);
    }

    void send(ClientRequest request) {
        send(request, null);
    }

    void send(ClientRequest request, @Nullable Fd descriptor) {
        byte[] bytes = request.encode(0).encode();
        buffer.data().asSlice(0, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        buffer.send(socket, bytes.length, descriptor, true);
    }

    /** The next reply; null when the daemon has closed the connection. */
    @Nullable ClientReply receive() {
        while (true) {
            Imsg imsg = decoder.next();
            if (imsg != null) {
                return ClientReply.decode(imsg);
            }
            int count = buffer.receiveInto(socket, 0, decoder.room(), true);
            if (count == 0) {
                return null;
            }
            decoder.feed(buffer.data().asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), count);
        }
    }

    /** The next reply, which must be of {@code type}. */
    <R extends ClientReply> R receive(Class<R> type) {
        return Objects.requireNonNull(type.cast(receive()), "the connection was closed");
    }

    ClientReply.Started start(ClientRequest.Start start, @Nullable Fd kernel) {
        send(start, kernel);
        return receive(ClientReply.Started.class);
    }

    List<VmInfo> info() {
        send(new ClientRequest.Info());
        List<VmInfo> rows = new ArrayList<>();
        while (receive() instanceof ClientReply.Info row) {
            rows.add(row.vm());
        }
        return rows;
    }

    @Override
    public void close() {
        socket.close();
    }
}
