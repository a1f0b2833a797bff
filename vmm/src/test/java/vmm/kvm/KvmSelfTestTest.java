package vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmm.kvm.KvmVerdict.Failure;
import vmm.kvm.KvmVerdict.Feature;

class KvmSelfTestTest {
    private static final Path DEVICE = Path.of("/dev/kvm");

    @Test
    void saysForEveryFeatureWhetherItWorks() {
        assumeTrue(Files.isWritable(DEVICE), "no /dev/kvm that we may use here");
        try (Fd kvm = FileIo.open(DEVICE.toString(), FileIo.O_RDWR)) {
            KvmVerdict verdict = KvmSelfTest.run(kvm);
            assertTrue(verdict.works(Feature.DEVICE), verdict.summary());
            for (Feature feature : Feature.values()) {
                long failed =
                        verdict.failures().stream().filter(f -> f.feature() == feature).count();
                long worked = verdict.working().stream().filter(f -> f == feature).count();
                assertEquals(1, failed + worked, feature::label);
            }
        }
    }

    @Test
    void anotherDeviceIsNotKvm() {
        try (Fd other = FileIo.open("/dev/null", FileIo.O_RDWR)) {
            KvmVerdict verdict = KvmSelfTest.run(other);
            assertFalse(verdict.trusted());
            assertEquals(List.of(), verdict.working());
            assertEquals(
                    "kvm fails the self-test at the device"
                            + " (ioctl(KVM_GET_API_VERSION): Inappropriate ioctl for device)",
                    verdict.summary());
        }
    }

    @Test
    void summaryGroupsByReason() {
        List<Failure> failures =
                List.of(
                        new Failure(Feature.PAGING, "triple fault"),
                        new Failure(Feature.BREAKPOINT, "emulation failure"),
                        new Failure(Feature.CMPXCHG16B, "emulation failure"));
        assertEquals(
                "kvm fails the self-test at 32-bit paging (triple fault),"
                        + " int3, cmpxchg16b (emulation failure)",
                new KvmVerdict(List.of(), failures, 0).summary());
    }
}
