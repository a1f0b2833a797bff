package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.ResetScope;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/** Reload, load, reset and log, under the whole tree. */
class ConfigurationChangesTest {
    @TempDir Path folder;

    private Path kernel = Path.of("");

    @BeforeEach
    void makeKernel() throws IOException {
        kernel = TinyGuest.sleeping(folder);
    }

    private String vm(String name, String memory, String... more) {
        String options = String.join("\n", more);
        return "vm \"%s\" {\n memory %s\n boot \"%s\"\n%s\n}\n"
                .formatted(name, memory, kernel, options.isEmpty() ? "enable" : options);
    }

    private void write(String text) throws IOException {
        Files.writeString(folder.resolve("vm.conf"), text);
    }

    /** The lines that come before the answer, and why it failed if it did. */
    private record Answer(List<String> lines, @Nullable String failure) {}

    private static Answer ask(Client client, ClientRequest request) {
        client.send(request);
        List<String> lines = new ArrayList<>();
        while (true) {
            switch (client.receive()) {
                case ClientReply.Line line -> lines.add(line.text());
                case ClientReply.Done _ -> {
                    return new Answer(lines, null);
                }
                case ClientReply.Failed failed -> {
                    return new Answer(lines, failed.outcome().message());
                }
                case null, default -> throw new AssertionError("no answer");
            }
        }
    }

    private static List<String> rows(Client client) {
        return client.info().stream()
                .map(vm -> vm.id() + " " + vm.name() + " " + vm.state().word())
                .toList();
    }

    private static Answer done(String... lines) {
        return new Answer(List.of(lines), null);
    }

    @Test
    void reloadKeepsWhatIsTheSameAndNothingStopsForIt() throws Exception {
        String same = "staggered start parallel 8 delay 1\n" + vm("same", "32M");
        String old = same + vm("changed", "32M") + vm("gone", "32M", "disable");
        try (Vmd vmd = Vmd.ready(folder, old);
                Client client = new Client(vmd.socket())) {
            vmd.awaitLine("started (same|changed)");
            vmd.awaitLine("started (same|changed)");
            List<Integer> pids = client.info().stream().map(VmInfo::pid).toList();
            Path disk = Files.write(folder.resolve("disk"), new byte[1 << 20]);
            String more = " disk \"" + disk + "\"\n owner \"root:root\"";
            write(same + vm("changed", "48M") + vm("new", "32M", more));
            List<String> changes =
                    List.of(
                            "vm \"changed\": changed, when it has stopped",
                            "\t- memory 32M",
                            "\t+ memory 48M",
                            "vm \"new\": added, starts",
                            "vm \"gone\": removed");
            assertEquals(new Answer(changes, null), ask(client, new ClientRequest.Reload(true)));
            assertEquals(3, client.info().size());
            assertEquals(done(), ask(client, new ClientRequest.Reload(false)));
            vmd.awaitLine("started new");
            assertEquals(
                    List.of("4 new running", "2 changed running", "1 same running"), rows(client));
            List<Integer> now = client.info().stream().map(VmInfo::pid).toList();
            assertEquals(pids.subList(0, 2), now.subList(1, 3));
            client.send(new ClientRequest.Stop(VmRef.byName("changed"), true, true));
            client.receive(ClientReply.Stopping.class);
            client.receive(ClientReply.Terminated.class);
            VmInfo changed = client.info().getLast();
            assertEquals("changed", changed.name());
            assertEquals(2, changed.id());
            assertEquals(48 << 20, changed.memoryBytes());
            assertEquals(done("no changes"), ask(client, new ClientRequest.Reload(true)));
        }
    }

