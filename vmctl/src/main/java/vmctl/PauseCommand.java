package vmctl;

import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmRef;

/** Halts a machine, or lets it go on. */
final class PauseCommand implements Command {
    private final boolean pause;

    PauseCommand(boolean pause) {
        this.pause = pause;
    }

    @Override
    public String name() {
        return pause ? "pause" : "unpause";
    }

    @Override
    public String syntax() {
        return "id";
    }

    @Override
    public String summary() {
        return pause ? "halt a running machine" : "let a paused machine run on";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        VmRef vm = VmName.parse(Arguments.parse("", words).only());
        try (Daemon daemon = context.connectConfined()) {
            daemon.send(pause ? new ClientRequest.Pause(vm) : new ClientRequest.Unpause(vm));
            if (!(daemon.receive() instanceof ClientReply.Paused paused)) {
                throw new Failure(Daemon.UNEXPECTED);
            }
            if (!paused.outcome().ok()) {
                throw new Failure(name() + " vm command failed: " + paused.outcome().message());
            }
            context.notice(
                    name() + "d vm " + Integer.toUnsignedString(paused.id()) + " successfully");
            return 0;
        }
    }
}
