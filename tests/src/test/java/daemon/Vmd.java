package daemon;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmd.privsep.Installation;
import vmd.privsep.Role;

/** A daemon in the foreground, with a socket and a configuration of its own. */
final class Vmd implements AutoCloseable {
    static final long WAIT_S = 30;

    private static final Path HOME = Installed.once();

    private static final String END = "(no more)";

    private final Process process;
    private final Path socket;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    private Vmd(Process process, Path socket) {
        this.process = process;
        this.socket = socket;
        Thread.ofPlatform().daemon().start(this::collect);
    }

    /** Starts {@code vmd -d} with {@code configuration} in {@code folder}; not yet ready. */
    static Vmd start(Path folder, String configuration) throws IOException {
        return start(HOME, folder, configuration);
    }

    /** As {@link #start(Path, String)}, from the installation in {@code home}. */
    static Vmd start(Path home, Path folder, String configuration) throws IOException {
        Path file = folder.resolve("vm.conf");
        Files.writeString(file, configuration);
        Path socket = folder.resolve("vmd.sock");
        List<String> command = command(home, "-d", "-f", file.toString(), "-s", socket.toString());
        return new Vmd(new ProcessBuilder(command).redirectErrorStream(true).start(), socket);
    }

    /** Starts it and waits until it serves. */
    static Vmd ready(Path folder, String configuration) throws IOException, InterruptedException {
        Vmd vmd = start(folder, configuration);
        vmd.awaitLine("startup");
        return vmd;
    }

    /** As {@link #ready(Path, String)}, from the installation in {@code home}. */
    static Vmd ready(Path home, Path folder, String configuration)
            throws IOException, InterruptedException {
        Vmd vmd = start(home, folder, configuration);
        vmd.awaitLine("startup");
        return vmd;
    }

    /** The command line of vmd with {@code options}, as the launcher script has it. */
    static List<String> command(String... options) {
        return command(HOME, options);
    }

    private static List<String> command(Path home, String... options) {
        return command(home, Role.PARENT, options);
    }

    /** The command line of vmctl of the installation in {@code home}. */
    static List<String> vmctl(Path home, String... words) {
        return command(home, Role.VMCTL, words);
    }

    private static List<String> command(Path home, Role role, String... options) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx64m",
                                "-XX:ReservedCodeCacheSize=16m",
                                "-XX:InitialCodeCacheSize=16m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dvmd.home=" + home,
                                "-cp",
                                Installation.ofHome(home).classPath(role),
                                role.mainClass()));
        command.addAll(List.of(options));
        return command;
    }

    /** Collects the log, and keeps it in target/daemon.log for who has to explain a failure. */
    private void collect() {
        Path log = Path.of("target", "daemon.log");
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String stamped = LocalTime.now() + " " + socket.getParent() + " " + line + "\n";
                Files.writeString(
                        log, stamped, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                lines.add(line);
            }
        } catch (IOException e) {
            lines.add("cannot read: " + e);
        }
        lines.add(END);
    }

    /** Waits for a line of the log that {@code regex} finds something in. */
    String awaitLine(String regex) throws InterruptedException {
        return awaitLine(regex, WAIT_S);
    }

    String awaitLine(String regex, long seconds) throws InterruptedException {
        Pattern pattern = Pattern.compile(regex);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.equals(END)) {
                throw new AssertionError("no line '" + regex + "' in " + seen);
            }
            seen.add(line);
            if (pattern.matcher(line).find()) {
                return line;
            }
        }
    }

    /** The lines of the log that have been waited for or passed over. */
    List<String> linesSeen() {
        return List.copyOf(seen);
    }

    Path socket() {
        return socket;
    }

    Process process() {
        return process;
    }

    /** All processes below the parent. */
    List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** The process below the parent that ps shows as {@code title}. */
    ProcessHandle child(String title) {
        return find(title)
                .orElseThrow(
                        () -> new AssertionError("no process " + title + " in " + descendants()));
    }

    Optional<ProcessHandle> find(String title) {
        try (Stream<ProcessHandle> all = process.descendants()) {
            return all.filter(p -> title(p).equals(title)).findFirst();
        }
    }

    static String title(ProcessHandle process) {
        try {
            String line = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
            return line.replaceAll("\0+$", "");
        } catch (IOException e) {
            return "";
        }
    }

    /** One line of /proc/PID/status, without its name. */
    static String status(ProcessHandle process, String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1).trim();
            }
        }
        return "";
    }

    /** Waits for the end of the parent; its exit code. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(WAIT_S, TimeUnit.SECONDS)) {
            throw new AssertionError("vmd does not end: " + seen + lines);
        }
        return process.exitValue();
    }

    /** Ends the daemon in order; that it has ended already is an error. */
    @Override
    public void close() throws InterruptedException {
        boolean alive = process.isAlive();
        process.destroy();
        if (!process.waitFor(WAIT_S, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError("vmd does not end: " + seen + lines);
        }
        if (!alive) {
            throw new AssertionError("vmd had ended: " + seen + lines);
        }
    }
}
