package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmd.imsg.Imsg;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;
import vmd.proto.VmState;

class TreeTest {
    private static final List<String> FIXED = List.of("vmd: control", "vmd: vmm", "vmd: priv");

    @TempDir Path folder;

    @Test
    void emptyDaemonAnswersStatusAndEndsInOrder() throws Exception {
        Vmd vmd = Vmd.ready(folder, "");
        try (Client client = new Client(vmd.socket())) {
            assertEquals(List.of(), client.info());
        }
        for (String title : FIXED) {
            vmd.child(title);
        }
        vmd.process().destroy();
        assertEquals(0, vmd.awaitExit());
        assertFalse(Files.exists(vmd.socket()));
    }

    @Test
    void definedMachinesAreListedAsStopped() throws Exception {
        Path kernel = Files.createFile(folder.resolve("kernel"));
        String one = "vm \"one\" {\n disable\n memory 64M\n boot \"" + kernel + "\"\n}\n";
        String two = "vm \"two\" {\n disable\n memory 32M\n boot \"" + kernel + "\"\n}\n";
        try (Vmd vmd = Vmd.ready(folder, one + two);
                Client client = new Client(vmd.socket())) {
            List<VmInfo> rows = client.info();
            assertEquals(List.of("one", "two"), rows.stream().map(VmInfo::name).toList());
            assertEquals(List.of(1, 2), rows.stream().map(VmInfo::id).toList());
            VmInfo row = rows.getFirst();
            assertEquals(VmState.STOPPED, row.state());
            assertEquals(64L << 20, row.memoryBytes());
            assertEquals(0, row.pid());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vmd: control", "vmd: vmm", "vmd: priv"})
    void lossOfAFixedChildIsLoggedAndEndsTheDaemon(String title) throws Exception {
        Vmd vmd = Vmd.ready(folder, "");
        ProcessHandle child = vmd.child(title);
        child.destroyForcibly();
        vmd.awaitLine("lost child: pid " + child.pid() + " terminated; signal 9");
        assertEquals(1, vmd.awaitExit());
        assertFalse(Files.exists(vmd.socket()));
    }

    @Test
    void childrenEndWithinASecondOfTheirParent() throws Exception {
        Vmd vmd = Vmd.ready(folder, "");
        List<ProcessHandle> children = vmd.descendants();
        // And perhaps the one that is just trying the kernel's vmm device.
        assertTrue(children.size() >= FIXED.size(), children.toString());
        vmd.process().destroyForcibly();
        awaitEnd(children);
        // The socket's file stays behind; the next daemon takes its place.
        Vmd.ready(folder, "").close();
    }

    private static void awaitEnd(List<ProcessHandle> processes) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (!processes.stream().allMatch(TreeTest::ended)) {
            assertTrue(System.nanoTime() - deadline < 0, "children live on: " + processes);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** Whether nothing of a process runs; its last trace may wait for the system to reap it. */
    private static boolean ended(ProcessHandle process) {
        try {
            return Vmd.status(process, "State").startsWith("Z");
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void secondDaemonOnTheSocketSaysSo() throws Exception {
        try (Vmd first = Vmd.ready(folder, "")) {
            Vmd second = Vmd.start(folder, "");
            second.awaitLine("vmd: control socket " + first.socket() + " in use");
            assertEquals(1, second.awaitExit());
            try (Client client = new Client(first.socket())) {
                assertEquals(List.of(), client.info());
            }
        }
    }

    @Test
    void daemonInTheBackgroundIsReadyWhenTheCommandReturns() throws Exception {
        // Names are relative to the folder of whoever started it, where the daemon does not work.
        Files.createFile(folder.resolve("kernel"));
        Files.writeString(folder.resolve("vm.conf"), "include \"more.conf\"\n");
        Files.writeString(
                folder.resolve("more.conf"), "vm \"one\" {\n disable\n boot \"kernel\"\n}\n");
        Path socket = folder.resolve("vmd.sock");
        Process command =
                new ProcessBuilder(Vmd.command("-f", "vm.conf", "-s", "vmd.sock"))
                        .directory(folder.toFile())
                        .inheritIO()
                        .start();
        assertTrue(command.waitFor(Vmd.WAIT_S, TimeUnit.SECONDS));
        assertEquals(0, command.exitValue());
        try (Client client = new Client(socket)) {
            assertEquals(List.of("one"), client.info().stream().map(VmInfo::name).toList());
        }
        ProcessHandle parent = parentOf(socket);
        assertEquals("vmd: parent", Vmd.title(parent));
        assertTrue(parent.destroy());
        parent.onExit().get(Vmd.WAIT_S, TimeUnit.SECONDS);
        assertFalse(Files.exists(socket));
    }

    /** Whoever called listen is the peer of those that connect. */
    private static ProcessHandle parentOf(Path socket) {
        try (Fd fd = Sockets.connect(socket.toString(), Sockets.SOCK_STREAM)) {
            int pid = Sockets.peerCredentials(fd).pid();
            return ProcessHandle.of(pid).orElseThrow();
        }
    }

    @Test
    void backgroundDaemonThatCannotStartSaysWhy() throws Exception {
        Path file = Files.createFile(folder.resolve("vm.conf"));
        Path socket = folder.resolve("nowhere").resolve("vmd.sock");
        Process command =
                new ProcessBuilder(Vmd.command("-f", file.toString(), "-s", socket.toString()))
                        .redirectErrorStream(true)
                        .start();
        String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, command.waitFor());
        assertEquals("vmd: control socket " + socket + ": No such file or directory\n", said);
    }

    @Test
    void wrongOptionsAreAnsweredWithTheUsage() throws Exception {
        Process command = new ProcessBuilder(Vmd.command("-x")).redirectErrorStream(true).start();
        String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, command.waitFor());
        assertEquals("usage:\tvmd [-dnv] [-D macro=value] [-f file] [-s socket]\n", said);
    }

    @Test
    void unknownKeywordIsNamedWithItsLine() throws Exception {
        Vmd vmd = Vmd.start(folder, "vm \"x\" {\n\tmemry 64M\n}\n");
        vmd.awaitLine("vmd: .*vm.conf:2: syntax error");
        assertEquals(1, vmd.awaitExit());
    }

    @Test
    void missingKernelInTheConfigurationIsNamedWithItsLine() throws Exception {
        Vmd vmd = Vmd.start(folder, "vm \"x\" {\n\tboot \"/nonexistent/kernel\"\n}\n");
        vmd.awaitLine("vm.conf:2: kernel path not found: No such file or directory");
        assertEquals(1, vmd.awaitExit());
    }

    @Test
    void hostileBytesCloseTheirConnectionAndNoOther() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, "");
                Client silent = new Client(vmd.socket());
                Client slow = new Client(vmd.socket())) {
            byte[] request = new ClientRequest.Info().encode(0).encode();
            slow.raw(new byte[] {request[0]});
            Random random = new Random(1);
            for (int round = 0; round < 200; round++) {
                byte[] bytes = new byte[16 + random.nextInt(300)];
                random.nextBytes(bytes);
                try (Client hostile = new Client(vmd.socket())) {
                    hostile.raw(bytes);
                }
            }
            try (Client hostile = new Client(vmd.socket())) {
                hostile.raw(new Imsg(4711, false, 0, 0, new byte[0]).encode());
                assertNull(hostile.receive());
            }
            assertEquals(List.of(), silent.info());
            slow.raw(Arrays.copyOfRange(request, 1, request.length));
            slow.receive(ClientReply.InfoEnd.class);
        }
    }

