package vmd.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmRef;

class ClientTest {
    private final Sockets.Pair pair = Sockets.pair(Sockets.SOCK_STREAM);
    private final Client client = new Client(pair.first(), 1);
    private final SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);

    @AfterEach
    void closeBoth() {
        client.close();
        pair.second().close();
    }

    private void send(Imsg imsg, @Nullable Fd descriptor) {
        byte[] bytes = imsg.encode();
        SocketMessage out = new SocketMessage(bytes.length);
        out.data().copyFrom(MemorySegment.ofArray(bytes));
        out.send(pair.second(), bytes.length, descriptor, true);
    }

    private void send(ClientRequest request, @Nullable Fd descriptor) {
        send(request.encode(0), descriptor);
    }

    private static ClientRequest.Start start(@Nullable String kernel, @Nullable String initrd) {
        return new ClientRequest.Start(
                VmRef.byName("x"), 0, 0, null, kernel, initrd, null, List.of());
    }

    private static Fd file() {
        return FileIo.open("/dev/null", FileIo.O_RDONLY);
    }

    @Test
    void secondRequestWaitsUntilTheAnswerToTheFirstIsTaken() {
        send(new ClientRequest.Info(), null);
        send(new ClientRequest.Info(), null);
        assertTrue(client.read(buffer));
        assertNotNull(client.next());
        assertNull(client.next());
        assertFalse(client.wantsToRead());
        client.reply(new ClientReply.InfoEnd());
        assertNull(client.next());
        assertFalse(client.wantsToRead());
        assertEquals(Imsg.HEADER_BYTES, client.waitingBytes());
        client.write(buffer);
        assertEquals(0, client.waitingBytes());
        assertNotNull(client.next());
    }

    @Test
    void stopThatWaitsIsAnsweredTwice() {
        send(new ClientRequest.Stop(VmRef.byId(1), false, true), null);
        client.read(buffer);
        assertNotNull(client.next());
        client.reply(new ClientReply.Stopping(Outcome.OK, 1));
        assertFalse(client.wantsToRead());
        client.reply(new ClientReply.Terminated(Outcome.OK, 1));
        client.write(buffer);
        assertTrue(client.wantsToRead());
    }

    @Test
    void descriptorsStayWithTheirMessages() {
        try (Fd kernel = file();
                Fd initrd = file()) {
            send(start("k", "i"), kernel);
            send(new ClientRequest.StartInitrd(), initrd);
            for (int k = 0; k < 2; k++) {
                client.read(buffer);
                Client.Request request = Objects.requireNonNull(client.next());
                Objects.requireNonNull(request.descriptor()).close();
            }
        }
    }

    @Test
    void initialRamdiskThatNobodyAnnouncedIsRefused() {
        try (Fd initrd = file()) {
            send(new ClientRequest.StartInitrd(), initrd);
            client.read(buffer);
            assertThrows(ImsgException.class, client::next);
        }
    }

    @Test
    void initialRamdiskMustFollowWhereItIsAnnounced() {
        send(start(null, "i"), null);
        send(new ClientRequest.Info(), null);
        client.read(buffer);
        assertNotNull(client.next());
        assertThrows(ImsgException.class, client::next);
    }

    @Test
    void announcedDescriptorThatDoesNotComeIsRefused() {
        send(start("k", null), null);
        client.read(buffer);
        assertThrows(ImsgException.class, client::next);
    }

    @Test
    void descriptorThatNobodyAnnouncedIsRefused() {
        try (Fd stray = file()) {
            send(new ClientRequest.Info(), stray);
            client.read(buffer);
            assertNotNull(client.next());
            client.reply(new ClientReply.InfoEnd());
            assertThrows(ImsgException.class, client::next);
        }
    }

    @Test
    void endOfTheStreamIsSeen() {
        pair.second().close();
        assertFalse(client.read(buffer));
    }

    @Test
    void clientThatDoesNotReadReachesItsBound() {
        boolean within = true;
        int replies = 0;
        String text = "x".repeat(600);
        while (within && replies < 100_000) {
            within = client.reply(new ClientReply.Failed(Outcome.of(1, text)));
            replies++;
        }
        assertFalse(within);
        assertEquals(true, replies > 1000);
    }
}
