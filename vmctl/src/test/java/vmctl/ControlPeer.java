package vmctl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import vmd.imsg.Imsg;
import vmd.imsg.StreamDecoder;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;
import vmd.proto.ResetScope;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/**
 * The other end of the control socket, which answers by the machine's name: also what an honest
 * daemon never says.
 */
final class ControlPeer implements AutoCloseable {
    private static final List<VmInfo> MACHINES =
            List.of(
                    new VmInfo(
                            3,
                            4711,
                            1,
                            256L << 20,
                            36_490_445,
                            "/dev/pts/4",
                            0,
                            VmInfo.NO_GROUP,
                            VmState.RUNNING,
                            EngineChoice.SOFT,
                            "web"),
                    new VmInfo(
                            1,
                            0,
                            1,
                            512L << 20,
                            0,
                            "",
                            0,
                            0,
                            VmState.STOPPED,
                            EngineChoice.AUTO,
                            "db"),
                    new VmInfo(
                            -1,
                            99999,
                            1,
                            128L << 30,
                            1L << 30,
                            "/dev/pts/1000",
                            -2,
                            -3,
                            VmState.STOPPING,
                            EngineChoice.KVM,
                            "a-machine.with_a-long-name"));

    private final Fd listener;
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();

    ControlPeer(Path socket) {
        listener = Sockets.bind(socket.toString(), Sockets.SOCK_STREAM);
        Sockets.listen(listener, 5);
        Thread.ofPlatform().daemon().start(this::serve);
    }

    /** What was asked since the last call, a line each. */
    String takeRequests() {
        StringBuilder lines = new StringBuilder();
        for (String request = requests.poll(); request != null; request = requests.poll()) {
            lines.append("< ").append(request).append('\n');
        }
        return lines.toString();
    }

    private void serve() {
        while (true) {
            try (Fd client = Sockets.accept(listener)) {
                if (client != null) {
                    FileIo.blocking(client, true);
                    talk(client);
                }
            } catch (PosixException e) {
                if (e.errno() == Errno.EBADF || e.errno() == Errno.EINVAL) {
                    return;
                }
            }
        }
    }

    private void talk(Fd client) {
        SocketMessage message = new SocketMessage(Imsg.MAX_BYTES);
        StreamDecoder decoder = new StreamDecoder();
        while (true) {
            int count = message.receiveInto(client, 0, decoder.room(), true);
            if (count <= 0) {
                return;
            }
            byte[] bytes = message.data().asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            try (Fd passed = message.takeDescriptor()) {
                String descriptor =
                        passed == null ? "" : " with a file of " + FileIo.stat(passed).size();
                decoder.feed(bytes, count);
                for (Imsg imsg = decoder.next(); imsg != null; imsg = decoder.next()) {
                    ClientRequest request = ClientRequest.decode(imsg);
                    requests.add(request + (imsg.descriptor() ? descriptor : ""));
                    if (!answer(client, message, request)) {
                        return;
                    }
                }
            }
        }
    }

