package architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where the compiled classes and the sources of each module are. */
final class ProjectClasses {
    static final List<String> MODULES =
            List.of("vmd", "vmm", "vmd-parent", "vmd-priv", "vmd-vmm", "vmctl");
    static final Path ROOT =
            Path.of(System.getProperty("project.root", "..")).toAbsolutePath().normalize();

    private ProjectClasses() {}

    static List<Path> directories() {
        return MODULES.stream()
                .map(module -> ROOT.resolve(module).resolve("target/classes"))
                .toList();
    }

    static List<Path> classFiles() throws IOException {
        return under("target/classes", ".class");
    }

    static List<Path> sources() throws IOException {
        return under("src/main/java", ".java");
    }

    private static List<Path> under(String folder, String suffix) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> walk = Files.walk(ROOT.resolve(module).resolve(folder))) {
                walk.filter(path -> path.toString().endsWith(suffix)).forEach(found::add);
            }
        }
        return found;
    }
}
