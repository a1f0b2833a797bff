package vmd.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;

class ClientMessagesTest {
    private static final ClientRequest.Start FULL_START =
            new ClientRequest.Start(
                    VmRef.byName("web"),
                    256L << 20,
                    2,
                    EngineChoice.SOFT,
                    "/boot/vmlinuz",
                    "/boot/initrd",
                    "console=ttyS0",
                    List.of(
                            new DiskSpec("/d/a.img", DiskFormat.RAW),
                            new DiskSpec("/d/b.img", DiskFormat.AUTO)),
                    "template",
                    "/d/install.iso",
                    BootDevice.CDROM,
                    List.of(new NicSpec(true, ""), new NicSpec(false, "uplink")),
                    CpuModel.V2);

    static List<ClientRequest> requests() {
        return List.of(
                FULL_START,
                ClientRequest.Start.existing(VmRef.byId(7)),
                new ClientRequest.StartInitrd(),
                new ClientRequest.Stop(VmRef.byId(3), true, false),
                new ClientRequest.Wait(VmRef.byName("web")),
                new ClientRequest.Info(),
                new ClientRequest.Pause(VmRef.byName("web")),
                new ClientRequest.Unpause(VmRef.byId(3)),
                new ClientRequest.Details(),
                new ClientRequest.Reload(true),
                new ClientRequest.Load("/etc/other.conf"),
                new ClientRequest.Reset(ResetScope.SWITCHES),
                new ClientRequest.Verbosity(2));
    }

    static List<ClientReply> replies() {
        return List.of(
                new ClientReply.Started(Outcome.OK, 1, 4711, "/dev/pts/4"),
                new ClientReply.Stopping(Outcome.of(Outcome.EALREADY), 2),
                new ClientReply.Terminated(Outcome.of(Outcome.EIO, "engine failed"), 2),
                new ClientReply.Info(
                        new VmInfo(
                                1,
                                4711,
                                1,
                                512L << 20,
                                99,
                                "/dev/pts/4",
                                1000,
                                VmInfo.NO_GROUP,
                                VmState.RUNNING,
                                EngineChoice.SOFT,
                                "web")),
                new ClientReply.InfoEnd(),
                new ClientReply.Paused(Outcome.of(Outcome.EBUSY), 3),
                new ClientReply.Done(),
                new ClientReply.Line("vm.conf:3: syntax error"),
                new ClientReply.Failed(Outcome.of(Outcome.EPERM)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void requestComesBackAsSent(ClientRequest request) {
        assertEquals(request, ClientRequest.decode(request.encode(0)));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void replyComesBackAsSent(ClientReply reply) {
        assertEquals(reply, ClientReply.decode(reply.encode(0)));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void replyIsNoRequest(ClientReply reply) {
        assertThrows(ImsgException.class, () -> ClientRequest.decode(reply.encode(0)));
    }

    @Test
    void descriptorWhereNoneBelongsIsRefused() {
        Imsg info = new ClientRequest.Info().encode(0);
        Imsg lying = new Imsg(info.type(), true, 0, 0, info.payload());
        assertThrows(ImsgException.class, () -> ClientRequest.decode(lying));
    }

    @Test
    void missingDescriptorIsRefused() {
        Imsg start = FULL_START.encode(0);
        Imsg lying = new Imsg(start.type(), false, 0, 0, start.payload());
        assertThrows(ImsgException.class, () -> ClientRequest.decode(lying));
    }

    @Test
    void randomPayloadIsRefusedOrUnderstoodButNeverBreaks() {
        Random random = new Random(42);
        for (int round = 0; round < 20_000; round++) {
            byte[] payload = FULL_START.encode(0).payload();
            for (int k = random.nextInt(4); k >= 0; k--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            Imsg imsg = new Imsg(ClientRequest.Start.TYPE, true, 0, 0, payload);
            try {
                assertEquals(imsg.type(), ClientRequest.decode(imsg).type());
            } catch (ImsgException e) {
                assertEquals(false, e.toString().isEmpty());
            }
        }
    }
}
