package vmd.parent;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.conf.ScaledNumber;
import vmd.conf.Support;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.proto.ClientReply;
import vmd.proto.CpuModel;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;
import vmd.proto.ParentToVmm;
import vmd.proto.VmState;
import vmd.proto.VmmToParent;

/** The lives of the machines: start, reboot, end. Used on the event loop's thread only. */
final class Machines {
    /** A guest that reboots within this time of its last start ... */
    private static final long QUICK_NS = 6_000_000_000L;

    /** ... as often as this in a row is not started again. */
    private static final int QUICK_REBOOTS_MAX = 3;

    /** The way to the supervisor of the machines. */
    interface Supervisor {
        /** Sends a message; the descriptor, if there is one, goes with it. */
        void send(ParentToVmm message, @Nullable Fd descriptor);
    }

    /** The way back to a client; a client that has left hears nothing. */
    interface Clients {
        void reply(int client, ClientReply reply);
    }

    private final Registry registry;
    private final KvmDevice kvm;
    private final Supervisor supervisor;
    private final Clients clients;
    private final Consumer<ConsoleTty> retirement;
    private final int daemonUid;
    private long starts;

    /**
     * @param retirement closes a console that is no longer used
     * @param daemonUid user who runs the daemon
     */
    Machines(
            Registry registry,
            KvmDevice kvm,
            Supervisor supervisor,
            Clients clients,
            Consumer<ConsoleTty> retirement,
            int daemonUid) {
        this.retirement = retirement;
        this.registry = registry;
        this.kvm = kvm;
        this.supervisor = supervisor;
        this.clients = clients;
        this.daemonUid = daemonUid;
    }

    /**
     * Starts a machine that is not active. The client, if there is one, is answered when the start
     * has come to its end.
     */
    void start(Vm vm, @Nullable Integer client) throws Refusal {
        String refusal = Support.refusal(vm.definition.config());
        if (refusal != null) {
            throw new Refusal(Outcome.EINVAL, refusal);
        }
        vm.quickReboots = 0;
        ConsoleTty console = openConsole(vm);
        boolean sent = false;
        try {
            send(vm, console);
            sent = true;
        } finally {
            if (!sent) {
                console.close();
            }
        }
        vm.console = console;
        vm.starter = client;
    }

    private ConsoleTty openConsole(Vm vm) throws Refusal {
        try {
            return ConsoleTty.open(vm.definition, daemonUid);
        } catch (PosixException e) {
            throw new Refusal(e.errno(), "cannot open a terminal: " + e.reason());
        }
    }

    /** Opens the machine's files and sends everything down (reference order of messages). */
    private void send(Vm vm, ConsoleTty console) throws Refusal {
        checkMemory(vm.definition);
        EngineChoice engine = kvm.resolve(choice(vm.definition));
        Images.Taken files;
        MachineSpec spec;
        try (Images images = new Images(vm)) {
            spec = spec(vm, engine, images);
            files = images.take();
        } catch (PosixException e) {
            throw new Refusal(e.errno(), String.valueOf(e.getMessage()));
        }
        supervisor.send(new ParentToVmm.StartVm(spec), files.kernel());
        if (files.initrd() != null) {
            supervisor.send(new ParentToVmm.StartInitrd(vm.id), files.initrd());
        }
        for (int k = 0; k < files.disks().size(); k++) {
            supervisor.send(new ParentToVmm.StartDisk(vm.id, k), files.disks().get(k));
        }
        if (engine == EngineChoice.KVM) {
            supervisor.send(new ParentToVmm.StartKvm(vm.id), kvm.copy());
        }
        supervisor.send(new ParentToVmm.StartEnd(vm.id), console.masterCopy());
        vm.state = VmState.RUNNING;
        vm.startOrder = ++starts;
        vm.starts++;
        vm.lastStartNs = System.nanoTime();
    }

    /** Only {@code soft} can be another processor than the host's. */
    private static EngineChoice choice(Definition definition) throws Refusal {
        EngineChoice wanted = definition.engine();
        if (definition.cpu() == CpuModel.V3) {
            return wanted;
        }
        if (wanted == EngineChoice.KVM) {
            String word = definition.cpu().word();
            throw new Refusal(Outcome.EINVAL, "cpu " + word + " needs engine soft");
        }
        return EngineChoice.SOFT;
    }

