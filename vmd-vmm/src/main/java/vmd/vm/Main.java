package vmd.vm;

import java.util.List;
import vmd.imsg.Channel;
import vmd.log.Log;
import vmd.privsep.ChildProcess;
import vmd.privsep.Privileges;
import vmd.privsep.Role;
import vmd.privsep.StartUp;
import vmd.proto.Outcome;
import vmd.proto.VmToVmm;
import vmd.sandbox.Sandbox;

/** The process of one machine. */
public final class Main {
    private static final long FAREWELL_MS = 2_000;

    private Main() {}

    public static void main(String[] args) {
        StartUp startUp = ChildProcess.begin(args);
        Sandbox sandbox = Sandbox.of(Role.VM);
        ChildProcess.closeProgram();
        Channel channel = Channel.towardsStarter(ChildProcess.channel(), startUp.name());
        Privileges.drop(startUp.account());
        sandbox.enter(List.of());
        if (startUp.arguments().contains(KvmProbe.ARGUMENT)) {
            KvmProbe.run(channel);
        }
        Run run = new Run();
        Delivery delivery =
                new Delivery(
                        new Delivery.Wishes() {
                            @Override
                            public void stop() {
                                run.stop();
                            }

                            @Override
                            public void pause(boolean pause) {
                                run.pause(pause);
                                channel.send(new VmToVmm.Paused(pause).encode(0), null);
                            }
                        });
        channel.start(Runnable::run, delivery);
        Outcome outcome =
                run.run(
                        delivery.await(),
                        engine -> channel.send(new VmToVmm.Started(engine).encode(0), null));
        Log.debug("ends with " + outcome.code() + " " + outcome.text());
        delivery.leave();
        channel.send(new VmToVmm.Ended(outcome).encode(0), null);
        channel.close();
        channel.awaitEnd(FAREWELL_MS);
        // The exit status says the same as the message, for a supervisor that missed it.
        Runtime.getRuntime().halt(outcome.code());
    }
}
