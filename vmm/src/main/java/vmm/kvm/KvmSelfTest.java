package vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmm.engine.Exit;
import vmm.engine.Vcpu;
import vmm.kvm.KvmVerdict.Failure;
import vmm.kvm.KvmVerdict.Feature;
import vmm.mem.GuestMemory;

/**
 * Finds out whether KVM can run an operating system here, by running small guests. That the device
 * opens says little: where hardware virtualization is itself emulated, KVM may interpret the code
 * of a kernel, and lack instructions that every kernel uses.
 */
public final class KvmSelfTest {
    /** An answer takes a few ms, on a busy host more; after this none will come. */
    private static final long PROBE_NS = 1_000_000_000;

    /** After this the remaining features are not tried. */
    private static final long TOTAL_NS = 2_000_000_000;

    private final List<Feature> working = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private final long startNs = System.nanoTime();

    private KvmSelfTest() {}

    /** Tests KVM through an open {@code /dev/kvm}, which stays the caller's. Never hangs. */
    public static KvmVerdict run(Fd kvm) {
        KvmSelfTest test = new KvmSelfTest();
        test.tryAll(kvm);
        return new KvmVerdict(
                List.copyOf(test.working),
                List.copyOf(test.failures),
                System.nanoTime() - test.startNs);
    }

    private void tryAll(Fd kvm) {
        ProbePlatform platform = new ProbePlatform();
        try (GuestMemory memory = GuestMemory.allocate(ProbeGuest.MEMORY_BYTES);
                KvmEngine engine = new KvmEngine(kvm);
                Vcpu vcpu = engine.createVcpu(0, memory, platform)) {
            working.add(Feature.DEVICE);
            Watchdog watchdog = new Watchdog(vcpu);
            try {
                for (ProbeGuest probe : ProbeGuest.all()) {
                    tryOne(probe, memory, vcpu, platform, watchdog);
                }
            } finally {
                watchdog.end();
            }
        } catch (PosixException | KvmException e) {
            failures.add(new Failure(Feature.DEVICE, String.valueOf(e.getMessage())));
        }
    }

    private void tryOne(
            ProbeGuest probe,
            GuestMemory memory,
            Vcpu vcpu,
            ProbePlatform platform,
            Watchdog watchdog) {
        String reason;
        if (System.nanoTime() - startNs > TOTAL_NS) {
            reason = "not tried, the test takes too long";
        } else {
            try {
                probe.load(memory);
                vcpu.state(probe.start());
                platform.start(vcpu, probe.interrupts());
                watchdog.watch(PROBE_NS);
                Exit exit = vcpu.run();
                watchdog.rest();
                reason = judge(probe, exit, vcpu, platform);
            } catch (PosixException | KvmException e) {
                reason = String.valueOf(e.getMessage());
            }
        }
        if (reason.isEmpty()) {
            working.add(probe.feature());
        } else {
            failures.add(new Failure(probe.feature(), reason));
        }
    }

    private static String judge(ProbeGuest probe, Exit exit, Vcpu vcpu, ProbePlatform platform) {
        return switch (exit) {
            case KICKED -> {
                if (!platform.reported()) {
                    yield "no answer in time";
                }
                yield platform.report() == probe.expected()
                        ? ""
                        : "0x%x instead of 0x%x".formatted(platform.report(), probe.expected());
            }
            case TRIPLE_FAULT -> "triple fault";
            case HALTED_FOREVER -> "halted with interrupts disabled";
            case FAILED -> firstWords(vcpu.failure());
        };
    }

    /** Without the instruction's bytes: the feature's name says which it was. */
    private static String firstWords(String failure) {
        String line = failure.lines().findFirst().orElse("failed");
        int bytes = line.indexOf(", instruction");
        return bytes < 0 ? line : line.substring(0, bytes);
    }

    /** Ends a probe that does not end by itself. */
    private static final class Watchdog {
        private final Vcpu vcpu;
        private final Thread thread;
        private volatile long deadlineNs = Long.MAX_VALUE;
        private volatile boolean ended;

        Watchdog(Vcpu vcpu) {
            this.vcpu = vcpu;
            thread = Thread.ofPlatform().daemon().name("kvm-watchdog").start(this::guard);
        }

        void watch(long ns) {
            deadlineNs = System.nanoTime() + ns;
            LockSupport.unpark(thread);
        }

        void rest() {
            deadlineNs = Long.MAX_VALUE;
        }

        private void guard() {
            while (!ended) {
                long deadline = deadlineNs;
                if (deadline == Long.MAX_VALUE) {
                    LockSupport.park(this);
                } else if (deadline - System.nanoTime() > 0) {
                    LockSupport.parkNanos(this, deadline - System.nanoTime());
                } else {
                    rest();
                    vcpu.kick();
                }
            }
        }

        /** Nothing is kicked any more when this returns. */
        void end() {
            ended = true;
            LockSupport.unpark(thread);
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
