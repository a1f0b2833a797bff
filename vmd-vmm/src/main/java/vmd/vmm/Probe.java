package vmd.vmm;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.EventLoop;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.privsep.ExitWatch;
import vmd.privsep.Spawner;
import vmd.proto.Outcome;
import vmd.proto.VmToVmm;
import vmd.proto.VmmToVm;

/**
 * The process that tries the kernel's vmm device, as its supervisor sees it. Whatever becomes of
 * the process, there is exactly one verdict, and it is good only if the process said so and then
 * ended in order.
 */
final class Probe implements Channel.Receiver {
    /** What the process is called, and the word that tells it what it is for. */
    static final String NAME = "vm/kvm self-test";

    static final String ARGUMENT = "probe";

    /** The test itself gives up much earlier; a kernel that does not return is not waited for. */
    private static final long TIMEOUT_MS = 5_000;

    private final EventLoop loop;
    private final int pid;
    private final Channel channel;
    private final Consumer<Outcome> verdict;
    private @Nullable Outcome said;
    private Processes.@Nullable Exit exit;
    private boolean channelEnded;
    private boolean timedOut;
    private boolean told;

    Probe(EventLoop loop, Spawner.Child child, Consumer<Outcome> verdict) {
        this.loop = loop;
        this.pid = child.pid();
        this.channel = Channel.towardsChild(child.channel(), child.name());
        this.verdict = verdict;
    }

    /** Hands the device over. */
    void begin(Fd kvm) {
        channel.start(loop, this);
        ExitWatch.start(pid, "kvm self-test", loop, this::exited);
        channel.send(new VmmToVm.ProbeKvm().encode(0), kvm);
        loop.after(TIMEOUT_MS, this::giveUp);
    }

    private void giveUp() {
        if (!told) {
            timedOut = true;
            kill();
        }
    }

    /** Ends the process; the verdict follows. */
    void kill() {
        if (exit == null) {
            Processes.kill(pid, Processes.SIGKILL);
        }
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        if (!(VmToVmm.decode(imsg) instanceof VmToVmm.KvmProbed message) || said != null) {
            throw new ImsgException("unexpected message");
        }
        said = message.verdict();
    }

    @Override
    public void ended(@Nullable String fault) {
        channelEnded = true;
        if (fault != null) {
            Log.warn("kvm self-test: " + fault);
            said = Outcome.of(Outcome.ENODEV, "its self-test broke the protocol");
            kill();
        }
        finishIfGone();
    }

    private void exited(Processes.Exit status) {
        exit = status;
        finishIfGone();
    }

    private void finishIfGone() {
        Processes.Exit status = exit;
        if (status == null || !channelEnded || told) {
            return;
        }
        told = true;
        verdict.accept(outcome(status));
    }

    private Outcome outcome(Processes.Exit status) {
        Outcome heard = said;
        if (timedOut) {
            return Outcome.of(
                    Outcome.ENODEV, "its self-test did not end within " + TIMEOUT_MS + " ms");
        }
        if (status.signal() != 0) {
            return Outcome.of(
                    Outcome.ENODEV, "its self-test was ended by signal " + status.signal());
        }
        if (heard == null || !status.normal()) {
            return Outcome.of(Outcome.ENODEV, "its self-test ended with status " + status.code());
        }
        return heard;
    }
}
