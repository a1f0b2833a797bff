package vmd.parent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import vmd.conf.Instances;
import vmd.conf.Owner;
import vmd.conf.VmConfig;
import vmd.conf.VmLimits;
import vmd.conf.VmOptions;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;
import vmd.proto.Limits;
import vmd.proto.Outcome;
import vmd.proto.VmRef;

/** Carries out what clients ask. Used on the event loop's thread only. */
final class Requests {
    private final Registry registry;
    private final Machines machines;
    private final Machines.Clients clients;
    private final Access access;
    private final Supplier<EngineChoice> defaultEngine;
    private final Administration administration;
    private final Map<Integer, PendingStart> pending = new HashMap<>();

    /** A start whose initial ramdisk has still to come. */
    private record PendingStart(ClientRequest.Start start, @Nullable Fd kernel) {}

    Requests(
            Registry registry,
            Machines machines,
            Machines.Clients clients,
            Access access,
            Supplier<EngineChoice> defaultEngine,
            Administration administration) {
        this.registry = registry;
        this.machines = machines;
        this.clients = clients;
        this.access = access;
        this.defaultEngine = defaultEngine;
        this.administration = administration;
    }

    /** Handles one request of {@code client}, who is {@code uid}; owns the descriptor. */
    void handle(int client, int uid, ClientRequest request, @Nullable Fd descriptor) {
        if (pending.containsKey(client) != request instanceof ClientRequest.StartInitrd) {
            throw new ImsgException("initial ramdisk out of order");
        }
        switch (request) {
            case ClientRequest.Start start -> {
                if (start.initrdName() == null) {
                    start(client, uid, start, descriptor, null);
                } else {
                    pending.put(client, new PendingStart(start, descriptor));
                }
            }
            case ClientRequest.StartInitrd _ -> {
                PendingStart first = pending.remove(client);
                if (first != null) {
                    start(client, uid, first.start, first.kernel, descriptor);
                }
            }
            case ClientRequest.Stop stop -> stop(client, uid, stop);
            case ClientRequest.Wait wait -> await(client, uid, wait);
            case ClientRequest.Info _ -> info(client);
            case ClientRequest.Pause pause -> pause(client, uid, pause.vm(), true);
            case ClientRequest.Unpause unpause -> pause(client, uid, unpause.vm(), false);
            case ClientRequest.Details _,
                    ClientRequest.Reload _,
                    ClientRequest.Load _,
                    ClientRequest.Reset _,
                    ClientRequest.Verbosity _ ->
                    administration.handle(client, uid, request);
        }
    }

    /** The client has left: nobody waits for answers any more. */
    void clientGone(int client) {
        PendingStart start = pending.remove(client);
        if (start != null && start.kernel != null) {
            start.kernel.close();
        }
        for (Vm vm : registry.all()) {
            vm.waiters.remove((Integer) client);
            if (vm.starter != null && vm.starter == client) {
                vm.starter = null;
            }
        }
    }

    private void start(
            int client,
            int uid,
            ClientRequest.Start start,
            @Nullable Fd kernel,
            @Nullable Fd initrd) {
        Vm vm = null;
        boolean given = false;
        try {
            if (kernel != null) {
                Images.checkRegular("kernel", String.valueOf(start.kernelName()), kernel);
            }
            if (initrd != null) {
                Images.checkRegular("initrd", String.valueOf(start.initrdName()), initrd);
            }
            vm = machineFor(start, uid);
            // Else an instance may have those of its template.
            vm.kernel = kernel == null ? vm.kernel : kernel;
            vm.initrd = initrd == null ? vm.initrd : initrd;
            given = true;
            machines.start(vm, client);
        } catch (Refusal e) {
            Log.info("vm " + describe(start.vm()) + " not started: " + e.outcome().message());
            int id = vm == null ? 0 : vm.id;
            if (given && vm != null) {
                forget(vm);
            } else {
                close(kernel);
                close(initrd);
            }
            clients.reply(client, new ClientReply.Started(e.outcome(), id, 0, ""));
        }
    }

    private void forget(Vm vm) {
        if (vm.remains()) {
            return; // it could not be started again, and its user still has to see it
        }
        vm.closeGiven();
        if (!vm.configured) {
            registry.remove(vm);
        }
    }

    private static void close(@Nullable Fd fd) {
        if (fd != null) {
            fd.close();
        }
    }

    /** The machine that a start means, made known if it is new; order of checks as in vmd. */
    private Vm machineFor(ClientRequest.Start start, int uid) throws Refusal {
        if (start.template() != null) {
            return instance(start, start.template(), uid);
        }
        Optional<Vm> known = registry.find(start.vm());
        boolean gone = known.filter(Vm::remains).isPresent() && !start.withoutOptions();
        if (known.isPresent() && !gone) {
            return known(known.get(), start, uid);
        }
        if (start.withoutOptions()) {
            throw new Refusal(Outcome.ENOENT, "vm " + describe(start.vm()) + " is not defined");
        }
        if (!access.privileged(uid)) {
            throw new Refusal(Outcome.EPERM, "");
        }
        validate(start);
        VmOptions options = NewMachine.options(start);
        options.owner = new Owner(Integer.toUnsignedLong(uid), Owner.NONE);
        VmConfig config = options.toConfig(defaultEngine.get());
        checkBoot(config);
        known.ifPresent(registry::forget);
        return registry.add(Definition.of(config, machines.daemonUid()), false);
    }

