package vmd.parent;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.Configuration;
import vmd.conf.ControlSocket;
import vmd.conf.ParseResult;
import vmd.conf.Printer;
import vmd.conf.StartCheck;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.ProcessTitle;
import vmd.posix.Processes;
import vmd.privsep.ChildProcess;
import vmd.privsep.Installation;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;
import vmd.sandbox.Births;
import vmd.sandbox.Host;
import vmd.sandbox.Sandbox;

/** The command {@code vmd}, and the parent process. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(isDaemon(args) ? daemon(StartUp.parse(args)) : command(args));
    }

    /** The first word tells; as the user's argument it would be a usage error. */
    private static boolean isDaemon(String[] args) {
        return args.length > 0 && args[0].equals(Role.PARENT.label());
    }

    /** What the user typed. */
    private static int command(String[] args) {
        Options options;
        try {
            options = parse(args, Path.of("").toAbsolutePath());
        } catch (Options.Usage e) {
            System.err.println(Options.USAGE);
            return 1;
        }
        Log.start("", true, options.verbosity());
        Configuration configuration = configuration(options, true);
        if (configuration == null) {
            return 1;
        }
        if (options.checkOnly()) {
            return check(options, configuration);
        }
        if (!options.foreground()) {
            return Launcher.launch(options);
        }
        return run(options, configuration, null);
    }

    private static int check(Options options, Configuration configuration) {
        if (options.verbosity() > 0) {
            Host.offers().forEach(line -> Log.debug("host: " + line));
        }
        StartCheck.Report report = StartCheck.check(configuration, HostMemory.totalBytes());
        report.warnings().forEach(Log::warn);
        report.errors().forEach(error -> Log.warn(error.toString()));
        if (!report.errors().isEmpty()) {
            return 1;
        }
        if (options.verbosity() > 0) {
            System.out.print(Printer.print(configuration));
            System.out.flush();
        }
        System.err.println("configuration OK");
        return 0;
    }

    /** The process that {@link Launcher} started. */
    private static int daemon(StartUp startUp) {
        Log.start("", false, startUp.verbosity());
        Fd channel = ChildProcess.channel();
        Sandbox.closeStray(List.of());
        try {
            List<String> words = startUp.arguments();
            String[] args = words.subList(1, words.size()).toArray(String[]::new);
            Options options = parse(args, Path.of(words.getFirst()));
            Configuration configuration = configuration(options, false);
            if (configuration == null) {
                Launcher.report(channel, "the configuration has errors");
                return 1;
            }
            return run(options, configuration, channel);
        } catch (Options.Usage e) {
            Launcher.report(channel, Options.USAGE);
            return 1;
        }
    }

    private static Options parse(String[] args, Path directory) throws Options.Usage {
        String socket = ControlSocket.ofDaemon(Processes.effectiveUid(), System.getenv());
        return Options.parse(args, Path.of(socket), directory);
    }

    private static @Nullable Configuration configuration(Options options, boolean toUser) {
        for (String macro : options.badMacros()) {
            Log.warn("could not parse macro definition " + macro);
        }
        ParseResult result = new ConfigurationSource(options).read();
        ConfigurationSource.log(result, toUser);
        return result.configuration();
    }

    private static int run(
            Options options, Configuration configuration, @Nullable Fd reportChannel) {
        Log.exitOnUncaught();
        ProcessTitle.set("vmd: " + Role.PARENT.label());
        try {
            if (options.socket().toString().isEmpty()) {
                throw new SocketFile.Unusable(
                        "no place for the control socket: set XDG_RUNTIME_DIR or use -s");
            }
            SocketFile socket = SocketFile.make(options.socket());
            if (Processes.effectiveUid() == 0) {
                socket.giveTo(configuration.socketOwner());
            }
            Installation installation = Installation.current();
            ServiceAccount account = ServiceAccount.choose();
            Births births = new Births(installation, account);
            return new Daemon(
                            configuration,
                            new ConfigurationSource(options),
                            socket,
                            new Spawner(installation, births, Role.CONTROL, Role.VMM, Role.PRIV),
                            account,
                            options.foreground(),
                            reason -> report(reportChannel, reason))
                    .run();
        } catch (SocketFile.Unusable | PosixException e) {
            Log.warn(String.valueOf(e.getMessage()));
            report(reportChannel, e.getMessage());
            return 1;
        }
    }

    private static void report(@Nullable Fd channel, @Nullable String reason) {
        if (channel != null) {
            Launcher.report(channel, reason);
        }
    }
}
