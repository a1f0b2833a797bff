package vmd.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.VmmToVm;

/**
 * Takes in the machine that the supervisor sends, part by part in the one order there is, and after
 * that its wishes. Runs on the channel's reading thread.
 */
final class Delivery implements Channel.Receiver {
    private final CompletableFuture<Parts> complete = new CompletableFuture<>();
    private final Wishes wishes;
    private volatile boolean leaving;
    private @Nullable MachineSpec spec;
    private @Nullable Fd kernel;
    private @Nullable Fd initrd;
    private @Nullable Fd kvm;
    private final List<Fd> disks = new ArrayList<>();

    /** A machine, complete. */
    record Parts(
            MachineSpec spec,
            Fd kernel,
            @Nullable Fd initrd,
            List<Fd> disks,
            @Nullable Fd kvm,
            Fd console) {}

    /** What the supervisor may want of a machine that it has delivered. */
    interface Wishes {
        /** Stop in order. */
        void stop();

        /** Stand still, or go on; returns when that is so. */
        void pause(boolean pause);
    }

    Delivery(Wishes wishes) {
        this.wishes = wishes;
    }

    /** The end of the channel is no surprise any more: this process has said why it ends. */
    void leave() {
        leaving = true;
    }

    /** Waits for all parts. */
    Parts await() {
        return complete.join();
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        VmmToVm message = VmmToVm.decode(imsg);
        if (message instanceof VmmToVm.Stop) {
            wishes.stop();
            return;
        }
        if (message instanceof VmmToVm.Pause pause) {
            if (!complete.isDone()) {
                throw new ImsgException("pause before the machine is complete");
            }
            wishes.pause(pause.pause());
            return;
        }
        if (message instanceof VmmToVm.Verbosity verbosity) {
            Log.verbosity(verbosity.level());
            return;
        }
        if (descriptor == null || complete.isDone()) {
            throw new ImsgException("unexpected message");
        }
        switch (message) {
            case VmmToVm.Configure configure -> {
                if (spec != null) {
                    throw new ImsgException("configured twice");
                }
                Log.verbosity(configure.verbosity());
                spec = configure.spec();
                kernel = descriptor;
            }
            case VmmToVm.Initrd _ -> {
                if (spec == null || !spec.initrd() || initrd != null) {
                    throw new ImsgException("unexpected initial ramdisk");
                }
                initrd = descriptor;
            }
            case VmmToVm.Disk disk -> {
                if (spec == null
                        || disk.index() != disks.size()
                        || disk.index() >= spec.disks().size()) {
                    throw new ImsgException("unexpected disk " + disk.index());
                }
                disks.add(descriptor);
            }
            case VmmToVm.Kvm _ -> {
                if (spec == null || spec.engine() != EngineChoice.KVM || kvm != null) {
                    throw new ImsgException("unexpected vmm device");
                }
                kvm = descriptor;
            }
            case VmmToVm.ProbeKvm _ -> throw new ImsgException("this process is no test");
            case VmmToVm.Console _ -> complete.complete(parts(descriptor));
            case VmmToVm.Stop _, VmmToVm.Pause _, VmmToVm.Verbosity _ ->
                    throw new IllegalStateException();
        }
    }

    private Parts parts(Fd console) {
        MachineSpec machine = spec;
        Fd boot = kernel;
        if (machine == null
                || boot == null
                || machine.initrd() != (initrd != null)
                || (machine.engine() == EngineChoice.KVM) != (kvm != null)
                || machine.disks().size() != disks.size()) {
            throw new ImsgException("machine is incomplete");
        }
        return new Parts(machine, boot, initrd, List.copyOf(disks), kvm, console);
    }

    @Override
    public void ended(@Nullable String fault) {
        if (leaving) {
            return;
        }
        // Without a supervisor nobody could stop this machine, show it or reap it.
        if (fault != null) {
            Log.fatal(fault);
        }
        Runtime.getRuntime().halt(fault == null ? 0 : 1);
    }
}