    @Test
    void reloadOfAFileWithErrorsChangesNothingAndSaysWhy() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", "32M", "disable"));
                Client client = new Client(vmd.socket())) {
            write(vm("two", "32M", "disable") + "vm three {\n memry 1\n}\n");
            Answer answer = ask(client, new ClientRequest.Reload(false));
            assertEquals("the configuration has errors", answer.failure());
            assertEquals(1, answer.lines().size());
            assertTrue(answer.lines().getFirst().endsWith("vm.conf:7: syntax error"));
            assertEquals(List.of("1 one stopped"), rows(client));
            vmd.awaitLine("vm.conf:7: syntax error");
        }
    }

    @Test
    void hangUpIsAReload() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", "32M", "disable"));
                Client client = new Client(vmd.socket())) {
            write(vm("two", "32M", "disable"));
            new ProcessBuilder("kill", "-HUP", Long.toString(vmd.process().pid()))
                    .start()
                    .waitFor();
            vmd.awaitLine("reload requested with SIGHUP");
            vmd.awaitLine("configuration reloaded");
            assertEquals(List.of("2 two stopped"), rows(client));
        }
    }

    @Test
    void loadAddsAndResetForgets() throws Exception {
        Path more = folder.resolve("more.conf");
        Files.writeString(more, vm("one", "48M", "disable") + vm("two", "32M"));
        try (Vmd vmd = Vmd.ready(folder, vm("one", "32M", "disable"));
                Client client = new Client(vmd.socket())) {
            assertEquals(done(), ask(client, new ClientRequest.Load(more.toString())));
            vmd.awaitLine("started two");
            assertEquals(List.of("2 two running", "1 one stopped"), rows(client));
            assertEquals(
                    "more.conf is not an absolute path",
                    ask(client, new ClientRequest.Load("more.conf")).failure());
            assertEquals(done(), ask(client, new ClientRequest.Reset(ResetScope.SWITCHES)));
            assertEquals(2, client.info().size());
            assertEquals(done(), ask(client, new ClientRequest.Reset(ResetScope.VMS)));
            vmd.awaitLine("two: terminated vm 2");
            assertEquals(List.of(), rows(client));
            assertEquals(done(), ask(client, new ClientRequest.Load(more.toString())));
            vmd.awaitLine("started two");
            assertEquals(List.of("2 two running", "1 one stopped"), rows(client));
        }
    }

    @Test
    void machinesStartInBatches() throws Exception {
        String text =
                "staggered start parallel 1 delay 3600\n" + vm("one", "32M") + vm("two", "32M");
        try (Vmd vmd = Vmd.ready(folder, text);
                Client client = new Client(vmd.socket())) {
            vmd.awaitLine("started one");
            assertEquals(List.of("1 one running", "2 two waiting"), rows(client));
            client.send(new ClientRequest.Stop(VmRef.byName("two"), false, true));
            assertEquals(Outcome.OK, client.receive(ClientReply.Stopping.class).outcome());
            assertEquals(Outcome.OK, client.receive(ClientReply.Terminated.class).outcome());
            assertEquals(VmState.STOPPED, client.info().getLast().state());
            Outcome started =
                    client.start(ClientRequest.Start.existing(VmRef.byName("two")), null).outcome();
            assertEquals(Outcome.OK, started);
        }
    }

    @Test
    void howMuchIsLoggedChangesEverywhere() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", "32M"));
                Client client = new Client(vmd.socket())) {
            vmd.awaitLine("started one");
            assertEquals(done(), ask(client, new ClientRequest.Verbosity(0)));
            assertEquals(done(), ask(client, new ClientRequest.Verbosity(2)));
            assertEquals(List.of("1 one running"), rows(client));
        }
    }

    @Test
    void detailsShowProcessesAndConfigurations() throws Exception {
        try (Vmd vmd = Vmd.ready(folder, vm("one", "32M"));
                Client client = new Client(vmd.socket())) {
            vmd.awaitLine("started one");
            List<String> lines = ask(client, new ClientRequest.Details()).lines();
            String parent = lines.getFirst();
            assertTrue(parent.startsWith("vmd: parent, pid " + vmd.process().pid()), parent);
            int pid = client.info().getFirst().pid();
            assertTrue(
                    lines.stream()
                            .anyMatch(line -> line.startsWith("vm 1 \"one\": running, pid " + pid)),
                    () -> lines.toString());
            assertTrue(lines.contains("\tstarts 1, guest reboots 0, failures 0"));
            assertTrue(lines.contains("\t\tmemory 32M"));
        }
    }
}
