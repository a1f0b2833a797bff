package vmd.parent;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import vmd.conf.Configuration;
import vmd.conf.Owner;
import vmd.conf.ParseResult;
import vmd.log.Log;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.ResetScope;

/**
 * What concerns the daemon as a whole: reload, load, reset, log, for those who may do everything
 * only, and what it tells of itself. Used on the event loop's thread only; files are read on
 * another, as a path may be a pipe that nobody writes.
 */
final class Administration {
    private static final int LINES_MAX = 1000;
    private static final int LINE_CHARS_MAX = 600;

    private final Registry registry;
    private final Machines machines;
    private final InForce inForce;
    private final ConfigurationSource source;
    private final Batches batches;
    private final Machines.Clients clients;
    private final Access access;
    private final Effects effects;
    private boolean reading;

    /** What a change means outside of the registry. */
    interface Effects {
        /** Runs a task on the event loop's thread. */
        Executor loop();

        /** The control socket has another owner. */
        void socketOwner(Owner owner);

        /** The fixed processes by what they do. */
        Map<String, Integer> processes();

        /** What is known of the kernel's vmm device, in a line. */
        String engine();

        /** All processes log that much. */
        void verbosity(int level);
    }

    Administration(
            Registry registry,
            Machines machines,
            InForce inForce,
            ConfigurationSource source,
            Batches batches,
            Machines.Clients clients,
            Access access,
            Effects effects) {
        this.registry = registry;
        this.machines = machines;
        this.inForce = inForce;
        this.source = source;
        this.batches = batches;
        this.clients = clients;
        this.access = access;
        this.effects = effects;
    }

    /** Handles one request of {@code client}, who is {@code uid}. */
    void handle(int client, int uid, ClientRequest request) {
        if (request instanceof ClientRequest.Details) {
            finish(
                    client,
                    Details.lines(registry, access, uid, effects.processes(), effects.engine()));
            return;
        }
        if (!access.privileged(uid)) {
            Log.warn(
                    "denied request "
                            + request.type()
                            + " from uid "
                            + Integer.toUnsignedString(uid));
            failed(client, Outcome.of(Outcome.EPERM));
            return;
        }
        switch (request) {
            case ClientRequest.Reload reload ->
                    read(client, source::read, next -> reload(client, next, reload.dryRun()));
            case ClientRequest.Load load -> load(client, load.path());
            case ClientRequest.Reset reset -> {
                reset(reset.scope());
                clients.reply(client, new ClientReply.Done());
            }
            case ClientRequest.Verbosity verbosity -> {
                effects.verbosity(verbosity.level());
                clients.reply(client, new ClientReply.Done());
            }
            default -> failed(client, Outcome.of(Outcome.EINVAL));
        }
    }

    /** Reads the configuration again; nobody waits for the outcome but the log. */
    void reload() {
        read(null, source::read, next -> reload(null, next, false));
    }

    private void load(int client, String path) {
        if (!path.startsWith("/")) {
            failed(client, Outcome.of(Outcome.EINVAL, path + " is not an absolute path"));
            return;
        }
        read(
                client,
                () -> source.read(Path.of(path)),
                more -> {
                    Reload plan = Reload.add(registry, inForce, more, machines.daemonUid());
                    plan.lines().forEach(Log::info);
                    batches.add(plan.apply());
                    finish(client, List.of());
                });
    }

    private void reload(@Nullable Integer client, Configuration next, boolean dryRun) {
        Owner owner = inForce.settings.socketOwner();
        Reload plan = Reload.replace(registry, inForce, next, machines.daemonUid());
        if (dryRun) {
            finish(client, plan.lines().isEmpty() ? List.of("no changes") : plan.lines());
            return;
        }
        plan.lines().forEach(Log::info);
        batches.add(plan.apply());
        if (!next.socketOwner().equals(owner)) {
            effects.socketOwner(next.socketOwner());
        }
        Log.info("configuration reloaded");
        finish(client, List.of());
    }

    /** Reads a configuration elsewhere, and goes on with it here. */
    private void read(
            @Nullable Integer client, Supplier<ParseResult> parse, Consumer<Configuration> then) {
        if (reading) {
            failed(client, Outcome.of(Outcome.EBUSY, "another configuration is being read"));
            return;
        }
        reading = true;
        Thread.ofPlatform()
                .daemon()
                .name("configuration")
                .start(() -> {
                    ParseResult result = parse.get();
                    effects.loop().execute(() -> parsed(client, result, then));
                });
    }

    private void parsed(
            @Nullable Integer client, ParseResult result, Consumer<Configuration> then) {
        reading = false;
        ConfigurationSource.log(result, source.options().foreground());
        Configuration configuration = result.configuration();
        if (configuration != null) {
            then.accept(configuration);
            return;
        }
        Log.warn("the configuration has errors and is not used");
        lines(client, result.errors().stream().map(Object::toString).toList());
        failed(client, Outcome.of(Outcome.EINVAL, "the configuration has errors"));
    }

    private void reset(ResetScope scope) {
        if (scope != ResetScope.VMS) {
            inForce.switches.clear();
        }
        if (scope != ResetScope.SWITCHES) {
            machines.forgetAll();
            registry.resetIds();
        }
        Log.info("reset " + scope.word());
    }

    private void finish(@Nullable Integer client, List<String> said) {
        lines(client, said);
        if (client != null) {
            clients.reply(client, new ClientReply.Done());
        }
    }

    private void lines(@Nullable Integer client, List<String> lines) {
        if (client == null) {
            return;
        }
        int shown = Math.min(lines.size(), LINES_MAX);
        for (String line : lines.subList(0, shown)) {
            int end = Math.min(line.length(), LINE_CHARS_MAX);
            clients.reply(client, new ClientReply.Line(line.substring(0, end)));
        }
        if (shown < lines.size()) {
            String rest = "and " + (lines.size() - shown) + " lines more";
            clients.reply(client, new ClientReply.Line(rest));
        }
    }

    private void failed(@Nullable Integer client, Outcome outcome) {
        if (client != null) {
            clients.reply(client, new ClientReply.Failed(outcome));
        } else {
            Log.warn("not reloaded: " + outcome.message());
        }
    }
}