    private static MachineSpec spec(Vm vm, EngineChoice engine, Images images) {
        Definition definition = vm.definition;
        return new MachineSpec(
                vm.id,
                definition.name(),
                definition.memoryBytes(),
                definition.vcpus(),
                engine,
                definition.cmdline(),
                images.hasInitrd(),
                images.diskSpecs(),
                definition.cpu());
    }

    private static void checkMemory(Definition definition) throws Refusal {
        long total = HostMemory.totalBytes();
        if (definition.memoryBytes() > total) {
            throw new Refusal(
                    Outcome.ENOMEM,
                    "memory of "
                            + ScaledNumber.format(definition.memoryBytes())
                            + " is more than the host has ("
                            + ScaledNumber.format(total)
                            + ")");
        }
    }

    /** The supervisor's answer to a start. */
    void started(VmmToParent.VmStarted message) {
        Vm vm = active(message.id());
        if (vm.pid != 0) {
            throw new ImsgException("vm " + vm.id + " started twice");
        }
        if (!message.outcome().ok()) {
            Log.warn("failed to start vm " + vm.name() + ": " + message.outcome().message());
            vm.failures++;
            answerStarter(vm, message.outcome());
            terminate(vm, VmState.STOPPED);
            return;
        }
        vm.pid = message.pid();
        vm.engine = message.engine();
        Log.info(
                "started "
                        + vm.name()
                        + " (vm "
                        + vm.id
                        + ") successfully, tty "
                        + ttyPath(vm)
                        + ", engine "
                        + vm.engine.word());
        answerStarter(vm, Outcome.OK);
    }

    private void answerStarter(Vm vm, Outcome outcome) {
        Integer client = vm.starter;
        vm.starter = null;
        if (client != null) {
            String tty = outcome.ok() ? ttyPath(vm) : "";
            clients.reply(client, new ClientReply.Started(outcome, vm.id, vm.pid, tty));
        }
    }

    private static String ttyPath(Vm vm) {
        ConsoleTty console = vm.console;
        return console == null ? "" : console.path();
    }

    /** The end of a machine that had started. */
    void ended(VmmToParent.VmEnded message) {
        Vm vm = active(message.id());
        if (vm.pid == 0) {
            throw new ImsgException("vm " + vm.id + " ended before it started");
        }
        Outcome outcome = message.outcome();
        boolean reboot = outcome.code() == Outcome.EAGAIN && vm.state != VmState.STOPPING;
        vm.pid = 0;
        for (Integer client = vm.pausers.poll(); client != null; client = vm.pausers.poll()) {
            clients.reply(
                    client,
                    new ClientReply.Paused(Outcome.of(Outcome.EINVAL, "the vm has ended"), vm.id));
        }
        if (reboot && restart(vm)) {
            return;
        }
        boolean inOrder =
                outcome.ok() || outcome.code() == Outcome.EAGAIN || vm.state == VmState.STOPPING;
        if (inOrder) {
            String why = outcome.text().isEmpty() ? "" : ": " + outcome.text();
            Log.info(vm.name() + ": terminated vm " + vm.id + why);
        } else {
            Log.warn(vm.name() + ": terminated vm " + vm.id + ": " + outcome.message());
            vm.failures++;
        }
        terminate(vm, inOrder ? VmState.STOPPED : VmState.CRASHED);
    }

    /** Starts a machine again whose guest asked for it; the terminal stays. */
    private boolean restart(Vm vm) {
        boolean quick = System.nanoTime() - vm.lastStartNs < QUICK_NS;
        vm.quickReboots = quick ? vm.quickReboots + 1 : 0;
        ConsoleTty console = vm.console;
        if (vm.quickReboots >= QUICK_REBOOTS_MAX || console == null) {
            Log.warn("vm " + vm.id + " restarted too quickly");
            return false;
        }
        Log.info(vm.name() + ": rebooting vm " + vm.id);
        vm.reboots++;
        try {
            send(vm, console);
            return true;
        } catch (Refusal e) {
            Log.warn("failed to start vm " + vm.name() + ": " + e.outcome().message());
            return false;
        }
    }

