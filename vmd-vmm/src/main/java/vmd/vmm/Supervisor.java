package vmd.vmm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.imsg.EventLoop;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;
import vmd.proto.ParentToVmm;
import vmd.proto.VmToVmm;
import vmd.proto.VmmToParent;

/**
 * Starts, watches and reaps the processes of the machines. It hands each what the parent opened for
 * it and keeps nothing. Used on the event loop's thread only.
 */
final class Supervisor {
    private final EventLoop loop;
    private final Spawner spawner;
    private final ServiceAccount account;
    private final boolean foreground;
    private final Consumer<VmmToParent> parent;
    private final Map<Integer, VmProcess> running = new HashMap<>();
    private @Nullable Assembly assembly;
    private @Nullable Probe probe;
    private boolean ending;

    /** A machine whose descriptors are still coming. */
    static final class Assembly {
        final MachineSpec spec;
        final Fd kernel;
        @Nullable Fd initrd;
        @Nullable Fd kvm;
        final List<Fd> disks = new ArrayList<>();

        Assembly(MachineSpec spec, Fd kernel) {
            this.spec = spec;
            this.kernel = kernel;
        }

        void close() {
            kernel.close();
            disks.forEach(Fd::close);
            for (Fd fd : Arrays.asList(initrd, kvm)) {
                if (fd != null) {
                    fd.close();
                }
            }
        }
    }

    Supervisor(
            EventLoop loop,
            Spawner spawner,
            ServiceAccount account,
            boolean foreground,
            Consumer<VmmToParent> parent) {
        this.loop = loop;
        this.spawner = spawner;
        this.account = account;
        this.foreground = foreground;
        this.parent = parent;
    }

    /** Handles a message of the parent; owns the descriptor. */
    void handle(ParentToVmm message, @Nullable Fd descriptor) {
        switch (message) {
            case ParentToVmm.Configure _ -> throw new ImsgException("configured twice");
            case ParentToVmm.StartVm start -> begin(start.spec(), required(descriptor));
            case ParentToVmm.StartInitrd initrd -> {
                Assembly current = assembly(initrd.id());
                if (!current.spec.initrd() || current.initrd != null) {
                    throw new ImsgException("unexpected initial ramdisk");
                }
                current.initrd = required(descriptor);
            }
            case ParentToVmm.StartDisk disk -> {
                Assembly current = assembly(disk.id());
                if (disk.index() != current.disks.size()
                        || disk.index() >= current.spec.disks().size()) {
                    throw new ImsgException("unexpected disk " + disk.index());
                }
                current.disks.add(required(descriptor));
            }
            case ParentToVmm.StartKvm kvm -> {
                Assembly current = assembly(kvm.id());
                if (current.spec.engine() != EngineChoice.KVM || current.kvm != null) {
                    throw new ImsgException("unexpected vmm device");
                }
                current.kvm = required(descriptor);
            }
            case ParentToVmm.ProbeKvm _ -> probe(required(descriptor));
            case ParentToVmm.StartEnd end -> start(end.id(), required(descriptor));
            case ParentToVmm.StopVm stop -> {
                VmProcess vm = running.get(stop.id());
                if (vm != null) {
                    vm.stop(stop.force());
                }
                // Else it has just ended, and the message that says so is under way.
            }
            case ParentToVmm.PauseVm pause -> {
                VmProcess vm = running.get(pause.id());
                if (vm != null) {
                    vm.pause(pause.pause());
                }
            }
            case ParentToVmm.Verbosity verbosity -> {
                Log.verbosity(verbosity.level());
                running.values().forEach(vm -> vm.verbosity(verbosity.level()));
            }
        }
    }

    private static Fd required(@Nullable Fd descriptor) {
        if (descriptor == null) {
            throw new ImsgException("descriptor is missing");
        }
        return descriptor;
    }

    private void begin(MachineSpec spec, Fd kernel) {
        if (assembly != null || running.containsKey(spec.id())) {
            throw new ImsgException("unexpected start of vm " + spec.id());
        }
        assembly = new Assembly(spec, kernel);
    }

    private Assembly assembly(int id) {
        Assembly current = assembly;
        if (current == null || current.spec.id() != id) {
            throw new ImsgException("vm " + id + " is not being started");
        }
        return current;
    }

    private void start(int id, Fd console) {
        Assembly parts = assembly(id);
        MachineSpec spec = parts.spec;
        if (parts.disks.size() != spec.disks().size()
                || (parts.initrd != null) != spec.initrd()
                || (parts.kvm != null) != (spec.engine() == EngineChoice.KVM)) {
            throw new ImsgException("vm " + id + " is incomplete");
        }
        assembly = null;
        Spawner.Child child;
        try {
            child = spawn("vm/" + spec.name(), List.of());
        } catch (PosixException e) {
            Log.warn("cannot start the process of vm " + spec.name(), e);
            parts.close();
            console.close();
            report(id, Outcome.of(e.errno(), String.valueOf(e.getMessage())), 0);
            return;
        }
        VmProcess vm = new VmProcess(this, loop, child, spec);
        running.put(id, vm);
        vm.begin(parts, console);
    }

    private Spawner.Child spawn(String name, List<String> arguments) {
        return spawner.start(
                Role.VM, new StartUp(name, account, foreground, Log.verbosity(), arguments));
    }

    /** Has a process of its own try the kernel's vmm device, which may take any turn. */
    private void probe(Fd kvm) {
        if (probe != null) {
            throw new ImsgException("one test of the vmm device at a time");
        }
        Spawner.Child child;
        try {
            child = spawn(Probe.NAME, List.of(Probe.ARGUMENT));
        } catch (PosixException e) {
            kvm.close();
            probed(Outcome.of(e.errno(), String.valueOf(e.getMessage())));
            return;
        }
        probe = new Probe(loop, child, this::probed);
        probe.begin(kvm);
    }

    private void probed(Outcome verdict) {
        probe = null;
        parent.accept(new VmmToParent.KvmProbed(verdict));
        stopWhenEmpty();
    }

    private void report(int id, Outcome outcome, int pid) {
        parent.accept(new VmmToParent.VmStarted(id, outcome, pid, EngineChoice.AUTO));
    }

    /** The machine runs. */
    void started(VmProcess vm, VmToVmm.Started message) {
        parent.accept(new VmmToParent.VmStarted(vm.id(), Outcome.OK, vm.pid(), message.engine()));
    }

    /** The machine stands still, or goes on. */
    void paused(VmProcess vm, boolean paused) {
        parent.accept(new VmmToParent.VmPaused(vm.id(), paused));
    }

    /** The process of a machine is reaped; {@code outcome} says how it ended. */
    void ended(VmProcess vm, Outcome outcome, boolean hadStarted) {
        running.remove(vm.id());
        if (hadStarted) {
            parent.accept(new VmmToParent.VmEnded(vm.id(), outcome));
        } else {
            report(vm.id(), outcome, 0);
        }
        stopWhenEmpty();
    }

    /** Ends all machines at once, and the loop when the last one is reaped. */
    void end() {
        ending = true;
        running.values().forEach(vm -> vm.stop(true));
        if (probe != null) {
            probe.kill();
        }
        stopWhenEmpty();
    }

    private void stopWhenEmpty() {
        if (ending && running.isEmpty() && probe == null) {
            loop.stop();
        }
    }
}
