package vmd.parent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What this process has open. */
final class OpenDescriptors {
    private OpenDescriptors() {}

    static List<Integer> numbers() {
        try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
            return links.map(link -> Integer.valueOf(link.getFileName().toString())).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