    /** A new machine made from one that is known. */
    private Vm instance(ClientRequest.Start start, String name, int uid) throws Refusal {
        validate(start);
        Vm template = registry.find(VmRef.byName(name)).orElse(null);
        Optional<Vm> known = registry.find(start.vm());
        boolean gone =
                known.filter(vm -> vm.remains() && vm != template)
                        .filter(vm -> access.mayUse(uid, vm.definition))
                        .isPresent();
        VmOptions options = NewMachine.options(start);
        if (!access.privileged(uid)) {
            options.owner = new Owner(Integer.toUnsignedLong(uid), Owner.NONE);
        }
        VmConfig config;
        try {
            config =
                    Instances.make(
                            template == null ? null : template.definition.config(),
                            known.isPresent() && !gone,
                            options,
                            access.requester(uid));
        } catch (Instances.Refused e) {
            throw new Refusal(e.outcome().code(), e.outcome().text());
        }
        checkBoot(config);
        known.ifPresent(registry::forget);
        Vm vm = registry.add(Definition.of(config, machines.daemonUid()), false);
        vm.filesOf = access.privileged(uid) ? null : (Integer) uid;
        if (template != null && !template.configured && start.kernelName() == null) {
            // The path of such a template's kernel is what somebody called it: never opened.
            vm.kernel = copy(template.kernel);
            vm.initrd = start.initrdName() == null ? copy(template.initrd) : null;
        }
        return vm;
    }

    private static @Nullable Fd copy(@Nullable Fd fd) {
        return fd == null ? null : FileIo.duplicate(fd);
    }

    private static void checkBoot(VmConfig config) throws Refusal {
        if (!config.bootable()) {
            throw invalid(VmLimits.NOTHING_TO_BOOT);
        }
        if (config.boot() == null && (config.initrd() != null || config.cmdline() != null)) {
            throw invalid((config.initrd() != null ? "initrd" : "cmdline") + " without boot");
        }
    }

    private Vm known(Vm vm, ClientRequest.Start start, int uid) throws Refusal {
        if (!access.mayUse(uid, vm.definition)) {
            throw new Refusal(Outcome.EPERM, "");
        }
        if (vm.active()) {
            throw new Refusal(Outcome.EALREADY, "");
        }
        boolean kernelAtMost =
                new ClientRequest.Start(
                                start.vm(),
                                0,
                                0,
                                null,
                                start.kernelName(),
                                start.initrdName(),
                                null,
                                List.of())
                        .equals(start);
        if (!kernelAtMost) {
            throw new Refusal(
                    Outcome.EALREADY,
                    "vm \"" + vm.name() + "\" is defined already: start it without options");
        }
        return vm;
    }

    private static void validate(ClientRequest.Start start) throws Refusal {
        if (!VmLimits.validName(start.vm().name())) {
            throw invalid("invalid VM name");
        }
        long memory = start.memoryBytes();
        if (memory != 0 && memory < Limits.MEMORY_BYTES_MIN) {
            throw invalid(VmLimits.MEMORY_TOO_SMALL);
        }
        if (memory > Limits.MEMORY_BYTES_MAX) {
            throw invalid(VmLimits.MEMORY_TOO_LARGE);
        }
        for (DiskSpec disk : start.disks()) {
            if (!disk.path().startsWith("/")) {
                throw invalid("disk '" + disk.path() + "' is not an absolute path");
            }
        }
    }

    private static Refusal invalid(String text) {
        return new Refusal(Outcome.EINVAL, text);
    }

    private static String describe(VmRef ref) {
        return ref.id() == 0 ? '"' + ref.name() + '"' : Integer.toUnsignedString(ref.id());
    }

    private Vm permitted(VmRef ref, int uid) throws Refusal {
        Vm vm = registry.find(ref).orElseThrow(() -> new Refusal(Outcome.ENOENT, ""));
        if (!access.mayUse(uid, vm.definition)) {
            throw new Refusal(Outcome.EPERM, "");
        }
        return vm;
    }

    private void stop(int client, int uid, ClientRequest.Stop stop) {
        try {
            Vm vm = permitted(stop.vm(), uid);
            machines.stop(vm, stop.force());
            clients.reply(client, new ClientReply.Stopping(Outcome.OK, vm.id));
            if (stop.awaitEnd() && vm.active()) {
                vm.waiters.add(client);
            } else if (stop.awaitEnd()) {
                clients.reply(client, new ClientReply.Terminated(Outcome.OK, vm.id));
            }
        } catch (Refusal e) {
            clients.reply(client, new ClientReply.Stopping(e.outcome(), stop.vm().id()));
        }
    }

    private void await(int client, int uid, ClientRequest.Wait wait) {
        try {
            Vm vm = permitted(wait.vm(), uid);
            if (!vm.active()) {
                throw invalid("vm \"" + vm.name() + "\" is not running");
            }
            vm.waiters.add(client);
        } catch (Refusal e) {
            clients.reply(client, new ClientReply.Terminated(e.outcome(), wait.vm().id()));
        }
    }

    private void pause(int client, int uid, VmRef ref, boolean pause) {
        try {
            machines.pause(permitted(ref, uid), pause, client);
        } catch (Refusal e) {
            clients.reply(client, new ClientReply.Paused(e.outcome(), ref.id()));
        }
    }

    private void info(int client) {
        for (Vm vm : registry.listed()) {
            clients.reply(client, new ClientReply.Info(vm.info()));
        }
        clients.reply(client, new ClientReply.InfoEnd());
    }
}
