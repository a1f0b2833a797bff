package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketsTest {
    private static int put(SocketMessage message, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, message.data(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        return bytes.length;
    }

    private static String text(SocketMessage message, int length) {
        byte[] bytes = message.data().asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long openDescriptors() throws Exception {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        }
    }

    @Test
    void packetsKeepTheirBoundariesAndDescriptorsTheirPacket(@TempDir Path folder)
            throws Exception {
        Path file = folder.resolve("passed");
        Files.writeString(file, "content");
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        SocketMessage message = new SocketMessage(64);
        try (Fd a = pair.first();
                Fd b = pair.second();
                Fd passed = FileIo.open(file.toString(), FileIo.O_RDONLY)) {
            assertEquals(3, message.send(a, put(message, "one"), null, false));
            assertEquals(4, message.send(a, put(message, "four"), passed, false));
            Files.delete(file);

            assertEquals("one", text(message, message.receive(b, false)));
            assertNull(message.takeDescriptor());
            assertEquals("four", text(message, message.receive(b, false)));
            assertFalse(message.truncated());
            Fd received = message.takeDescriptor();
            assertNotNull(received);
            try (received;
                    Arena arena = Arena.ofConfined()) {
                MemorySegment back = arena.allocate(7);
                assertEquals(7, FileIo.preadFully(received, back, 0));
                String fdinfo = Files.readString(Path.of("/proc/self/fdinfo/" + received.number()));
                assertTrue(fdinfo.contains("02"), "close-on-exec: " + fdinfo);
            }
            assertEquals(FileIo.WOULD_BLOCK, message.receive(b, false));
            Sockets.shutdown(a);
            assertEquals(0, message.receive(b, true));
            PosixException e =
                    assertThrows(PosixException.class, () -> message.send(b, 1, null, true));
            assertEquals(Errno.EPIPE, e.errno());
        }
    }

    @Test
    void secondDescriptorIsDroppedAndReported() throws Exception {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        try (Fd a = pair.first();
                Fd b = pair.second();
                Fd passed = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            long before = openDescriptors();
            TwoDescriptors.send(a, passed);
            SocketMessage message = new SocketMessage(64);
            assertEquals(1, message.receive(b, false));
            assertTrue(message.truncated());
            message.discardDescriptor();
            assertEquals(before, openDescriptors());
        }
    }

    @Test
    void descriptorNobodyTookIsClosedByTheNextReceive() throws Exception {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_STREAM);
        SocketMessage message = new SocketMessage(8);
        try (Fd a = pair.first();
                Fd b = pair.second()) {
            long before = openDescriptors();
            message.send(a, 1, a, true);
            assertEquals(1, message.receive(b, true));
            assertEquals(before + 1, openDescriptors());
            assertEquals(FileIo.WOULD_BLOCK, message.receive(b, false));
            assertEquals(before, openDescriptors());
        }
    }

    @Test
    void longPacketIsReportedAsTruncated() {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_SEQPACKET);
        SocketMessage large = new SocketMessage(64);
        SocketMessage small = new SocketMessage(16);
        try (Fd a = pair.first();
                Fd b = pair.second()) {
            large.send(a, 64, null, true);
            assertEquals(16, small.receive(b, true));
            assertTrue(small.truncated());
        }
    }

    @Test
    void connectionKnowsItsPeer(@TempDir Path folder) {
        String path = folder.resolve("socket").toString();
        try (Fd listener = Sockets.bind(path, Sockets.SOCK_STREAM)) {
            FileIo.blocking(listener, false);
            Sockets.listen(listener, 4);
            assertNull(Sockets.accept(listener));
            try (Fd client = Sockets.connect(path, Sockets.SOCK_STREAM);
                    Fd server = Sockets.accept(listener)) {
                assertNotNull(server);
                Sockets.PeerCredentials peer = Sockets.peerCredentials(server);
                assertEquals(Processes.pid(), peer.pid());
                assertEquals(Processes.uid(), peer.uid());
                assertEquals(Processes.gid(), peer.gid());
                assertTrue(client.isOpen());
            }
            PosixException e =
                    assertThrows(
                            PosixException.class, () -> Sockets.bind(path, Sockets.SOCK_STREAM));
            assertEquals(Errno.EADDRINUSE, e.errno());
        }
    }

    @Test
    void pathThatDoesNotFitIsRefused() {
        String path = "/tmp/" + "x".repeat(103);
        PosixException e =
                assertThrows(
                        PosixException.class, () -> Sockets.connect(path, Sockets.SOCK_STREAM));
        assertEquals(Errno.ENAMETOOLONG, e.errno());
        for (String bad : List.of("", "a\0b")) {
            assertThrows(PosixException.class, () -> Sockets.connect(bad, Sockets.SOCK_STREAM));
        }
    }

    /** What a hostile peer does and {@link SocketMessage} cannot: two descriptors at once. */
    private static final class TwoDescriptors {
        static void send(Fd socket, Fd passed) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment all = arena.allocate(128, 8);
                all.set(ValueLayout.JAVA_LONG, 16, all.address() + 56);
                all.set(ValueLayout.JAVA_LONG, 24, 1);
                all.set(ValueLayout.JAVA_LONG, 32, all.address() + 72);
                all.set(ValueLayout.JAVA_LONG, 40, 24);
                all.set(ValueLayout.JAVA_LONG, 56, all.address() + 96);
                all.set(ValueLayout.JAVA_LONG, 64, 1);
                all.set(ValueLayout.JAVA_LONG, 72, 24);
                all.set(ValueLayout.JAVA_INT, 80, 1);
                all.set(ValueLayout.JAVA_INT, 84, 1);
                all.set(ValueLayout.JAVA_INT, 88, passed.number());
                all.set(ValueLayout.JAVA_INT, 92, passed.number());
                CLibrary.check(
                        "sendmsg",
                        CLibrary.call(CLibrary.buffer("sendmsg"), socket.number(), all, 0, 0));
            }
        }
    }
}
