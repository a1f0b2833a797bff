package vmd.vmm;

import java.util.ArrayDeque;
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
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;
import vmd.proto.VmToVmm;
import vmd.proto.VmmToVm;

/** The process of one machine as its supervisor sees it. */
final class VmProcess implements Channel.Receiver {
    /** A process that has not said by then that its machine runs will not. */
    private static final long START_TIMEOUT_MS = 60_000;

    private final Supervisor supervisor;
    private final EventLoop loop;
    private final MachineSpec spec;
    private final int pid;
    private final Channel channel;
    private final ArrayDeque<VmToVmm.Paused> pauses = new ArrayDeque<>();
    private boolean started;
    private boolean stopAsked;
    private boolean gone;

    /** What the process said before it ended. */
    private @Nullable Outcome farewell;

    /** Why we ended it. */
    private @Nullable Outcome killedFor;

    private Processes.@Nullable Exit exit;
    private boolean channelEnded;

    VmProcess(Supervisor supervisor, EventLoop loop, Spawner.Child child, MachineSpec spec) {
        this.supervisor = supervisor;
        this.loop = loop;
        this.spec = spec;
        this.pid = child.pid();
        this.channel = Channel.towardsChild(child.channel(), child.name());
    }

    int id() {
        return spec.id();
    }

    int pid() {
        return pid;
    }

    /** Watches the process and hands it its machine; the descriptors go with it. */
    void begin(Supervisor.Assembly parts, Fd console) {
        channel.start(loop, this);
        ExitWatch.start(pid, "vm " + spec.id(), loop, this::exited);
        send(new VmmToVm.Configure(spec, Log.verbosity()), parts.kernel);
        if (parts.initrd != null) {
            send(new VmmToVm.Initrd(), parts.initrd);
        }
        for (int k = 0; k < parts.disks.size(); k++) {
            send(new VmmToVm.Disk(k), parts.disks.get(k));
        }
        if (parts.kvm != null) {
            send(new VmmToVm.Kvm(), parts.kvm);
        }
        send(new VmmToVm.Console(), console);
        loop.after(START_TIMEOUT_MS, this::checkStarted);
    }

    private void send(VmmToVm message, @Nullable Fd descriptor) {
        channel.send(message.encode(0), descriptor);
    }

    private void checkStarted() {
        if (!started && !gone) {
            kill(Outcome.of(Outcome.EIO, "the machine does not start"));
        }
    }

    /** Asks the machine to stop, or with {@code force} ends its process. */
    void stop(boolean force) {
        stopAsked = true;
        if (force) {
            kill(Outcome.OK);
        } else {
            send(new VmmToVm.Stop(), null);
        }
    }

    /** Has the machine stand still, or go on. */
    void pause(boolean pause) {
        pauses.add(new VmToVmm.Paused(pause));
        send(new VmmToVm.Pause(pause), null);
    }

    /** Has it log that much. */
    void verbosity(int level) {
        send(new VmmToVm.Verbosity(level), null);
    }

    private void kill(Outcome why) {
        if (killedFor == null) {
            killedFor = why;
        }
        if (exit == null) {
            Processes.kill(pid, Processes.SIGKILL);
        }
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        switch (VmToVmm.decode(imsg)) {
            case VmToVmm.Started message -> {
                if (started || farewell != null) {
                    throw new ImsgException("started twice");
                }
                started = true;
                supervisor.started(this, message);
            }
            case VmToVmm.Paused message -> {
                if (!message.equals(pauses.poll())) {
                    throw new ImsgException("paused unasked");
                }
                supervisor.paused(this, message.paused());
            }
            case VmToVmm.Ended message -> farewell = message.outcome();
            case VmToVmm.KvmProbed _ -> throw new ImsgException("a machine is no test");
        }
    }

    @Override
    public void ended(@Nullable String fault) {
        channelEnded = true;
        if (fault != null) {
            Log.warn("vm " + spec.name() + ": " + fault);
            kill(Outcome.of(Outcome.EIO, "its process broke the protocol: " + fault));
        }
        finishIfGone();
    }

    private void exited(Processes.Exit status) {
        exit = status;
        // What the process said last may still be in the channel, whose end then follows.
        finishIfGone();
    }

    private void finishIfGone() {
        Processes.Exit status = exit;
        if (status == null || !channelEnded || gone) {
            return;
        }
        gone = true;
        Outcome outcome = outcome(status);
        Log.debug("vm " + spec.name() + ": " + status + ", said " + farewell + ": " + outcome);
        boolean reboot = outcome.code() == Outcome.EAGAIN;
        supervisor.ended(this, reboot && stopAsked ? Outcome.OK : outcome, started);
    }

    /** How the process ended: what we did, what it said, else what its exit status says. */
    private Outcome outcome(Processes.Exit status) {
        if (killedFor != null) {
            return started || !killedFor.ok()
                    ? killedFor
                    : Outcome.of(Outcome.EIO, "stopped before it ran");
        }
        if (status.signal() != 0) {
            return Outcome.of(Outcome.EIO, "its process was ended by signal " + status.signal());
        }
        Outcome said = farewell;
        if (said != null && said.code() == status.code()) {
            return said;
        }
        if (status.code() == 0 && !started) {
            return Outcome.of(Outcome.EIO, "its process ended before it ran");
        }
        // Without a word only the status of a reboot means something: the others are also those of
        // a Java virtual machine that could not go on.
        return status.code() == Outcome.EAGAIN
                ? Outcome.of(Outcome.EAGAIN)
                : Outcome.of(Outcome.EIO, "its process ended with status " + status.code());
    }
}
