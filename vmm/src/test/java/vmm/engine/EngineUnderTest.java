package vmm.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmm.cpu.SoftEngine;
import vmm.kvm.KvmEngine;
import vmm.kvm.KvmSelfTest;
import vmm.kvm.KvmVerdict;
import vmm.kvm.KvmVerdict.Feature;

/**
 * The engines that the contract is held against. What KVM cannot do on this host, by its self-test,
 * is skipped and the reason is printed.
 */
enum EngineUnderTest {
    SOFT {
        @Override
        Engine open() {
            return new SoftEngine();
        }

        @Override
        void demand(Feature... features) {
            // Everything, always.
        }
    },
    KVM {
        @Override
        Engine open() {
            if (Kvm.device == null) {
                throw new IllegalStateException("demand() comes first");
            }
            return new KvmEngine(Kvm.device);
        }

        @Override
        void demand(Feature... features) {
            skipUnless(Kvm.device != null, "there is no /dev/kvm that we may use");
            for (Feature feature : features) {
                for (KvmVerdict.Failure failure : Kvm.verdict.failures()) {
                    skipUnless(failure.feature() != feature, failure.toString());
                }
            }
        }
    };

    abstract Engine open();

    /** Skips the running test unless the engine has all that it needs. */
    abstract void demand(Feature... features);

    private static void skipUnless(boolean condition, String reason) {
        if (!condition) {
            StackWalker walker = StackWalker.getInstance();
            String test =
                    walker.walk(frames ->
                            frames.filter(f -> !f.getClassName().contains("UnderTest"))
                                    .map(StackWalker.StackFrame::getMethodName)
                                    .filter(name -> !name.startsWith("lambda"))
                                    .findFirst()
                                    .orElse("test"));
            System.out.println("skipped on kvm: " + test + ": " + reason);
        }
        assumeTrue(condition, reason);
    }

    /** Opened and tested once; stays open as long as the tests run. */
    private static final class Kvm {
        static final @Nullable Fd device = openDevice();
        static final KvmVerdict verdict =
                device == null ? new KvmVerdict(List.of(), List.of(), 0) : KvmSelfTest.run(device);

        private static @Nullable Fd openDevice() {
            Path path = Path.of("/dev/kvm");
            return Files.isReadable(path) && Files.isWritable(path)
                    ? FileIo.open(path.toString(), FileIo.O_RDWR)
                    : null;
        }
    }
}
