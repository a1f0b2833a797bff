package vmd.parent;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;

/**
 * The kernel's vmm device. It is opened once, when the daemon starts, and no machine runs on it
 * before its self-test, which a process of its own carries out, has found it good: there are
 * kernels whose device runs small programs and fails with a real guest. What depends on the verdict
 * waits for it; it comes within half a second or so. Used on the event loop's thread only.
 */
final class KvmDevice {
    private static final Path PATH =
            Path.of(System.getProperty("os.name").equals("OpenBSD") ? "/dev/vmm" : "/dev/kvm");

    private final List<Runnable> waiting = new ArrayList<>();
    private @Nullable Fd device;
    private boolean asked;
    private @Nullable Outcome verdict;

    private KvmDevice(@Nullable Fd device, @Nullable Outcome verdict) {
        this.device = device;
        this.verdict = verdict;
    }

    /** Opens the device, or finds out why that cannot be. */
    static KvmDevice open() {
        return open(PATH);
    }

    static KvmDevice open(Path path) {
        try {
            return new KvmDevice(FileIo.open(path.toString(), FileIo.O_RDWR), null);
        } catch (PosixException e) {
            return absent(path + ": " + e.reason());
        }
    }

    /** A device that cannot be used. */
    static KvmDevice absent(String reason) {
        return new KvmDevice(null, Outcome.of(Outcome.ENODEV, reason));
    }

    /**
     * Has the device tested.
     *
     * @param tester takes a descriptor of the device to where the test runs
     */
    void test(Consumer<Fd> tester) {
        Fd open = device;
        if (verdict != null) {
            log(verdict);
        } else if (open != null) {
            asked = true;
            tester.accept(FileIo.duplicate(open));
        }
    }

    /** The self-test has come to its end: everybody who waited goes on. */
    void verdict(Outcome outcome) {
        if (verdict != null || !asked) {
            throw new ImsgException("verdict without a test");
        }
        verdict = outcome;
        log(outcome);
        if (!outcome.ok() && device != null) {
            device.close();
            device = null;
        }
        List<Runnable> ready = List.copyOf(waiting);
        waiting.clear();
        ready.forEach(Runnable::run);
    }

    private static void log(Outcome outcome) {
        Log.info(describe(outcome));
    }

    /** What is known of the device, in a line. */
    String describe() {
        Outcome known = verdict;
        return known == null ? "engine kvm is being tested" : describe(known);
    }

    private static String describe(Outcome outcome) {
        return outcome.ok()
                ? "engine kvm is good: machines with engine auto run on it"
                : "engine kvm is not used (" + outcome.message() + "): soft takes its place";
    }

    /** Whether the verdict is still to come. */
    boolean pending() {
        return verdict == null;
    }

    /** Runs {@code action} when the verdict is known: now, if it is. */
    void whenKnown(Runnable action) {
        if (pending()) {
            waiting.add(action);
        } else {
            action.run();
        }
    }

    /** What a machine with this choice runs on. */
    EngineChoice resolve(EngineChoice choice) throws Refusal {
        if (choice == EngineChoice.SOFT) {
            return choice;
        }
        if (verdict != null && verdict.ok()) {
            return EngineChoice.KVM;
        }
        if (choice == EngineChoice.KVM) {
            String why = verdict == null ? "it is still being tested" : verdict.message();
            throw new Refusal(Outcome.ENODEV, "engine kvm cannot be used: " + why);
        }
        return EngineChoice.SOFT;
    }

    /** A descriptor of the device for a machine that runs on it; the caller's. */
    Fd copy() {
        Fd open = device;
        if (open == null) {
            throw new IllegalStateException("no vmm device");
        }
        return FileIo.duplicate(open);
    }
}
