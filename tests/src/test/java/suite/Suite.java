package suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A running vmd of its own: configuration, socket and log in a temporary directory. Closing it ends
 * the daemon in order and fails if a process is left behind.
 */
final class Suite implements AutoCloseable {
    static final Path ROOT =
            Path.of(System.getProperty("project.root", "..")).toAbsolutePath().normalize();
    static final Path GUEST = ROOT.resolve("build/guest");
    private static final long START_TIMEOUT_S = 30;
    private static final long COMMAND_TIMEOUT_S = 120;

    /** Result of one command. */
    record Output(int status, String out, String err) {}

    private final Path directory;
    private final Path log;
    private final Process vmd;

    private Suite(Path directory, Process vmd, Path log) {
        this.directory = directory;
        this.vmd = vmd;
        this.log = log;
    }

    /** Starts vmd with {@code configuration} and waits until it answers. */
    static Suite start(String configuration) throws IOException, InterruptedException {
        return start(List.of(), configuration);
    }

    /**
     * Starts vmd by way of another program.
     *
     * @param by the words before vmd's own; that program becomes vmd
     */
    static Suite start(List<String> by, String configuration)
            throws IOException, InterruptedException {
        Path directory = newDirectory();
        Files.writeString(directory.resolve("vm.conf"), configuration);
        Path log = directory.resolve("log");
        List<String> command = new ArrayList<>(by);
        command.addAll(List.of(program("vmd"), "-d", "-v"));
        command.addAll(List.of("-f", directory.resolve("vm.conf").toString()));
        command.addAll(List.of("-s", directory.resolve("vmd.sock").toString()));
        Process vmd =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .start();
        Suite suite = new Suite(directory, vmd, log);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_S);
        while (suite.vmctl("status").err.contains("connect:")) {
            if (!vmd.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException("vmd did not start: " + suite.logText());
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return suite;
    }

    /** A directory that processes of other users may enter. */
    static Path newDirectory() throws IOException {
        Path directory = Files.createTempDirectory("vmd-test");
        Files.setPosixFilePermissions(
                directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory;
    }

    static String program(String name) {
        return ROOT.resolve("dist/bin").resolve(name).toString();
    }

    /** Runs a program to its end. */
    static Output run(List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", "");
        Path err = Files.createTempFile("err", "");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start();
            if (!process.waitFor(COMMAND_TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("no end of " + command);
            }
            return new Output(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Runs {@code vmctl} on this daemon's socket. */
    Output vmctl(String... arguments) throws IOException, InterruptedException {
        return run(vmctlCommand(arguments));
    }

    List<String> vmctlCommand(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(program("vmctl"), "-s", socket().toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Attaches to a console. */
    Console console(String vm) throws IOException {
        return new Console(
                new ProcessBuilder(vmctlCommand("console", vm))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
    }

    Path directory() {
        return directory;
    }

    Path socket() {
        return directory.resolve("vmd.sock");
    }

    ProcessHandle parent() {
        return vmd.toHandle();
    }

    /** All processes below the parent, the parent not included. */
    List<ProcessHandle> children() {
        return vmd.toHandle().descendants().toList();
    }

    String logText() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        List<ProcessHandle> children = children();
        vmd.destroy();
        if (!vmd.waitFor(20, TimeUnit.SECONDS)) {
            vmd.destroyForcibly();
            throw new IllegalStateException("vmd did not end on SIGTERM: " + logText());
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (children.stream().anyMatch(ProcessHandle::isAlive)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("processes left behind: " + children);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
