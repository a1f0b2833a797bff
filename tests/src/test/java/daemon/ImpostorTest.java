package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/**
 * A child that has been taken over asks for what its role may not: whoever it asks ends the channel
 * and does nothing. InternalMessagesTest tries every message on every channel that it does not
 * belong to; here whole processes do.
 */
class ImpostorTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "vmd-parent, vmd.control.Main, control, raw", // bytes without a tag
        "vmd-parent, vmd.control.Main, control, 352", // a machine has started: vmm's to say
        "vmd-vmm, vmd.vmm.Main, vmm, 312", // a client's request: control's to bring
        "vmd-priv, vmd.priv.Main, priv, 312",
        "vmd-priv, vmd.priv.Main, priv, 342", // start a machine: the parent's to say
    })
    void messageOfAnotherRoleEndsTheDaemonInOrder(
            String module, String mainClass, String role, String offence) throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        Intruded.impostor(home, module, mainClass, offence);
        Vmd vmd = Vmd.start(home, folder, "");
        vmd.awaitLine("channel to " + role + ": ");
        assertEquals(1, vmd.awaitExit());
    }

    @Test
    void machineThatSpeaksForItsSupervisorIsEndedAlone() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        Intruded.impostor(home, "vmd-vmm", "vmd.vm.Main", "352");
        Path kernel = TinyGuest.sleeping(folder);
        String machine = "vm \"one\" {\n disable\n memory 32M\n boot \"" + kernel + "\"\n}\n";
        try (Vmd vmd = Vmd.ready(home, folder, machine);
                Client client = new Client(vmd.socket())) {
            var started = client.start(ClientRequest.Start.existing(VmRef.byName("one")), null);
            assertEquals(Outcome.EIO, started.outcome().code());
            assertTrue(started.outcome().text().contains("protocol"), started.toString());
            VmInfo row = client.info().getFirst();
            assertEquals(VmState.STOPPED, row.state());
        }
    }
}
