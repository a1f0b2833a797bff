package vmd.parent;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.conf.Configuration;
import vmd.conf.Owner;
import vmd.conf.SwitchConfig;
import vmd.conf.VmConfig;
import vmd.imsg.EventLoop;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Signals;
import vmd.privsep.Spawner;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.ControlToParent;
import vmd.proto.ParentToControl;
import vmd.proto.ParentToPriv;
import vmd.proto.ParentToVmm;
import vmd.proto.PrivToParent;
import vmd.proto.VmmToParent;
import vmd.sandbox.Sandbox;

/** The parent: starts the fixed children, routes between them, ends everything in order. */
final class Daemon {
    private static final long READY_TIMEOUT_MS = 30_000;

    /**
     * Closing a console's machine side throws away what the user's side has not read yet: whoever
     * is attached gets this long to read a guest's last words.
     */
    private static final long CONSOLE_LINGER_MS = 300;

    private final EventLoop loop = new EventLoop();
    private final Registry registry = new Registry();
    private final InForce inForce;
    private final SocketFile socket;
    private final Children children;
    private final KvmDevice kvm = KvmDevice.open();
    private final Machines machines;
    private final Requests requests;
    private final Batches batches;
    private final Administration administration;
    private final Consumer<@Nullable String> readiness;
    private final int daemonUid = Processes.effectiveUid();
    private final Set<Role> notReady = EnumSet.of(Role.PRIV, Role.CONTROL, Role.VMM);
    private final Set<Integer> starting = new HashSet<>();
    private boolean ending;
    private int exitCode;

    /**
     * @param readiness told once: null when clients can connect, else why they never will
     */
    Daemon(
            Configuration configuration,
            ConfigurationSource source,
            SocketFile socket,
            Spawner spawner,
            ServiceAccount account,
            boolean foreground,
            Consumer<@Nullable String> readiness) {
        this.inForce = new InForce(configuration);
        this.socket = socket;
        this.readiness = readiness;
        this.children = new Children(loop, spawner, account, foreground, this::lost);
        this.machines =
                new Machines(registry, kvm, this::toVmm, this::toClient, this::retire, daemonUid);
        this.batches = new Batches(loop::after, inForce::staggered, this::startWhenKnown);
        Access access = new Access(daemonUid);
        this.administration =
                new Administration(
                        registry,
                        machines,
                        inForce,
                        source,
                        batches,
                        this::toClient,
                        access,
                        new Effects());
        this.requests =
                new Requests(
                        registry,
                        machines,
                        this::toClient,
                        access,
                        inForce::engine,
                        administration);
    }

    private final class Effects implements Administration.Effects {
        @Override
        public Executor loop() {
            return loop;
        }

