package vmctl;

import vmd.proto.ClientRequest;
import vmd.proto.VmRef;

/** Waits for the end of a machine. */
final class WaitCommand implements Command {
    @Override
    public String name() {
        return "wait";
    }

    @Override
    public String syntax() {
        return "id";
    }

    @Override
    public String summary() {
        return "wait until a machine has ended";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        VmRef vm = VmName.parse(Arguments.parse("", words).only());
        try (Daemon daemon = context.connectConfined()) {
            context.say("waiting for vm" + StopCommand.inWords(vm) + ": ");
            daemon.send(new ClientRequest.Wait(vm));
            return StopCommand.awaitEnd(context, daemon) ? 0 : 1;
        }
    }
}
