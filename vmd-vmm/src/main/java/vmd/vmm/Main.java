package vmd.vmm;

import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.EventLoop;
import vmd.imsg.Imsg;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.privsep.ChildProcess;
import vmd.privsep.Installation;
import vmd.privsep.Privileges;
import vmd.privsep.Role;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;
import vmd.proto.ParentToVmm;
import vmd.proto.VmmToParent;
import vmd.sandbox.Births;
import vmd.sandbox.Sandbox;

/** The supervisor's process: between the parent and the processes of the machines. */
public final class Main implements Channel.Receiver {
    private final Channel channel;
    private final Supervisor supervisor;

    private Main(Channel channel, EventLoop loop, Spawner spawner, StartUp startUp) {
        this.channel = channel;
        this.supervisor =
                new Supervisor(
                        loop,
                        spawner,
                        startUp.account(),
                        startUp.foreground(),
                        message -> channel.send(message.encode(0), null));
    }

    public static void main(String[] args) {
        StartUp startUp = ChildProcess.begin(args);
        Sandbox sandbox = Sandbox.of(Role.VMM);
        Channel channel = Channel.towardsStarter(ChildProcess.channel(), startUp.name());
        Installation installation = Installation.current();
        Births births = new Births(installation, startUp.account());
        Spawner spawner = new Spawner(installation, births, Role.VM);
        ChildProcess.closeProgram();
        Privileges.drop(startUp.account());
        sandbox.enter(spawner.descriptors());
        EventLoop loop = new EventLoop();
        channel.start(loop, new Main(channel, loop, spawner, startUp));
        loop.run();
        System.exit(0);
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        ParentToVmm message = ParentToVmm.decode(imsg);
        if (message instanceof ParentToVmm.Configure configure) {
            Log.verbosity(configure.verbosity());
            channel.send(new VmmToParent.Ready().encode(0), null);
        } else {
            supervisor.handle(message, descriptor);
        }
    }

    @Override
    public void ended(@Nullable String fault) {
        if (fault != null) {
            Log.fatal(fault);
        }
        supervisor.end();
    }
}
