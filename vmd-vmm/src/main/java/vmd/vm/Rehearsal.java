package vmd.vm;

import java.util.List;
import vmd.imsg.Channel;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Sockets;
import vmd.posix.Terminals;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;
import vmd.proto.VmToVmm;

/**
 * Does once, while the suite is built, what the process of a machine does, so that the JVM can note
 * which classes that takes (etc/build/archives). It is started by nobody else, holds nothing that a
 * user would not hold, and enters no sandbox: a JVM in ours cannot write its notes.
 */
final class Rehearsal {
    private static final long MEMORY_BYTES = 32 << 20;

    private static final Delivery.Wishes NO_WISHES =
            new Delivery.Wishes() {
                @Override
                public void stop() {}

                @Override
                public void pause(boolean pause) {}
            };

    private Rehearsal() {}

    /** Runs the kernel that the first argument names until it ends. */
    public static void main(String[] args) {
        Log.start("rehearsal", true, 0);
        Sockets.Pair sockets = Sockets.pair(Sockets.SOCK_SEQPACKET);
        Channel supervisor = Channel.towardsChild(sockets.first(), "rehearsal");
        Channel machine = Channel.towardsStarter(sockets.second(), "rehearsal");
        supervisor.start(Runnable::run, new Delivery(NO_WISHES));
        machine.start(Runnable::run, new Delivery(NO_WISHES));
        MachineSpec spec =
                new MachineSpec(
                        1, "rehearsal", MEMORY_BYTES, 1, EngineChoice.SOFT, "", false, List.of());
        Fd kernel = FileIo.open(args[0], FileIo.O_RDONLY);
        Delivery.Parts parts =
                new Delivery.Parts(
                        spec, kernel, null, List.of(), null, Terminals.openPty().master());
        Outcome outcome = new Run().run(parts, engine -> new VmToVmm.Started(engine).encode(0));
        System.exit(outcome.code());
    }
}