    private static boolean answer(Fd client, SocketMessage message, ClientRequest request) {
        switch (request) {
            case ClientRequest.Info _ -> {
                MACHINES.forEach(vm -> send(client, message, new ClientReply.Info(vm)));
                send(client, message, new ClientReply.InfoEnd());
            }
            case ClientRequest.Start start -> {
                if (start.initrdName() == null) {
                    return started(client, message, start.vm());
                }
            }
            case ClientRequest.StartInitrd _ ->
                    send(client, message, new ClientReply.Started(Outcome.OK, 8, 1, "/dev/pts/8"));
            case ClientRequest.Stop stop -> {
                boolean stopping = stop.vm().name().equals(MACHINES.getLast().name());
                Outcome outcome =
                        stopping && !stop.force()
                                ? Outcome.of(Outcome.EALREADY)
                                : outcome(stop.vm());
                send(client, message, new ClientReply.Stopping(outcome, 3));
                if (outcome.ok() && stop.awaitEnd()) {
                    send(client, message, new ClientReply.Terminated(Outcome.OK, 3));
                }
            }
            case ClientRequest.Wait wait ->
                    send(client, message, new ClientReply.Terminated(outcome(wait.vm()), 3));
            case ClientRequest.Pause pause ->
                    send(client, message, new ClientReply.Paused(outcome(pause.vm()), 3));
            case ClientRequest.Unpause unpause ->
                    send(client, message, new ClientReply.Paused(outcome(unpause.vm()), 3));
            case ClientRequest.Details _ -> lines(client, message, "vmd: pid 1", "vm 3");
            case ClientRequest.Reload reload ->
                    lines(client, message, reload.dryRun() ? "vm \"new\": added" : "x: in words");
            case ClientRequest.Load load -> {
                if (load.path().endsWith("/wrong")) {
                    send(client, message, new ClientReply.Line(load.path() + ":1: syntax error"));
                    send(client, message, new ClientReply.Failed(Outcome.OK));
                } else {
                    lines(client, message);
                }
            }
            case ClientRequest.Reset reset -> {
                if (reset.scope() == ResetScope.SWITCHES) {
                    send(client, message, new ClientReply.Failed(Outcome.of(Outcome.EPERM)));
                } else {
                    lines(client, message);
                }
            }
            case ClientRequest.Verbosity _ -> lines(client, message);
        }
        return true;
    }

    private static void lines(Fd client, SocketMessage message, String... lines) {
        for (String line : lines) {
            send(client, message, new ClientReply.Line(line));
        }
        send(client, message, new ClientReply.Done());
    }

    private static boolean started(Fd client, SocketMessage message, VmRef vm) {
        switch (vm.name()) {
            case "mute" -> {
                return false;
            }
            case "liar" -> send(client, message, new ClientReply.InfoEnd());
            case "garbage" -> sendBytes(client, message, new byte[64]);
            case "denied" -> send(client, message, new ClientReply.Failed(Outcome.of(1)));
            case "failed" -> send(client, message, new ClientReply.Failed(Outcome.OK));
            default ->
                    send(client, message, new ClientReply.Started(outcome(vm), 7, 1, "/dev/pts/7"));
        }
        return true;
    }

    private static Outcome outcome(VmRef vm) {
        return switch (vm.name()) {
            case "busy" -> Outcome.of(Outcome.EALREADY);
            case "nobios" -> Outcome.of(Outcome.BIOS_MISSING);
            case "nocd" -> Outcome.of(Outcome.CDROM_MISSING);
            case "badcd" -> Outcome.of(Outcome.CDROM_INVALID);
            case "notemplate" -> Outcome.of(Outcome.TEMPLATE_INVALID);
            case "known" -> Outcome.of(Outcome.EPROCLIM);
            case "shared" -> Outcome.of(Outcome.EBUSY);
            case "interrupted" -> Outcome.of(Errno.EINTR);
            case "nodisk" -> Outcome.of(Outcome.DISK_MISSING);
            case "locked" -> Outcome.of(Outcome.DISK_MISSING, "x.img: locked by another machine");
            case "badkernel" -> Outcome.of(Outcome.EINVAL, "x: not a kernel");
            case "halted" -> Outcome.of(Outcome.NOT_RUNNING);
            case "unknown" -> Outcome.of(Outcome.ENOENT);
            case "stopped" -> Outcome.of(Outcome.EINVAL);
            default -> Outcome.OK;
        };
    }

    private static void send(Fd client, SocketMessage message, ClientReply reply) {
        sendBytes(client, message, reply.encode(0).encode());
    }

    private static void sendBytes(Fd client, SocketMessage message, byte[] bytes) {
        MemorySegment.copy(bytes, 0, message.data(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        message.send(client, bytes.length, null, true);
    }

    @Override
    public void close() {
        // Wakes the accepting thread, which then finds the listener gone.
        Sockets.shutdown(listener);
    }
}
