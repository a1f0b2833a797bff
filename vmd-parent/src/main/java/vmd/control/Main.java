package vmd.control;

import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.privsep.ChildProcess;
import vmd.privsep.Privileges;
import vmd.privsep.Role;
import vmd.privsep.StartUp;
import vmd.proto.ControlToParent;
import vmd.proto.ParentToControl;
import vmd.sandbox.Sandbox;

/** The process of the control socket: holds the clients off the parent. */
public final class Main implements Server.Parent, Channel.Receiver {
    private final Channel channel;
    private final Server server;

    private Main(Channel channel) {
        this.channel = channel;
        this.server = new Server(this);
    }

    public static void main(String[] args) {
        StartUp startUp = ChildProcess.begin(args);
        Sandbox sandbox = Sandbox.of(Role.CONTROL);
        ChildProcess.closeProgram();
        Channel channel = Channel.towardsStarter(ChildProcess.channel(), startUp.name());
        Privileges.drop(startUp.account());
        Main main = new Main(channel);
        sandbox.enter(main.server.descriptors());
        main.run();
    }

    private void run() {
        channel.start(server, this);
        server.run();
    }

    @Override
    public void ended(@Nullable String fault) {
        if (fault != null) {
            fatal(fault);
        }
        System.exit(0);
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        switch (ParentToControl.decode(imsg)) {
            case ParentToControl.Configure configure -> {
                Log.verbosity(configure.verbosity());
                if (descriptor == null) {
                    throw new ImsgException("no listening socket");
                }
                server.listen(descriptor);
                send(new ControlToParent.Ready(), 0, null);
            }
            case ParentToControl.Verbosity verbosity -> Log.verbosity(verbosity.level());
            case ParentToControl.Reply reply -> server.reply(imsg.peerId(), reply.reply());
        }
    }

    @Override
    public void send(ControlToParent message, int client, @Nullable Fd descriptor) {
        channel.send(message.encode(client), descriptor);
    }

    @Override
    public boolean congested() {
        return channel.congested();
    }

    private static void fatal(String what) {
        Log.fatal(what);
        Runtime.getRuntime().halt(1);
    }
}
