package vmctl;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.imsg.StreamDecoder;
import vmd.posix.Fd;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;

/** A connection to the control socket. */
final class Daemon implements AutoCloseable {
    static final String UNEXPECTED = "unexpected response received from vmd";

    private final Wire wire;
    private final StreamDecoder decoder = new StreamDecoder();

    private Daemon(Wire wire) {
        this.wire = wire;
    }

    /**
     * Connects.
     *
     * @param descriptors whether requests will carry descriptors
     */
    static Daemon connect(String path, boolean descriptors) throws Failure {
        try {
            return new Daemon(descriptors ? new DescriptorWire(path) : new ChannelWire(path));
        } catch (IOException e) {
            throw new Failure("connect: " + path + ": " + e.getMessage());
        }
    }

    void send(ClientRequest request) throws Failure {
        send(request, null);
    }

    /** Sends a request, with a copy of {@code passed} if the request carries a descriptor. */
    void send(ClientRequest request, @Nullable Fd passed) throws Failure {
        try {
            wire.write(request.encode(0).encode(), passed);
        } catch (IOException e) {
            throw new Failure("write error: " + e.getMessage());
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
        byte[] bytes = new byte[Math.min(decoder.room(), 4096)];
        int count;
        try {
            count = wire.read(bytes);
        } catch (IOException e) {
            throw new Failure("read error: " + e.getMessage());
        }
        if (count < 0) {
            throw new Failure("pipe closed");
        }
        decoder.feed(bytes, count);
    }

    /** All machines that the daemon knows. */
    List<VmInfo> machines() throws Failure {
        send(new ClientRequest.Info());
        List<VmInfo> machines = new ArrayList<>();
        while (true) {
            // No pattern switch: its first use costs a millisecond of start-up.
            ClientReply reply = receive();
            if (reply instanceof ClientReply.Info info) {
                machines.add(info.vm());
            } else if (reply instanceof ClientReply.InfoEnd) {
                return machines;
            } else {
                throw new Failure(UNEXPECTED);
            }
        }
    }

    /** Asks for something that is done silently, or told in lines. */
    void askForLines(ClientRequest request, Consumer<String> lines) throws Failure {
        send(request);
        ClientReply reply = receive();
        while (reply instanceof ClientReply.Line line) {
            lines.accept(line.text());
            reply = receive();
        }
        if (!(reply instanceof ClientReply.Done)) {
            throw new Failure(UNEXPECTED);
        }
    }

    @Override
    public void close() {
        wire.close();
    }
}
