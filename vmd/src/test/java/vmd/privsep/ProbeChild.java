package vmd.privsep;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.posix.SocketMessage;

/** A child for tests: begins as every child does, then answers questions on its channel. */
public final class ProbeChild {
    private ProbeChild() {}

    public static void main(String[] args) throws IOException {
        StartUp startUp = ChildProcess.begin(args);
        SocketMessage message = new SocketMessage(4096);
        try (Fd channel = ChildProcess.channel()) {
            for (int n; (n = message.receive(channel, true)) > 0; ) {
                String question = text(message, n);
                byte[] answer = answer(question, startUp).getBytes(StandardCharsets.UTF_8);
                MemorySegment.copy(
                        answer, 0, message.data(), ValueLayout.JAVA_BYTE, 0, answer.length);
                message.send(channel, answer.length, null, true);
            }
        }
    }

    static String text(SocketMessage message, int length) {
        byte[] bytes = message.data().asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String answer(String question, StartUp startUp) throws IOException {
        return switch (question) {
            case "start" -> startUp.toString();
            case "environment" -> System.getenv().keySet().stream().sorted().toList().toString();
            case "inherited" -> inherited();
            case "drop" -> {
                Privileges.drop(startUp.account());
                yield Processes.uid() + ":" + Processes.gid();
            }
            default -> throw new IllegalArgumentException(question);
        };
    }

    /** Descriptors that are neither the Java runtime's nor a class path's. */
    private static String inherited() throws IOException {
        try (Stream<Path> list = Files.list(Path.of("/proc/self/fd"))) {
            return list.map(ProbeChild::target)
                    .filter(t -> t.startsWith("socket:") || t.startsWith("/dev/null"))
                    .map(t -> t.startsWith("socket:") ? "socket" : t)
                    .sorted()
                    .collect(Collectors.joining(" "));
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // the descriptor of the listing itself
        }
    }
}
