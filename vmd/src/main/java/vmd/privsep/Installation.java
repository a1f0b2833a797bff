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
import vmd.posix.Spawn;

/**
 * Where the suite's files are: the jars that a role may see, its archive of classes, the Java
 * runtime. All paths are absolute, because children work in the root directory.
 */
public final class Installation {
    private static final String HOME_PROPERTY = "vmd.home";
    private static final String CLASS_NAMES_PROPERTY = "vmd.classNames";
    private static final String ON_DESCRIPTOR = "/proc/self/fd/" + Spawn.PROGRAM + "/";
    private static final List<String> JNR_PREFIXES = List.of("jnr-", "jffi", "asm");

    private final Path java;
    private final @Nullable Path home;
    private final @Nullable Path lib;
    private final String developmentClassPath;

    private Installation(@Nullable Path home, @Nullable Path lib, String developmentClassPath) {
        this.java = Path.of(System.getProperty("java.home"), "bin", "java").toAbsolutePath();
        this.home = home;
        this.lib = lib;
        this.developmentClassPath = developmentClassPath;
    }

    /**
     * The installation that this process runs from: the folder that the launcher named in {@code
     * vmd.home}; without it (tests, an IDE) each role gets this process's own class path.
     */
    public static Installation current() {
        String home = System.getProperty(HOME_PROPERTY);
        String classPath = System.getProperty("java.class.path");
        if (home == null) {
            return ofClassPath(classPath);
        }
        // A process that was given its jars on a descriptor has no other way to them.
        return classPath.startsWith(ON_DESCRIPTOR)
                ? new Installation(Path.of(home), Path.of(ON_DESCRIPTOR), "")
                : ofHome(Path.of(home));
    }

    /** An installation whose jars are in {@code home/lib}. */
    public static Installation ofHome(Path home) {
        Path absolute = home.toAbsolutePath().normalize();
        return new Installation(absolute, absolute.resolve("lib"), "");
    }

    /** Every role on the same class path. */
    public static Installation ofClassPath(String classPath) {
        List<String> absolute = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()) {
                absolute.add(Path.of(entry).toAbsolutePath().normalize().toString());
            }
        }
        return new Installation(null, null, String.join(File.pathSeparator, absolute));
    }

    /** The Java launcher. */
    public Path java() {
        return java;
    }

    /** Words of the command line between the title and the main class. */
    List<String> commandLine(Role role) {
        List<String> words = new ArrayList<>(Jvm.COMMON);
        words.addAll(role.jvmFlags());
        if (lib != null) {
            words.add("-D" + HOME_PROPERTY + "=" + home);
            words.addAll(startUpArchive(role, lib));
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
        return lib;
    }

    /** Where children write down the names of their classes while the build makes archives. */
    public @Nullable Path classNames() {
        String names = System.getProperty(CLASS_NAMES_PROPERTY);
        return names == null ? null : Path.of(names);
    }

    /** What children read: the folder of the jars, in development what is on the class path. */
    public List<Path> program() {
        if (lib != null) {
            return List.of(lib);
        }
        List<Path> paths = new ArrayList<>();
        for (String entry : developmentClassPath.split(File.pathSeparator, -1)) {
            paths.add(Path.of(entry));
        }
        return paths;
    }

    /** The class path of a role: its jars and nothing else. */
    public String classPath(Role role) {
        if (lib == null) {
            return developmentClassPath;
        }
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
