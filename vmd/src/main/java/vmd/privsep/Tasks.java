package vmd.privsep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of every thread of this process. */
public final class Tasks {
    private static final Path FOLDER = Path.of("/proc/self/task");

    private Tasks() {}

    /** Fails if {@code /proc/self/task/N/status} lacks one of the lines for any thread. */
    public static void requireLines(List<String> wanted) {
        try (Stream<Path> tasks = Files.list(FOLDER)) {
            for (Path task : tasks.toList()) {
                requireLines(task.resolve("status"), wanted);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireLines(Path status, List<String> wanted) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(status);
        } catch (NoSuchFileException e) {
            return; // the thread has ended meanwhile
        }
        for (String line : wanted) {
            if (!lines.contains(line)) {
                throw new IllegalStateException(status + " does not say " + line);
            }
        }
    }
}
