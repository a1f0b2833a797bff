package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmd.conf.Position;
import vmd.conf.VmOptions;
import vmd.proto.EngineChoice;
import vmd.proto.VmState;

class RegistryTest {
    private final Registry registry = new Registry();

    private Vm crashed(int number, boolean configured) {
        VmOptions options = new VmOptions("m" + number, Position.REQUEST);
        options.boot = Path.of("/kernel");
        Vm vm = registry.add(Definition.of(options.toConfig(EngineChoice.AUTO), 0), configured);
        vm.state = VmState.CRASHED;
        vm.startOrder = number;
        return vm;
    }

    @Test
    void soManyFailedMachinesOfClientsAreListed() {
        Vm ofTheFile = crashed(0, true);
        for (int number = 1; number <= Registry.REMAINS_MAX + 2; number++) {
            crashed(number, false);
            registry.boundRemains();
        }
        List<Vm> all = registry.all();
        assertEquals(1 + Registry.REMAINS_MAX, all.size());
        assertEquals(ofTheFile, all.get(0));
        assertEquals("m3", all.get(1).name());
    }
}
