package vmd.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;

class InternalMessagesTest {
    private static final MachineSpec SPEC =
            new MachineSpec(
                    1,
                    "web",
                    64L << 20,
                    1,
                    EngineChoice.SOFT,
                    "console=ttyS0",
                    true,
                    List.of(new MachineSpec.Disk(DiskFormat.RAW, false)),
                    CpuModel.I686);

    /** One direction of one channel: its decoder and an example of each of its messages. */
    record Direction(Function<Imsg, Message> decoder, List<? extends Message> messages) {}

    static List<Direction> directions() {
        return List.of(
                new Direction(ClientRequest::decode, ClientMessagesTest.requests()),
                new Direction(ClientReply::decode, ClientMessagesTest.replies()),
                new Direction(
                        ParentToControl::decode,
                        List.of(
                                new ParentToControl.Configure(1),
                                new ParentToControl.Verbosity(2),
                                new ParentToControl.Reply(new ClientReply.InfoEnd()))),
                new Direction(
                        ControlToParent::decode,
                        List.of(
                                new ControlToParent.Ready(),
                                new ControlToParent.ClientGone(),
                                new ControlToParent.Request(
                                        1000, 100, new ClientRequest.StartInitrd()),
                                new ControlToParent.Request(0, 0, new ClientRequest.Info()))),
                new Direction(
                        ParentToPriv::decode,
                        List.<Message>of(
                                new ParentToPriv.Configure(3), new ParentToPriv.Verbosity(0))),
                new Direction(PrivToParent::decode, List.<Message>of(new PrivToParent.Ready())),
                new Direction(
                        ParentToVmm::decode,
                        List.of(
                                new ParentToVmm.Configure(0),
                                new ParentToVmm.Verbosity(2),
                                new ParentToVmm.StartVm(SPEC),
                                new ParentToVmm.StartInitrd(1),
                                new ParentToVmm.StartDisk(1, 3),
                                new ParentToVmm.StartEnd(1),
                                new ParentToVmm.StopVm(1, true),
                                new ParentToVmm.PauseVm(1, true),
                                new ParentToVmm.ProbeKvm(),
                                new ParentToVmm.StartKvm(1))),
                new Direction(
                        VmmToParent::decode,
                        List.of(
                                new VmmToParent.Ready(),
                                new VmmToParent.VmStarted(1, Outcome.OK, 99, EngineChoice.SOFT),
                                new VmmToParent.VmEnded(1, Outcome.of(Outcome.EAGAIN)),
                                new VmmToParent.VmPaused(1, false),
                                new VmmToParent.KvmProbed(Outcome.OK))),
                new Direction(
                        VmmToVm::decode,
                        List.of(
                                new VmmToVm.Configure(SPEC, 2),
                                new VmmToVm.Verbosity(2),
                                new VmmToVm.Initrd(),
                                new VmmToVm.Disk(0),
                                new VmmToVm.Console(),
                                new VmmToVm.Stop(),
                                new VmmToVm.Pause(true),
                                new VmmToVm.Kvm(),
                                new VmmToVm.ProbeKvm())),
                new Direction(
                        VmToVmm::decode,
                        List.of(
                                new VmToVmm.Started(EngineChoice.KVM),
                                new VmToVmm.Paused(true),
                                new VmToVmm.KvmProbed(Outcome.of(Outcome.ENODEV, "int3")),
                                new VmToVmm.Ended(Outcome.of(Outcome.EIO, "engine failed")))));
    }

    private static Stream<Message> all() {
        return directions().stream().flatMap(direction -> direction.messages().stream());
    }

    @ParameterizedTest
    @MethodSource("directions")
    void messageComesBackAsSent(Direction direction) {
        for (Message message : direction.messages()) {
            assertEquals(message, direction.decoder().apply(message.encode(0)));
        }
    }

    @ParameterizedTest
    @MethodSource("directions")
    void messageOfAnotherDirectionIsRefused(Direction direction) {
        List<Message> foreign = new ArrayList<>(all().toList());
        foreign.removeAll(direction.messages());
        for (Message message : foreign) {
            assertThrows(ImsgException.class, () -> direction.decoder().apply(message.encode(0)));
        }
    }

    @ParameterizedTest
    @MethodSource("directions")
    void wrongNumberOfDescriptorsIsRefused(Direction direction) {
        for (Message message : direction.messages()) {
            Imsg good = message.encode(0);
            Imsg bad = new Imsg(good.type(), !good.descriptor(), 0, 0, good.payload());
            assertThrows(ImsgException.class, () -> direction.decoder().apply(bad));
        }
    }

    @Test
    void everyMessageIsTried() {
        Set<Class<?>> tried = new HashSet<>();
        all().forEach(message -> tried.add(message.getClass()));
        for (Class<?> direction :
                List.of(
                        ClientRequest.class,
                        ClientReply.class,
                        ParentToControl.class,
                        ControlToParent.class,
                        ParentToPriv.class,
                        PrivToParent.class,
                        ParentToVmm.class,
                        VmmToParent.class,
                        VmmToVm.class,
                        VmToVmm.class)) {
            for (Class<?> message : direction.getPermittedSubclasses()) {
                assertEquals(true, tried.contains(message), message.getName());
            }
        }
    }
}
