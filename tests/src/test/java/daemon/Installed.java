package daemon;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The suite as it is installed, made of the class path of the tests: jars by their names in one
 * folder, so that each process gets those of its role and nothing else.
 */
final class Installed {
    private static final Map<String, String> THIRD_PARTY =
            Map.of("bcprov-jdk18on", "bcprov-jdk18on.jar", "commons-cli", "commons-cli.jar");
    private static final List<String> MODULES =
            List.of("vmd", "vmm", "vmd-parent", "vmd-priv", "vmd-vmm", "vmctl");

    private Installed() {}

    /** An installation for the life of this process. */
    static Path once() {
        try {
            // Only its owner can enter it: as below /root, where people unpack things too.
            Path home = in(Files.createTempDirectory("vmd-installed"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(home)));
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path home) {
        try (Stream<Path> all = Files.walk(home)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes {@code home/lib}. The folder may be one that only its owner can enter. */
    static Path in(Path home) throws IOException {
        Path lib = Files.createDirectories(home.resolve("lib"));
        for (String word : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path entry = Path.of(word);
            if (Files.isDirectory(entry)) {
                module(entry, lib);
            } else {
                library(entry, lib);
            }
        }
        return home;
    }

    /** {@code MODULE/target/classes}. */
    private static void module(Path classes, Path lib) throws IOException {
        Path parts = classes.toAbsolutePath();
        String module = parts.getName(parts.getNameCount() - 3).toString();
        if (!MODULES.contains(module) || !classes.endsWith("classes")) {
            return;
        }
        Path jar = lib.resolve(module + ".jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, entries);
            }
        }
    }

    /** A jar of a module or of somebody else; the version in its name goes. */
    private static void library(Path jar, Path lib) throws IOException {
        String name = jar.getFileName().toString();
        String plain = name.replaceAll("-\\d.*", "");
        if (MODULES.contains(plain)) {
            Files.copy(jar, lib.resolve(plain + ".jar"));
        } else if (THIRD_PARTY.containsKey(plain)) {
            Files.copy(jar, lib.resolve(THIRD_PARTY.get(plain)));
        } else if (name.matches("(jnr-|jffi|asm).*\\.jar")) {
            Files.copy(jar, lib.resolve(name));
        }
    }
}