        @Override
        public void socketOwner(Owner owner) {
            try {
                if (daemonUid == 0) {
                    socket.giveTo(owner);
                }
            } catch (SocketFile.Unusable e) {
                Log.warn(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public Map<String, Integer> processes() {
            Map<String, Integer> processes = new LinkedHashMap<>();
            processes.put(Role.PARENT.label(), (int) ProcessHandle.current().pid());
            children.pids().forEach((role, pid) -> processes.put(role.label(), pid));
            return processes;
        }

        @Override
        public String engine() {
            return kvm.describe();
        }

        @Override
        public void verbosity(int level) {
            Log.verbosity(level);
            children.send(Role.CONTROL, new ParentToControl.Verbosity(level), 0, null);
            children.send(Role.VMM, new ParentToVmm.Verbosity(level), 0, null);
            children.send(Role.PRIV, new ParentToPriv.Verbosity(level), 0, null);
        }
    }

    /** Runs the daemon to its end; the exit code of the process. */
    int run() {
        for (Signals.Name name : List.of(Signals.Name.TERM, Signals.Name.INT)) {
            Signals.on(
                    name,
                    () -> {
                        Log.info("shutting down on SIG" + name);
                        loop.execute(() -> end(0));
                    });
        }
        Signals.on(
                Signals.Name.HUP,
                () -> {
                    Log.info("reload requested with SIGHUP");
                    loop.execute(administration::reload);
                });
        loop.execute(this::begin);
        try {
            loop.run();
        } finally {
            socket.remove();
        }
        Log.info("terminating");
        return exitCode;
    }

    private void begin() {
        for (VmConfig vm : inForce.settings.vms()) {
            registry.add(Definition.of(vm, daemonUid), true);
            String enabled = vm.enabled() ? "enabled" : "disabled";
            Log.debug(vm.position() + ": vm \"" + vm.name() + "\" registered (" + enabled + ")");
        }
        for (SwitchConfig one : inForce.settings.switches()) {
            String what = one.enabled() ? "registered" : "skipped (disabled)";
            Log.debug(one.position() + ": switch \"" + one.name() + "\" " + what);
        }
        children.start(Role.CONTROL, this::fromControl);
        children.start(Role.VMM, this::fromVmm);
        children.start(Role.PRIV, this::fromPriv);
        int verbosity = Log.verbosity();
        Fd listener = socket.listener();
        children.send(Role.CONTROL, new ParentToControl.Configure(verbosity), 0, listener);
        children.send(Role.VMM, new ParentToVmm.Configure(verbosity), 0, null);
        children.send(Role.PRIV, new ParentToPriv.Configure(verbosity), 0, null);
        loop.after(READY_TIMEOUT_MS, this::checkReady);
    }

    private void checkReady() {
        if (!notReady.isEmpty()) {
            lost("children " + notReady + " are not ready after " + READY_TIMEOUT_MS + " ms");
        }
    }

    private void ready(Role role) {
        if (!notReady.remove(role)) {
            throw new ImsgException("ready twice");
        }
        if (!notReady.isEmpty() || ending) {
            return;
        }
        // From now on this process starts no other one.
        Sandbox.confine(Role.PARENT);
        Log.info("startup");
        readiness.accept(null);
        kvm.test(device -> toVmm(new ParentToVmm.ProbeKvm(), device));
        batches.add(
                registry.all().stream().filter(vm -> vm.definition.config().enabled()).toList());
    }

    private void startWhenKnown(Vm vm) {
        kvm.whenKnown(() -> autoStart(vm));
    }

    private void autoStart(Vm vm) {
        try {
            // Somebody may have been faster, or have it forgotten.
            if (!vm.active() && registry.byId(vm.id).equals(Optional.of(vm))) {
                machines.start(vm, null);
            }
        } catch (Refusal e) {
            Log.warn("failed to start vm " + vm.name() + ": " + e.outcome().message());
        }
    }

    private void fromControl(Imsg imsg, @Nullable Fd descriptor) {
        int client = imsg.peerId();
        switch (ControlToParent.decode(imsg)) {
            case ControlToParent.Ready _ -> ready(Role.CONTROL);
            case ControlToParent.Request request -> {
                Runnable action =
                        () -> requests.handle(client, request.uid(), request.request(), descriptor);
                if (kvm.pending() && request.request() instanceof ClientRequest.Start) {
                    starting.add(client);
                }
                inTurn(client, action);
            }
            case ControlToParent.ClientGone _ -> inTurn(client, () -> requests.clientGone(client));
        }
    }

    /** A start waits for the verdict about the vmm device, and what its client says next for it. */
    private void inTurn(int client, Runnable action) {
        if (kvm.pending() && starting.contains(client)) {
            kvm.whenKnown(action);
        } else {
            action.run();
        }
    }

    private void fromVmm(Imsg imsg, @Nullable Fd descriptor) {
        switch (VmmToParent.decode(imsg)) {
            case VmmToParent.Ready _ -> ready(Role.VMM);
            case VmmToParent.VmStarted started -> machines.started(started);
            case VmmToParent.VmEnded ended -> machines.ended(ended);
            case VmmToParent.VmPaused paused -> machines.paused(paused);
            case VmmToParent.KvmProbed probed -> {
                kvm.verdict(probed.verdict());
                starting.clear();
            }
        }
    }

    private void fromPriv(Imsg imsg, @Nullable Fd descriptor) {
        switch (PrivToParent.decode(imsg)) {
            case PrivToParent.Ready _ -> ready(Role.PRIV);
        }
    }

    private void toVmm(ParentToVmm message, @Nullable Fd descriptor) {
        children.send(Role.VMM, message, 0, descriptor);
    }

    private void toClient(int client, ClientReply reply) {
        children.send(Role.CONTROL, new ParentToControl.Reply(reply), client, null);
    }

    private void retire(ConsoleTty console) {
        loop.after(CONSOLE_LINGER_MS, console::close);
    }

    /** Without one of the fixed children the daemon is lame: it ends, in order. */
    private void lost(String what) {
        Log.warn(what);
        end(1);
        readiness.accept(what);
    }

    private void end(int code) {
        if (!ending) {
            ending = true;
            exitCode = code;
            children.end();
        }
    }
}
