package vmctl;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;

/**
 * A connection through the JDK's own socket channel, which cannot pass descriptors. It is there for
 * speed: to link the first native call takes longer than all the rest of {@code vmctl status} (60
 * ms against 40, measured with an ahead-of-time cache on JDK 25).
 */
final class ChannelWire implements Wire {
    private final SocketChannel channel;

    ChannelWire(String path) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    @Override
    public void write(byte[] bytes, @Nullable Fd passed) throws IOException {
        if (passed != null) {
            throw new IllegalArgumentException("a channel passes no descriptor");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    @Override
    public int read(byte[] into) throws IOException {
        return channel.read(ByteBuffer.wrap(into));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // Nothing was left unsaid: every request has had its reply.
            return;
        }
    }
}
