package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmd.imsg.ImsgException;
import vmd.posix.Fd;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;

class KvmDeviceTest {
    private final List<Fd> tested = new ArrayList<>();

    /** A device node that anybody can open stands for the real one: nothing here speaks to it. */
    private KvmDevice present() {
        KvmDevice device = KvmDevice.open(Path.of("/dev/null"));
        device.test(tested::add);
        return device;
    }

    @Test
    void aDeviceThatIsNotThereNeedsNoTest() throws Refusal {
        KvmDevice device = KvmDevice.open(Path.of("/no/such/device"));
        device.test(tested::add);
        assertTrue(tested.isEmpty());
        assertFalse(device.pending());
        assertEquals(EngineChoice.SOFT, device.resolve(EngineChoice.AUTO));
        assertEquals(
                "engine kvm is not used (/no/such/device: No such file or directory): soft takes its place",
                device.describe());
    }

    @Test
    void whoeverInsistsOnKvmIsToldWhyNot() {
        KvmDevice device = KvmDevice.absent("int3 fails");
        Refusal refusal = assertThrows(Refusal.class, () -> device.resolve(EngineChoice.KVM));
        assertEquals("engine kvm cannot be used: int3 fails", refusal.outcome().message());
        assertEquals(Outcome.ENODEV, refusal.outcome().code());
    }

    @Test
    void actionsWaitForTheVerdictInOrder() {
        KvmDevice device = present();
        List<Integer> done = new ArrayList<>();
        device.whenKnown(() -> done.add(1));
        device.whenKnown(() -> done.add(2));
        assertTrue(done.isEmpty());
        device.verdict(Outcome.of(Outcome.ENODEV, "cmpxchg16b fails"));
        device.whenKnown(() -> done.add(3));
        assertEquals(List.of(1, 2, 3), done);
    }

    @Test
    void aGoodDeviceIsHandedOutAsCopies() throws Refusal {
        KvmDevice device = present();
        device.verdict(Outcome.OK);
        assertEquals(EngineChoice.KVM, device.resolve(EngineChoice.AUTO));
        assertEquals(EngineChoice.SOFT, device.resolve(EngineChoice.SOFT));
        device.copy().close();
        device.copy().close();
    }

    @Test
    void aLineSaysWhatIsKnown() {
        KvmDevice device = present();
        assertEquals("engine kvm is being tested", device.describe());
        device.verdict(Outcome.of(Outcome.ENODEV, "paging fails"));
        assertEquals(
                "engine kvm is not used (paging fails): soft takes its place", device.describe());
    }

    @Test
    void aBadDeviceIsClosed() throws Refusal {
        KvmDevice device = present();
        device.verdict(Outcome.of(Outcome.ENODEV, "paging fails"));
        assertEquals(EngineChoice.SOFT, device.resolve(EngineChoice.AUTO));
        assertThrows(IllegalStateException.class, device::copy);
    }

    @Test
    void nobodyGivesASecondVerdictOrOneUnasked() {
        KvmDevice device = present();
        device.verdict(Outcome.of(Outcome.ENODEV, "paging fails"));
        assertThrows(ImsgException.class, () -> device.verdict(Outcome.OK));
        KvmDevice untested = KvmDevice.open(Path.of("/dev/null"));
        assertThrows(ImsgException.class, () -> untested.verdict(Outcome.OK));
    }
}
