package vmm.machine;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmm.boot.FileSource;
import vmm.kvm.KvmSelfTest;
import vmm.kvm.KvmVerdict;
import vmm.mem.GuestMemory;

/** Debian's SeaBIOS shows its banner on the debug port and on the serial port. */
@Tag("guest")
final class SeaBiosTest {
    private static final Path IMAGE =
            Path.of(System.getProperty("project.root", ".."), "build/guest/bios-256k.bin");
    private static final String BANNER = "SeaBIOS (version ";
    private static final long LIMIT_S = 120;

    private final StringBuilder serial = new StringBuilder();
    private final StringBuilder debug = new StringBuilder();
    private final CountDownLatch banners = new CountDownLatch(2);

    private synchronized void output(byte[] bytes, int length) {
        boolean before = serial.indexOf(BANNER) >= 0;
        serial.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
        if (!before && serial.indexOf(BANNER) >= 0) {
            banners.countDown();
        }
    }

    private synchronized void log(String line) {
        if (debug.indexOf(BANNER) < 0 && line.contains(BANNER)) {
            banners.countDown();
        }
        debug.append(line).append('\n');
    }

    private void bootUntilBanners(String engine, @Nullable Fd device) throws InterruptedException {
        assertTrue(Files.exists(IMAGE), () -> IMAGE + " is missing: make guests");
        try (GuestMemory memory = GuestMemory.allocate(64 << 20);
                Fd image = FileIo.open(IMAGE.toString(), FileIo.O_RDONLY | FileIo.O_CLOEXEC);
                Machine machine =
                        new Machine(
                                new MachineConfig(
                                        memory,
                                        1,
                                        engine,
                                        List.of(),
                                        this::output,
                                        FileSource.of("firmware", image),
                                        null,
                                        "",
                                        this::log,
                                        device))) {
            Thread processor = Thread.ofPlatform().start(machine::run);
            boolean shown = banners.await(LIMIT_S, TimeUnit.SECONDS);
            machine.stop();
            processor.join();
            assertTrue(shown, () -> "serial: " + serial + "\ndebug port: " + debug);
        }
    }

    @Test
    void bannerOnSoft() throws InterruptedException {
        bootUntilBanners("soft", null);
    }

    @Test
    void bannerOnKvm() throws InterruptedException {
        try (Fd kvm = FileIo.open("/dev/kvm", FileIo.O_RDWR | FileIo.O_CLOEXEC)) {
            KvmVerdict verdict = KvmSelfTest.run(kvm);
            boolean enough =
                    verdict.works(KvmVerdict.Feature.REAL_MODE)
                            && verdict.works(KvmVerdict.Feature.PROTECTED_MODE);
            assumeTrue(enough, verdict::summary);
            bootUntilBanners("kvm", kvm);
        } catch (PosixException e) {
            assumeTrue(false, "/dev/kvm: " + e.getMessage());
        }
    }
}
