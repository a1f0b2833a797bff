package vmd.vm;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.proto.Outcome;
import vmd.proto.VmToVmm;
import vmd.proto.VmmToVm;
import vmm.kvm.KvmSelfTest;
import vmm.kvm.KvmVerdict;
import vmm.machine.Engines;

/**
 * The process of no machine: it tries whether the kernel's vmm device can run one, says so and
 * ends. It has the sandbox of a machine's process, for the code that it lets the device run could
 * do no more there.
 */
final class KvmProbe implements Channel.Receiver {
    /** The word that makes the process of a machine this one. */
    static final String ARGUMENT = "probe";

    private static final long FAREWELL_MS = 2_000;

    private final CompletableFuture<Fd> device = new CompletableFuture<>();

    private volatile boolean answered;

    private KvmProbe() {}

    /** Takes the device from the channel, tests it, answers and ends the process. */
    static void run(Channel channel) {
        KvmProbe probe = new KvmProbe();
        channel.start(Runnable::run, probe);
        Outcome verdict = test(probe.device.join());
        probe.answered = true;
        channel.send(new VmToVmm.KvmProbed(verdict).encode(0), null);
        channel.close();
        channel.awaitEnd(FAREWELL_MS);
        Runtime.getRuntime().halt(0);
    }

    private static Outcome test(Fd kvm) {
        try (kvm) {
            if (Engines.onOpenBsd()) {
                return Outcome.OK; // vmm(4) either runs kernels or does not open
            }
            KvmVerdict verdict = KvmSelfTest.run(kvm);
            Log.debug(verdict.summary() + ", " + verdict.elapsedNs() / 1_000_000 + " ms");
            return verdict.trusted() ? Outcome.OK : Outcome.of(Outcome.ENODEV, verdict.summary());
        }
    }

    @Override
    public void message(Imsg imsg, @Nullable Fd descriptor) {
        if (!(VmmToVm.decode(imsg) instanceof VmmToVm.ProbeKvm)
                || descriptor == null
                || !device.complete(descriptor)) {
            throw new ImsgException("unexpected message");
        }
    }

    @Override
    public void ended(@Nullable String fault) {
        if (!answered) {
            if (fault != null) {
                Log.fatal(fault);
            }
            Runtime.getRuntime().halt(1);
        }
    }
}
