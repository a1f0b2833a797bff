package vmctl;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;

/** A connection that can pass descriptors. */
final class DescriptorWire implements Wire {
    private final Fd socket;
    private final SocketMessage message = new SocketMessage(Imsg.MAX_BYTES);

    DescriptorWire(String path) throws IOException {
        try {
            socket = Sockets.connect(path, Sockets.SOCK_STREAM);
        } catch (PosixException e) {
            throw new IOException(e.reason(), e);
        }
    }

    @Override
    public void write(byte[] bytes, @Nullable Fd passed) throws IOException {
        MemorySegment data = message.data();
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        try {
            int sent = message.send(socket, bytes.length, passed, true);
            while (sent < bytes.length) {
                sent += message.sendFrom(socket, sent, bytes.length - sent, null, true);
            }
        } catch (PosixException e) {
            throw new IOException(e.reason(), e);
        }
    }

    @Override
    public int read(byte[] into) throws IOException {
        int count;
        try {
            count = message.receiveInto(socket, 0, Math.min(into.length, Imsg.MAX_BYTES), true);
        } catch (PosixException e) {
            throw new IOException(e.reason(), e);
        }
        // No reply brings a descriptor.
        message.discardDescriptor();
        if (count <= 0) {
            return -1;
        }
        MemorySegment.copy(message.data(), ValueLayout.JAVA_BYTE, 0, into, 0, count);
        return count;
    }

    @Override
    public void close() {
        socket.close();
    }
}
