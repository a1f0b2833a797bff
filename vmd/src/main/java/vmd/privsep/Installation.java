package vmd.privsep;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the suite's files are: the jars that a role may see, its archive of classes, the Java
 * runtime. All paths are absolute, because children work in the root directory.
 */
public final class Installation {
    private static final String HOME_PROPERTY = "vmd.home";
    private static final String CLASS_NAMES_PROPERTY = "vmd.classNames";
    private static final List<String> JNR_PREFIXES = List.of("jnr-", "jffi", "asm");

    private final Path java;
    private final @Nullable Path home;
    private final String developmentClassPath;

    private Installation(@Nullable Path home, String developmentClassPath) {
        this.java = Path.of(System.getProperty("java.home"), "bin", "java").toAbsolutePath();
        this.home = home;
        this.developmentClassPath = developmentClassPath;
    }

    /**
     * The installation that this process runs from: the folder that the launcher named in {@code
     * vmd.home}; without it (tests, an IDE) each role gets this process's own class path.
     */
    public static Installation current() {
        String home = System.getProperty(HOME_PROPERTY);
        return home == null
                ? ofClassPath(System.getProperty("java.class.path"))
                : ofHome(Path.of(home));
    }

    /** An installation whose jars are in {@code home/lib}. */
    public static Installation ofHome(Path home) {
        return new Installation(home.toAbsolutePath().normalize(), "");
    }

    /** Every role on the same class path. */
    public static Installation ofClassPath(String classPath) {
        List<String> absolute = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()) {
                absolute.add(Path.of(entry).toAbsolutePath().normalize().toString());
            }
        }
        return new Installation(null, String.join(File.pathSeparator, absolute));
    }

    /** The Java launcher. */
    public Path java() {
        return java;
    }

    /** Words of the command line between the title and the main class. */
    List<String> commandLine(Role role) {
        List<String> words = new ArrayList<>(Jvm.COMMON);
        words.addAll(role.jvmFlags());
        if (home != null) {
            words.add("-D" + HOME_PROPERTY + "=" + home);
            words.addAll(startUpArchive(role, home.resolve("lib")));
        }
        words.add("-cp");
        words.add(classPath(role));
        return words;
    }

    /**
     * The archive of the classes that the role loads, if the build made one (etc/build/archives).
     * While it does, the names of those classes are written down: before the sandbox closes, into a
     * folder that the property names.
     */
    private static List<String> startUpArchive(Role role, Path lib) {
        String names = System.getProperty(CLASS_NAMES_PROPERTY);
        if (names != null) {
            return List.of(
                    "-D" + CLASS_NAMES_PROPERTY + "=" + names,
                    "-XX:DumpLoadedClassList=" + Path.of(names, role.label() + ".classes"));
        }
        Path cache = lib.resolve(role.label() + ".aot");
        if (Files.isReadable(cache)) {
            return List.of("-XX:AOTCache=" + cache);
        }
        Path archive = lib.resolve(role.label() + ".jsa");
        return Files.isReadable(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
    }

    /** The folder of the jars; null in development. */
    @Nullable Path library() {
        return home == null ? null : home.resolve("lib");
    }

    /** The class path of a role: its jars and nothing else. */
    public String classPath(Role role) {
        if (home == null) {
            return developmentClassPath;
        }
        Path lib = home.resolve("lib");
        List<String> paths = new ArrayList<>();
        for (String name : role.jars()) {
            Path jar = lib.resolve(name + ".jar");
            if (!Files.isReadable(jar)) {
                throw new IllegalStateException(jar + " is missing: the installation is damaged");
            }
            paths.add(jar.toString());
        }
        if (role.jnr()) {
            paths.addAll(jnrJars(lib));
        }
        return String.join(File.pathSeparator, paths);
    }

    private static List<String> jnrJars(Path lib) {
        try (Stream<Path> files = Files.list(lib)) {
            return files.filter(Installation::isJnr).map(Path::toString).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isJnr(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".jar") && JNR_PREFIXES.stream().anyMatch(name::startsWith);
    }
}
