package vmd.sandbox;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import vmd.log.Log;
import vmd.posix.Confinement;
import vmd.posix.Spawn;

/** Closes what a process has open and does not need. */
final class Descriptors {
    private static final Path FOLDER = Path.of("/proc/self/fd");

    private Descriptors() {}

    /**
     * Closes every descriptor but the first four, those in {@code keep}, and the Java runtime's
     * own: its files, the jars of the class path and the random devices.
     */
    static void closeStray(Collection<Integer> keep) {
        Set<String> runtimeFiles = runtimeFiles();
        String javaHome = real(Path.of(System.getProperty("java.home"))) + "/";
        for (Path link : open()) {
            int number = Integer.parseInt(link.getFileName().toString());
            if (number <= Spawn.CHANNEL || keep.contains(number)) {
                continue;
            }
            String target = target(link);
            if (target.isEmpty() // the listing's own, closed meanwhile
                    || target.startsWith(javaHome)
                    || runtimeFiles.contains(target)) {
                continue;
            }
            Log.debug("closing stray descriptor " + number + " (" + target + ")");
            Confinement.closeStray(number);
        }
    }

    private static List<Path> open() {
        try (Stream<Path> list = Files.list(FOLDER)) {
            return list.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> runtimeFiles() {
        Set<String> files = new HashSet<>(Set.of("/dev/random", "/dev/urandom"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            files.add(real(Path.of(entry)));
        }
        return files;
    }

    /** The path as the kernel shows it. */
    private static String real(Path path) {
        try {
            return path.toRealPath().toString();
        } catch (IOException e) {
            return path.toString();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