    @Test
    void clientsThatDoNotReadStopNobody() throws Exception {
        StringBuilder configuration = new StringBuilder();
        Path kernel = Files.createFile(folder.resolve("kernel"));
        for (int k = 0; k < 300; k++) {
            configuration
                    .append("vm \"v" + k + "\" {\n disable\n boot \"")
                    .append(kernel)
                    .append("\"\n}\n");
        }
        List<Client> deaf = new ArrayList<>();
        try (Vmd vmd = Vmd.ready(folder, configuration.toString())) {
            for (int k = 0; k < 50; k++) {
                Client client = new Client(vmd.socket());
                client.send(new ClientRequest.Info());
                client.send(new ClientRequest.Info());
                client.send(new ClientRequest.Info());
                deaf.add(client);
            }
            try (Client client = new Client(vmd.socket())) {
                assertEquals(300, client.info().size());
            }
        } finally {
            deaf.forEach(Client::close);
        }
    }

    @Test
    void moreConnectionsThanTheLimitDoNotLockAnybodyOut() throws Exception {
        List<Client> silent = new ArrayList<>();
        try (Vmd vmd = Vmd.ready(folder, "")) {
            for (int k = 0; k < 300; k++) {
                silent.add(new Client(vmd.socket()));
            }
            try (Client client = new Client(vmd.socket())) {
                assertEquals(List.of(), client.info());
            }
        } finally {
            silent.forEach(Client::close);
        }
    }

    @Test
    void childrenRunAsTheyShould() throws IOException, InterruptedException {
        try (Vmd vmd = Vmd.ready(folder, "")) {
            boolean root = Processes.effectiveUid() == 0;
            for (String title : FIXED) {
                ProcessHandle child = vmd.child(title);
                assertEquals("1", Vmd.status(child, "NoNewPrivs"), title);
                assertEquals("2", Vmd.status(child, "Seccomp"), title);
                if (root && !title.equals("vmd: priv")) {
                    assertFalse(Vmd.status(child, "Uid").contains("\t0"), title);
                    assertEquals("0000000000000000", Vmd.status(child, "CapEff"), title);
                    assertEquals("", Vmd.status(child, "Groups"), title);
                }
            }
        }
    }
}