    /**
     * Nothing of the machine's process is left: keeps it if vm.conf defines it or if it failed,
     * which its user has to see, else forgets it.
     *
     * @param state the state that it is in from now on
     */
    private void terminate(Vm vm, VmState state) {
        vm.state = state;
        vm.pid = 0;
        vm.engine = vm.definition.engine();
        ConsoleTty console = vm.console;
        vm.console = null;
        if (console != null) {
            retirement.accept(console);
        }
        List<Integer> waiters = new ArrayList<>(vm.waiters);
        vm.waiters.clear();
        for (int client : waiters) {
            clients.reply(client, new ClientReply.Terminated(Outcome.OK, vm.id));
        }
        Definition next = vm.next;
        if (vm.remains()) {
            registry.boundRemains(); // with its kernel: it can be started again
            return;
        }
        vm.closeGiven();
        if (!vm.configured) {
            registry.remove(vm);
        } else if (next != null) {
            registry.replace(vm, next);
        }
    }

    /** Ends all machines and forgets them. */
    void forgetAll() {
        for (Vm vm : registry.all()) {
            vm.configured = false;
            vm.next = null;
            if (vm.active()) {
                vm.state = VmState.STOPPING;
                supervisor.send(new ParentToVmm.StopVm(vm.id, true), null);
            } else {
                vm.state = VmState.STOPPED;
                registry.forget(vm);
            }
        }
    }

    /** The user who runs the daemon. */
    int daemonUid() {
        return daemonUid;
    }

    /** Asks the guest to stop, or with {@code force} ends it; what only remains is forgotten. */
    void stop(Vm vm, boolean force) throws Refusal {
        if (vm.state == VmState.WAITING) {
            vm.state = VmState.STOPPED;
            return;
        }
        if (vm.remains()) {
            registry.forget(vm);
            return;
        }
        if (!vm.active()) {
            throw new Refusal(Outcome.NOT_RUNNING, "");
        }
        if (vm.state == VmState.STOPPING && !force) {
            throw new Refusal(Outcome.EALREADY, "");
        }
        vm.state = VmState.STOPPING;
        supervisor.send(new ParentToVmm.StopVm(vm.id, force), null);
    }

    /** Halts a machine, or lets it go on; the client is answered when that is so. */
    void pause(Vm vm, boolean pause, int client) throws Refusal {
        if (!vm.active() || vm.state == VmState.WAITING) {
            throw new Refusal(Outcome.EINVAL, "vm \"" + vm.name() + "\" is not running");
        }
        if (vm.state == VmState.STOPPING) {
            throw new Refusal(Outcome.EBUSY, "vm \"" + vm.name() + "\" is stopping");
        }
        if (vm.pid == 0) {
            throw new Refusal(Outcome.EBUSY, "vm \"" + vm.name() + "\" is starting");
        }
        vm.pausers.add(client);
        supervisor.send(new ParentToVmm.PauseVm(vm.id, pause), null);
    }

    /** A machine stands still, or goes on: the one who asked is told. */
    void paused(VmmToParent.VmPaused message) {
        Vm vm = active(message.id());
        Integer client = vm.pausers.poll();
        if (client == null) {
            throw new ImsgException("vm " + vm.id + " paused unasked");
        }
        if (vm.state != VmState.STOPPING) {
            vm.state = message.paused() ? VmState.PAUSED : VmState.RUNNING;
            Log.info(
                    vm.name()
                            + (message.paused() ? ": paused vm " : ": unpaused vm ")
                            + vm.id
                            + (message.paused() ? " successfully" : " successfully."));
        }
        clients.reply(client, new ClientReply.Paused(Outcome.OK, vm.id));
    }

    private Vm active(int id) {
        return registry.byId(id)
                .filter(Vm::active)
                .orElseThrow(() -> new ImsgException("message about vm " + id));
    }
}
