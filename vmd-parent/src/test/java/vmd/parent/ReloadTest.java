package vmd.parent;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.conf.Accounts;
import vmd.conf.Configuration;
import vmd.conf.ParseResult;
import vmd.conf.Parser;
import vmd.proto.VmRef;
import vmd.proto.VmState;

class ReloadTest {
    private static final String WEB = "vm web {\n boot bsd\n memory 64M\n}\n";
    private static final String DB = "vm db {\n boot bsd\n disable\n}\n";
    private static final String LAN = "switch lan {\n interface bridge0\n}\n";

    @TempDir Path directory;

    private final Registry registry = new Registry();
    private InForce inForce = new InForce(Configuration.empty());

    @BeforeEach
    void begin() throws IOException {
        Files.writeString(directory.resolve("bsd"), "kernel");
        Configuration first = parse(LAN + WEB + DB);
        inForce = new InForce(first);
        first.vms().forEach(vm -> registry.add(Definition.of(vm, 0), true));
    }

    private Configuration parse(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("vm.conf"), text);
        ParseResult result = Parser.parse(file, Map.of(), directory, Accounts.ofFiles());
        assertEquals(List.of(), result.errors());
        return requireNonNull(result.configuration());
    }

    private Reload plan(String text) throws IOException {
        return Reload.replace(registry, inForce, parse(text), 0);
    }

    private Vm vm(String name) {
        return registry.find(VmRef.byName(name)).orElseThrow();
    }

    private static List<String> names(List<Vm> machines) {
        return machines.stream().map(Vm::name).toList();
    }

    @Test
    void sameFileChangesNothing() throws IOException {
        Vm web = vm("web");
        Reload plan = plan(LAN + WEB + DB);
        assertEquals(List.of(), plan.lines());
        assertEquals(List.of(), plan.apply());
        assertSame(web, vm("web"));
    }

    @Test
    void planAloneChangesNothing() throws IOException {
        Vm web = vm("web");
        plan("socket owner 7\nvm other {\n boot bsd\n}\n");
        assertSame(web, vm("web"));
        assertEquals(0, inForce.settings.socketOwner().uid());
        assertEquals(1, inForce.switches.size());
        assertEquals(2, registry.all().size());
    }

    @Test
    void differencesAreNamed() throws IOException {
        vm("db").state = VmState.RUNNING;
        String next =
                "engine soft\nswitch lan {\n interface bridge1\n}\n"
                        + "vm more {\n boot bsd\n}\n"
                        + WEB.replace("64M", "128M");
        assertEquals(
                List.of(
                        "settings: changed",
                        "\t- engine auto",
                        "\t+ engine soft",
                        "switch \"lan\": changed",
                        "\t- interface \"bridge0\"",
                        "\t+ interface \"bridge1\"",
                        "vm \"more\": added, starts",
                        "vm \"web\": changed, starts",
                        "\t- memory 64M",
                        "\t- engine auto",
                        "\t+ memory 128M",
                        "\t+ engine soft",
                        "vm \"db\": removed, when it has stopped"),
                plan(next).lines());
    }

    @Test
    void stoppedMachineIsReplacedWithItsNumberAndInTheOrderOfTheFile() throws IOException {
        Vm web = vm("web");
        Reload plan = plan("vm new {\n boot bsd\n}\n" + DB + WEB.replace("64M", "128M"));
        assertEquals(List.of("new", "web"), names(plan.apply()));
        assertNotSame(web, vm("web"));
        assertEquals(web.id, vm("web").id);
        assertEquals(128 << 20, vm("web").definition.memoryBytes());
        assertEquals(List.of("new", "db", "web"), names(registry.all()));
        assertEquals(Map.of(), inForce.switches);
    }

    @Test
    void runningMachineGoesOnAsItIsUntilItStops() throws IOException {
        Vm web = vm("web");
        web.state = VmState.RUNNING;
        Reload plan = plan(LAN + WEB.replace("64M", "128M") + DB);
        assertEquals(List.of(), plan.apply());
        assertSame(web, vm("web"));
        assertEquals(64 << 20, web.definition.memoryBytes());
        assertEquals(128 << 20, web.upcoming().memoryBytes());
        assertEquals(List.of(), plan(LAN + WEB.replace("64M", "128M") + DB).lines());
    }

    @Test
    void runningMachineThatIsRemovedIsForgottenLater() throws IOException {
        Vm web = vm("web");
        web.state = VmState.RUNNING;
        plan(LAN + DB).apply();
        assertSame(web, vm("web"));
        assertFalse(web.configured);
        plan(LAN + WEB + DB).apply();
        assertTrue(web.configured);
    }

    @Test
    void unchangedMachineThatWasStoppedStaysStopped() throws IOException {
        assertEquals(List.of(), plan(LAN + WEB + DB).apply());
        assertEquals(VmState.STOPPED, vm("web").state);
    }

    @Test
    void machineThatBecomesEnabledStarts() throws IOException {
        assertEquals(
                List.of("db"), names(plan(LAN + WEB + DB.replace("disable", "enable")).apply()));
    }

    @Test
    void loadOnlyAdds() throws IOException {
        Configuration more =
                parse("engine soft\n" + WEB.replace("64M", "1G") + "vm more {\n boot bsd\n}\n");
        Reload plan = Reload.add(registry, inForce, more, 0);
        assertEquals(
                List.of("vm \"web\": skipped (already exists)", "vm \"more\": added, starts"),
                plan.lines());
        assertEquals(List.of("more"), names(plan.apply()));
        assertEquals(64 << 20, vm("web").definition.memoryBytes());
        assertEquals("auto", inForce.engine().word());
    }

    @Test
    void numbersStayWithNameAndUserUntilTheyAreReset() throws IOException {
        int id = vm("db").id;
        plan(LAN + WEB).apply();
        plan(LAN + WEB + DB).apply();
        assertEquals(id, vm("db").id);
        registry.remove(vm("db"));
        registry.resetIds();
        plan(LAN + WEB + DB).apply();
        assertEquals(2, vm("db").id, "1 is still web's");
    }

    @Test
    void failedMachineOfAClientMakesWayForOneOfTheFile() throws IOException {
        Configuration other = parse("vm other {\n boot bsd\n}\n");
        Vm crashed = registry.add(Definition.of(other.vms().getFirst(), 0), false);
        crashed.state = VmState.CRASHED;
        Reload add = Reload.add(registry, inForce, other, 0);
        assertEquals(List.of("vm \"other\": added, starts"), add.lines());
        Reload replace = plan(LAN + WEB + DB + "vm other {\n boot bsd\n}\n");
        assertEquals(List.of("vm \"other\": added, starts"), replace.lines());
        assertEquals(List.of("other"), names(replace.apply()));
        assertTrue(vm("other").configured);
        assertEquals(VmState.STOPPED, vm("other").state);
    }
}
