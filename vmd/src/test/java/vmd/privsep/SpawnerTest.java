package vmd.privsep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.posix.SocketMessage;

@SuppressWarnings("try") // closing the channel is how children are told to end
class SpawnerTest {
    private static final String CLASS_PATH = jars(System.getProperty("java.class.path"));
    private static final ServiceAccount NOBODY = new ServiceAccount(65534, 65534);

    static boolean root() {
        return Processes.effectiveUid() == 0;
    }

    /**
     * Folders of classes made into jars, as installed children have them: these are opened at the
     * start, so that a child without root needs no way to a checkout in a private folder.
     */
    private static String jars(String classPath) {
        List<String> jars = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            Path folder = Path.of(entry);
            jars.add(Files.isDirectory(folder) ? jar(folder).toString() : entry);
        }
        return String.join(File.pathSeparator, jars);
    }

    private static Path jar(Path folder) {
        try {
            Path jar = Files.createTempFile("classes", ".jar");
            jar.toFile().deleteOnExit();
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                    Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    out.putNextEntry(new JarEntry(folder.relativize(file).toString()));
                    Files.copy(file, out);
                }
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Spawner.Child start(String name, ServiceAccount account, String... arguments) {
        StartUp startUp = new StartUp(name, account, false, 1, List.of(arguments));
        return new Spawner(Installation.ofClassPath(CLASS_PATH))
                .start(Role.VM, startUp, ProbeChild.class.getName());
    }

    private static String ask(Spawner.Child child, String question) {
        SocketMessage message = new SocketMessage(4096);
        byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, message.data(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        message.send(child.channel(), bytes.length, null, true);
        return ProbeChild.text(message, message.receive(child.channel(), true));
    }

    @Test
    void childKnowsItsStartIsNamedHoldsItsChannelAndEndsWithIt() throws Exception {
        Spawner.Child child = start("vm/alpha", ServiceAccount.own(), "one", "two words");
        try (Fd channel = child.channel()) {
            assertEquals(
                    new StartUp(
                                    "vm/alpha",
                                    ServiceAccount.own(),
                                    false,
                                    1,
                                    List.of("one", "two words"))
                            .toString(),
                    ask(child, "start"));
            assertEquals("/dev/null /dev/null /dev/null socket", ask(child, "inherited"));
            assertTrue(ask(child, "environment").startsWith("[LC_ALL, PATH"));
            Path proc = Path.of("/proc", Integer.toString(child.pid()));
            assertEquals("vmd: alpha", Files.readString(proc.resolve("comm")).trim());
            String line = Files.readString(proc.resolve("cmdline"));
            assertEquals("vmd: alpha", line.replace("\0", ""));
            assertTrue(Processes.kill(child.pid(), Processes.SIGHUP));
            assertFalse(ask(child, "start").isEmpty()); // SIGHUP did nothing
            channel.close();
            assertEquals(new Processes.Exit(child.pid(), 0, 0), Processes.await(child.pid()));
        }
    }

    @Test
    @EnabledIf("root")
    void rootIsGivenUpInEveryThread() throws Exception {
        Spawner.Child child = start("control", NOBODY);
        try (Fd channel = child.channel()) {
            assertEquals("65534:65534", ask(child, "drop"));
            Path tasks = Path.of("/proc", Integer.toString(child.pid()), "task");
            try (var list = Files.list(tasks)) {
                for (Path task : list.toList()) {
                    String status = Files.readString(task.resolve("status"));
                    assertTrue(status.contains("Uid:\t65534\t65534\t65534\t65534"), status);
                    assertTrue(status.contains("CapEff:\t0000000000000000"), status);
                    assertTrue(status.contains("Groups:\t \n"), status);
                }
            }
            channel.close();
            assertTrue(Processes.await(child.pid()).normal());
        }
    }

    @Test
    @EnabledIf("root")
    void rootCannotBecomeRoot() {
        assertThrows(RuntimeException.class, () -> Privileges.drop(new ServiceAccount(0, 0)));
    }

    @Test
    void accountIsOwnForAnOrdinaryUserAndNeverRootForRoot() {
        ServiceAccount account = ServiceAccount.choose();
        assertEquals(root(), !account.equals(ServiceAccount.own()));
        assertTrue(account.uid() != 0);
        assertEquals(account, ServiceAccount.parse(account.word()));
    }

    @Test
    void roleSeesItsJarsAndNoOthers(@TempDir Path home) throws Exception {
        Path lib = Files.createDirectories(home.resolve("lib"));
        for (Role role : Role.values()) {
            for (String jar : role.jars()) {
                Files.write(lib.resolve(jar + ".jar"), new byte[0]);
            }
        }
        Files.write(lib.resolve("jnr-posix.jar"), new byte[0]);
        Installation installation = Installation.ofHome(home);
        assertEquals(
                lib + "/vmd.jar:" + lib + "/vmd-priv.jar:" + lib + "/bcprov-jdk18on.jar",
                installation.classPath(Role.PRIV));
        assertTrue(installation.classPath(Role.PARENT).endsWith("jnr-posix.jar"));
        for (Role role : Role.values()) {
            boolean emulator = installation.classPath(role).contains("/vmm.jar");
            assertEquals(role == Role.VM, emulator, role.label());
        }
        Files.delete(lib.resolve("vmm.jar"));
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> installation.classPath(Role.VM));
        assertTrue(String.valueOf(e.getMessage()).contains("vmm.jar is missing"));
    }

    @Test
    void aheadOfTimeCacheIsUsedWhereThereIsOne(@TempDir Path home) throws Exception {
        Path lib = Files.createDirectories(home.resolve("lib"));
        for (String jar : Role.VMM.jars()) {
            Files.write(lib.resolve(jar + ".jar"), new byte[0]);
        }
        Installation installation = Installation.ofHome(home);
        String flag = "-XX:AOTCache=" + lib.resolve("vmm.aot");
        assertFalse(installation.commandLine(Role.VMM).contains(flag));
        Files.write(lib.resolve("vmm.aot"), new byte[0]);
        assertTrue(installation.commandLine(Role.VMM).contains(flag));
    }

    @Test
    void signalRunsItsAction() throws Exception {
        assumeFalse(hangupIsIgnored(), "a signal that nohup(1) ignores stays ignored");
        CountDownLatch arrived = new CountDownLatch(1);
        Signals.on(Signals.Name.HUP, arrived::countDown);
        Processes.kill(Processes.pid(), Processes.SIGHUP);
        assertTrue(arrived.await(10, TimeUnit.SECONDS));
    }

    /** Bit 0 of SigIgn in proc(5)'s status. */
    private static boolean hangupIsIgnored() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1) != 0;
            }
        }
        return false;
    }
}
