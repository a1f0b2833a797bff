package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Processes;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.DiskFormat;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/** Machines with guests of a few instructions, under the whole tree. */
class MachineLifeTest {
    private static final VmRef ONE = VmRef.byName("one");

    @TempDir Path folder;

    private static String vm(String name, Path kernel, String... more) {
        return "vm \""
                + name
                + "\" {\n disable\n memory 32M\n boot \""
                + kernel
                + "\"\n"
                + String.join("\n", more)
                + "\n}\n";
    }

    private static ClientReply.Started start(Client client) {
        return client.start(ClientRequest.Start.existing(ONE), null);
    }

    private static void stop(Client client, boolean force) {
        client.send(new ClientRequest.Stop(ONE, force, true));
        assertEquals(Outcome.OK, client.receive(ClientReply.Stopping.class).outcome());
        assertEquals(Outcome.OK, client.receive(ClientReply.Terminated.class).outcome());
    }

    @Test
    void machineStartsIsListedAndStops() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.sleeping(folder)));
                Client client = new Client(vmd.socket())) {
            ClientReply.Started started = start(client);
            assertEquals(Outcome.OK, started.outcome());
            assertEquals(1, started.id());
            VmInfo row = client.info().getFirst();
            assertEquals(VmState.RUNNING, row.state());
            assertEquals(EngineChoice.SOFT, row.engine());
            assertEquals(started.pid(), row.pid());
            assertEquals(started.tty(), row.tty());
            assertTrue(row.residentBytes() > 1 << 20);
            assertEquals("vmd: one", Vmd.title(ProcessHandle.of(row.pid()).orElseThrow()));
            assertEquals(Outcome.EALREADY, start(client).outcome().code());
            stop(client, false);
            row = client.info().getFirst();
            assertEquals(VmState.STOPPED, row.state());
            assertEquals("", row.tty());
            client.send(new ClientRequest.Stop(ONE, false, false));
            Outcome second = client.receive(ClientReply.Stopping.class).outcome();
            assertEquals(Outcome.NOT_RUNNING, second.code());
        }
    }

    @Test
    void machineOfAClientIsForgottenWhenItEnds() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, "");
                Client client = new Client(vmd.socket());
                Fd kernel = FileIo.open(TinyGuest.sleeping(folder).toString(), FileIo.O_RDONLY)) {
            ClientRequest.Start request =
                    new ClientRequest.Start(
                            ONE, 32 << 20, 0, null, "sleeping", null, null, List.of());
            assertEquals(Outcome.OK, client.start(request, kernel).outcome());
            assertEquals(1, client.info().size());
            stop(client, true);
            assertEquals(List.of(), client.info());
        }
    }

    @Test
    void failedMachineOfAClientIsShownAndStartsAgainWithItsKernel() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, "");
                Client client = new Client(vmd.socket());
                Fd kernel = FileIo.open(TinyGuest.sleeping(folder).toString(), FileIo.O_RDONLY)) {
            ClientRequest.Start request =
                    new ClientRequest.Start(
                            ONE, 32 << 20, 0, null, "sleeping", null, null, List.of());
            Processes.kill(client.start(request, kernel).pid(), Processes.SIGKILL);
            vmd.awaitLine("one: terminated vm 1: its process was ended by signal 9");
            assertEquals(VmState.CRASHED, client.info().getFirst().state());
            assertEquals(Outcome.OK, start(client).outcome());
            stop(client, true);
            assertEquals(List.of(), client.info());
        }
    }

    @Test
    void outputFromBeforeTheAttachmentIsShownToEachWhoAttaches() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.saying(folder, "early words\n")));
                Client client = new Client(vmd.socket())) {
            String tty = start(client).tty();
            try (Terminal terminal = new Terminal(tty)) {
                terminal.awaitText("early words");
            }
            // Who comes so soon after the last one that nobody noticed the change sees nothing
            // again, so this may take more than one attempt.
            boolean again = false;
            for (int attempt = 0; attempt < 10 && !again; attempt++) {
                try (Terminal terminal = new Terminal(tty)) {
                    again = terminal.comes("early words", 1);
                }
            }
            assertTrue(again);
            stop(client, true);
        }
    }

    @Test
    void inputReachesTheGuestAndComesBack() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.echoing(folder)));
                Client client = new Client(vmd.socket());
                Terminal terminal = new Terminal(start(client).tty())) {
            terminal.type("HAL");
            terminal.awaitText("IBM");
            // More than the port and the terminal hold at once arrives whole and in order.
            terminal.type("a".repeat(2000) + "y");
            terminal.awaitText("b".repeat(2000) + "z");
            stop(client, true);
        }
    }

    @Test
    void whoReadsSlowlyGetsAllThatAFastGuestWrites() throws Exception {
        int letters = 26 * 20_000;
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.talking(folder, letters)));
                Client client = new Client(vmd.socket());
                Terminal terminal = new Terminal(start(client).tty())) {
            terminal.type("x");
            // The guest halts behind the last letter: what is on the way then comes all the same.
            String text = terminal.slowly(letters, 3);
            assertEquals("abcdefghijklmnopqrstuvwxyz".repeat(20_000), text);
            vmd.awaitLine("one: terminated vm 1");
        }
    }

    @Test
    void guestThatPowersOffEndsItsMachine() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.poweringOff(folder)));
                Client client = new Client(vmd.socket())) {
            assertEquals(Outcome.OK, start(client).outcome());
            vmd.awaitLine("one: terminated vm 1");
            assertEquals(VmState.STOPPED, client.info().getFirst().state());
        }
    }

    @Test
    void guestThatRebootsIsStartedAgainButNotForEver() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.rebooting(folder)));
                Client client = new Client(vmd.socket())) {
            start(client);
            vmd.awaitLine("one: rebooting vm 1");
            vmd.awaitLine("one: rebooting vm 1");
            vmd.awaitLine("vm 1 restarted too quickly");
            vmd.awaitLine("one: terminated vm 1");
        }
    }

    @Test
    void tripleFaultIsAReboot() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.faulting(folder)));
                Client client = new Client(vmd.socket())) {
            start(client);
            vmd.awaitLine("one: rebooting vm 1");
        }
    }

    @Test
    void guestIsAskedToStopThroughThePowerButton() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.listeningToTheButton(folder)));
                Client client = new Client(vmd.socket());
                Terminal terminal = new Terminal(start(client).tty())) {
            terminal.awaitText("ready");
            stop(client, false);
        }
    }

    @Test
    void guestThatDoesNotTakeTheButtonIsEndedSoon() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.deafToTheButton(folder)));
                Client client = new Client(vmd.socket());
                Terminal terminal = new Terminal(start(client).tty())) {
            terminal.awaitText("ready");
            stop(client, false);
            vmd.awaitLine("the guest did not take the request to shut down");
        }
    }

    @Test
    void killedMachineIsReportedAndHarmsNobody() throws Exception {
        Path kernel = TinyGuest.sleeping(folder);
        try (Vmd vmd = Vmd.ready(folder, vm("one", kernel) + vm("two", kernel));
                Client client = new Client(vmd.socket());
                Client waiter = new Client(vmd.socket())) {
            int pid = start(client).pid();
            client.start(ClientRequest.Start.existing(VmRef.byName("two")), null);
            waiter.send(new ClientRequest.Wait(ONE));
            // The list is answered after the wait is noted: one loop handles both.
            assertEquals(2, client.info().size());
            Processes.kill(pid, Processes.SIGKILL);
            vmd.awaitLine("one: terminated vm 1: its process was ended by signal 9");
            waiter.receive(ClientReply.Terminated.class);
            List<VmInfo> rows = client.info();
            assertEquals(
                    List.of(VmState.RUNNING, VmState.CRASHED),
                    rows.stream().map(VmInfo::state).toList());
            assertEquals(Outcome.OK, start(client).outcome());
        }
    }

    @Test
    void enabledMachineStartsWithTheDaemonAndEndsWithIt() throws Exception {
        Path kernel = TinyGuest.sleeping(folder);
        Vmd vmd = Vmd.start(folder, vm("one", kernel).replace("disable", "enable"));
        vmd.awaitLine("started one \\(vm 1\\) successfully, tty /dev/pts/\\d+");
        ProcessHandle machine = vmd.child("vmd: one");
        vmd.close();
        assertFalse(machine.isAlive());
    }

    @Test
    void machineHoldsNothingThatItDoesNotNeed() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", TinyGuest.sleeping(folder)));
                Client client = new Client(vmd.socket())) {
            ProcessHandle machine = ProcessHandle.of(start(client).pid()).orElseThrow();
            assertEquals("1", Vmd.status(machine, "NoNewPrivs"));
            assertEquals("2", Vmd.status(machine, "Seccomp"));
            if (Processes.effectiveUid() == 0) {
                assertFalse(Vmd.status(machine, "Uid").contains("\t0"));
                assertFalse(Vmd.status(machine, "Uid").startsWith("0"));
            }
            for (String target : descriptors(machine.pid())) {
                assertFalse(Files.isDirectory(Path.of(target)), target);
                assertFalse(target.endsWith("sleeping"), "the kernel is still open");
            }
            long sockets =
                    descriptors(machine.pid()).stream()
                            .filter(target -> target.startsWith("socket:"))
                            .count();
            assertEquals(1, sockets, "only its channel");
        }
    }

    private static List<String> descriptors(long pid) throws IOException {
        try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return links.map(MachineLifeTest::target).toList();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void whatCannotStartIsRefusedWithOneClearMessage() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no kernel at all\n".repeat(100));
        Path kernel = TinyGuest.sleeping(folder);
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        String configuration = vm("one", kernel, " disk \"" + disk + "\"") + vm("text", text);
        try (Vmd vmd = Vmd.ready(folder, configuration);
                Client client = new Client(vmd.socket())) {
            assertEquals(Outcome.OK, start(client).outcome());
            assertRefusal(client, disk, "disk '" + disk + "' is locked by another vm");
            Path missing = folder.resolve("missing.img");
            assertRefusal(
                    client,
                    missing,
                    "cannot open disk '" + missing + "': No such file or directory");
            assertRefusal(client, folder, "cannot open disk '" + folder + "': Is a directory");
            ClientReply.Started noKernel =
                    client.start(ClientRequest.Start.existing(VmRef.byName("text")), null);
            assertEquals(Outcome.EINVAL, noKernel.outcome().code());
            assertTrue(noKernel.outcome().text().startsWith("kernel"), noKernel.toString());
            ClientReply.Started unknown =
                    client.start(ClientRequest.Start.existing(VmRef.byName("nobody")), null);
            assertEquals("vm \"nobody\" is not defined", unknown.outcome().message());
        }
    }

    private static void assertRefusal(Client client, Path disk, String message) throws IOException {
        DiskSpec spec = new DiskSpec(disk.toString(), DiskFormat.RAW);
        Path kernel = TinyGuest.sleeping(Files.createTempDirectory("kernel"));
        try (Fd fd = FileIo.open(kernel.toString(), FileIo.O_RDONLY)) {
            ClientRequest.Start request =
                    new ClientRequest.Start(
                            VmRef.byName("other"),
                            32 << 20,
                            0,
                            null,
                            "kernel",
                            null,
                            null,
                            List.of(spec));
            assertEquals(message, client.start(request, fd).outcome().message());
        }
        Files.delete(kernel);
        Files.delete(kernel.getParent());
    }

    @Test
    void moreMemoryThanTheHostHasIsRefused() throws Exception {
        String large = vm("one", TinyGuest.sleeping(folder)).replace("32M", "127G");
        try (Vmd vmd = Vmd.ready(folder, large);
                Client client = new Client(vmd.socket())) {
            Outcome outcome = start(client).outcome();
            assertEquals(Outcome.ENOMEM, outcome.code());
            assertTrue(
                    outcome.text().startsWith("memory of 127G is more than the host has ("),
                    outcome.text());
        }
    }

    @Test
    void aFewStartsAndStopsLeaveNothingBehind() throws Exception {
        churn(5);
    }

    @Tag("guest")
    @Test
    void twoHundredStartsAndStopsLeaveNothingBehind() throws Exception {
        churn(200);
    }

    private void churn(int rounds) throws Exception {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        String one = vm("one", TinyGuest.sleeping(folder), " disk \"" + disk + "\"");
        try (Vmd vmd = Vmd.ready(folder, one);
                Client client = new Client(vmd.socket())) {
            start(client);
            stop(client, true);
            List<ProcessHandle> processes = settled(vmd);
            List<Integer> before = counts(processes);
            for (int k = 0; k < rounds; k++) {
                assertEquals(Outcome.OK, start(client).outcome());
                stop(client, k % 2 == 0);
            }
            assertEquals(processes, settled(vmd));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Vmd.WAIT_S);
            while (!counts(processes).equals(before)) {
                // A console's terminal is kept a moment longer than its machine.
                assertTrue(System.nanoTime() < deadline, before + " is now " + counts(processes));
                Thread.onSpinWait();
            }
        }
    }

    /** The parent and its fixed children. */
    private static List<ProcessHandle> settled(Vmd vmd) {
        return Stream.concat(Stream.of(vmd.process().toHandle()), vmd.process().descendants())
                .sorted()
                .toList();
    }

    /** How many descriptors each has open, those of the Java runtime aside. */
    private static List<Integer> counts(List<ProcessHandle> processes) throws IOException {
        List<Integer> counts = new ArrayList<>();
        for (ProcessHandle process : processes) {
            counts.add(
                    (int)
                            descriptors(process.pid()).stream()
                                    .filter(target -> !target.startsWith("/proc/"))
                                    .count());
        }
        return counts;
    }
}
