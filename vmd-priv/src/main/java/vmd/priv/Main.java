package vmd.priv;

import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.EventLoop;
import vmd.imsg.Imsg;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.privsep.ChildProcess;
import vmd.privsep.Role;
import vmd.privsep.StartUp;
import vmd.proto.ParentToPriv;
import vmd.proto.PrivToParent;
import vmd.sandbox.Sandbox;

/**
 * The process that keeps root for network set-up. It does what the messages of {@link ParentToPriv}
 * say and nothing else: each has its own validator, and a message that is not understood ends the
 * process.
 */
public final class Main implements Channel.Receiver {
    private final Channel channel;

    private Main(Channel channel) {
        this.channel = channel;
    }

    public static void main(String[] args) {
        StartUp startUp = ChildProcess.begin(args);
        Sandbox sandbox = Sandbox.of(Role.PRIV);
        ChildProcess.closeProgram();
        Channel channel = Channel.towardsStarter(ChildProcess.channel(), startUp.name());
        sandbox.enter(List.of());
        EventLoop loop = new EventLoop();
        channel.start(loop, new Main(channel));
        loop.run();
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        switch (ParentToPriv.decode(imsg)) {
            case ParentToPriv.Configure configure -> {
                Log.verbosity(configure.verbosity());
                channel.send(new PrivToParent.Ready().encode(0), null);
            }
            case ParentToPriv.Verbosity verbosity -> Log.verbosity(verbosity.level());
        }
    }

    @Override
    public void ended(@Nullable String fault) {
        if (fault != null) {
            Log.fatal(fault);
            Runtime.getRuntime().halt(1);
        }
        System.exit(0);
    }
}
