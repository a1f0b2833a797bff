package architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What may see what, and which interfaces of the JDK are off limits where. The reasons are in
 * docs/ARCHITECTURE.md.
 */
class ArchitectureTest {
    private static final String[] SHARED = {
        "vmd.posix..",
        "vmd.imsg..",
        "vmd.proto..",
        "vmd.privsep..",
        "vmd.sandbox..",
        "vmd.conf..",
        "vmd.log.."
    };
    private static final String[] MACHINE = {"vmm", "vmm.."};

    private static JavaClasses all;

    @BeforeAll
    static void importClasses() {
        all = new ClassFileImporter().importPaths(ProjectClasses.directories());
        assertTrue(all.size() > 20, "no classes found: run the build first");
    }

    @Test
    void machineSeesOnlySystemCalls() {
        classes()
                .that()
                .resideInAnyPackage(MACHINE)
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("vmm..", "vmd.posix..", "java..", "org.jspecify.."))
                .because("the machine has no daemon, no socket and no configuration file")
                .check(all);
    }

    @Test
    void sharedCodeSeesNothingOfOurs() {
        noClasses()
                .that()
                .resideInAnyPackage(SHARED)
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                "vmm..",
                                "vmctl..",
                                "vmd.parent..",
                                "vmd.control..",
                                "vmd.priv..",
                                "vmd.vmm..",
                                "vmd.vm.."))
                .check(all);
    }

    @Test
    void privilegedProcessesHaveNoEmulator() {
        noClasses()
                .that()
                .resideInAnyPackage("vmd.parent..", "vmd.control..", "vmd.priv..", "vmd.vmm..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(MACHINE))
                .because("only the process of one machine holds the code that parses guest data")
                .check(all);
    }

    @Test
    void processesDoNotSeeEachOther() {
        for (String own :
                List.of("vmd.parent..", "vmd.priv..", "vmd.vmm..", "vmd.vm..", "vmctl..")) {
            List<String> others =
                    new java.util.ArrayList<>(
                            List.of(
                                    "vmd.parent..",
                                    "vmd.priv..",
                                    "vmd.vmm..",
                                    "vmd.vm..",
                                    "vmctl.."));
            others.remove(own);
            noClasses()
                    .that()
                    .resideInAnyPackage(own)
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(others.toArray(String[]::new)))
                    .because("processes share messages, not code")
                    .allowEmptyShould(true)
                    .check(all);
        }
    }

    @Test
    void nativeCallsHaveOneHome() {
        noClasses()
                .that(not(resideInAnyPackage("vmd.posix..")))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("jnr.ffi..", "jnr.posix..", "com.kenai.."))
                .because("every native call is a method of vmd.posix")
                .check(all);
    }

    @Test
    void hotPathsDoNotFormatLogOrStream() {
        noClasses()
                .that()
                .resideInAnyPackage("vmm.cpu.exec..", "vmm.cpu.mmu..", "vmm.engine..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                "java.util.stream..",
                                "java.util.logging..",
                                "java.util.function.."))
                .because("instruction and exit paths do not allocate, log or capture")
                .check(all);
    }

    @Test
    void everyPackageIsNullMarked() throws IOException {
        TreeSet<String> unmarked = new TreeSet<>();
        for (Path source : ProjectClasses.sources()) {
            Path info = source.resolveSibling("package-info.java");
            if (!Files.exists(info) || !Files.readString(info).contains("@NullMarked")) {
                unmarked.add(info.toString());
            }
        }
        assertEquals(new TreeSet<>(), unmarked);
    }
}
