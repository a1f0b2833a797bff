package vmd.vm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Memory;
import vmd.posix.PosixException;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;
import vmm.boot.BootException;
import vmm.boot.FileSource;
import vmm.disk.Disk;
import vmm.disk.RawDisk;
import vmm.machine.End;
import vmm.machine.Machine;
import vmm.machine.MachineConfig;
import vmm.mem.GuestMemory;

/** One run of a machine, from its parts to its end. */
final class Run {
    /** Whoever is attached to the console gets this long to read the last lines. */
    private static final long DRAIN_MS = 1_000;

    /** And this long more if the guest has ended by itself. */
    private static final long DRAIN_SLOW_MS = 4_000;

    /** A machine that switches itself off this soon may do so before its starter has attached. */
    private static final long BRIEF_NS = 2_000_000_000;

    /** The starter of such a machine has this long to attach, if there is something to see. */
    private static final long ATTACH_MS = 3_000;

    private @Nullable Machine machine;
    private boolean stopWanted;

    /**
     * Builds the machine on the calling thread and runs its processor there.
     *
     * @param started told when the machine runs, with the engine that runs it
     * @return how it ended: code 0 in order, {@link Outcome#EAGAIN} for a reboot
     */
    Outcome run(Delivery.Parts parts, Consumer<EngineChoice> started) {
        Console console = new Console(parts.console());
        try {
            Machine built = build(parts, console);
            console.start(built::consoleInput);
            boolean wanted = admit(built);
            started.accept(parts.spec().engine());
            if (!wanted) {
                return Outcome.OK;
            }
            long startNs = System.nanoTime();
            End end = built.run();
            boolean brief =
                    end.kind() == End.Kind.POWER_OFF && System.nanoTime() - startNs < BRIEF_NS;
            console.drain(brief ? ATTACH_MS : DRAIN_MS, brief);
            if (console.isRead() && end.kind() != End.Kind.STOPPED) {
                console.drain(DRAIN_SLOW_MS, false);
            }
            return outcome(end);
        } catch (BootException | IllegalArgumentException e) {
            return Outcome.of(Outcome.EINVAL, String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            return Outcome.of(e.errno(), String.valueOf(e.getMessage()));
        }
    }

    private static Machine build(Delivery.Parts parts, Console console) {
        MachineSpec spec = parts.spec();
        List<Disk> disks = new ArrayList<>();
        for (int k = 0; k < parts.disks().size(); k++) {
            Fd file = parts.disks().get(k);
            long size = FileIo.stat(file).size();
            disks.add(new RawDisk(file, size, spec.disks().get(k).readOnly()));
        }
        try (Fd kernel = parts.kernel();
                Fd initrd = parts.initrd()) {
            return new Machine(
                    new MachineConfig(
                            memory(spec),
                            spec.vcpus(),
                            spec.engine().word(),
                            disks,
                            console::output,
                            FileSource.of("kernel", kernel),
                            initrd == null ? null : FileSource.of("initrd", initrd),
                            spec.cmdline(),
                            Log::info,
                            spec.cpu().word(),
                            parts.kvm()));
        }
    }

    /** Guest memory on a memory file, mapped for the life of the process. */
    private static GuestMemory memory(MachineSpec spec) {
        try (Fd file = Memory.createSealed("vm-" + spec.name(), spec.memoryBytes())) {
            MemorySegment ram =
                    Memory.map(
                            Arena.global(),
                            file,
                            0,
                            spec.memoryBytes(),
                            Memory.PROT_READ | Memory.PROT_WRITE,
                            Memory.MAP_SHARED);
            return GuestMemory.over(ram);
        }
    }

    /** Notes the machine for {@link #stop}; false if that has been called already. */
    private synchronized boolean admit(Machine built) {
        machine = built;
        return !stopWanted;
    }

    /**
     * The machine is to stop: a guest that listens to the power button is asked, for others, and
     * for those that do not follow in time, the plug is pulled.
     */
    synchronized void stop() {
        stopWanted = true;
        Machine running = machine;
        if (running == null) {
            return;
        }
        // A guest that stands still cannot follow.
        running.resume();
        if (!running.powerButton()) {
            running.stop();
            return;
        }
        Shutdown limits = new Shutdown(running::powerButtonTaken, running::stop);
        Thread.ofPlatform().name("shutdown limit").daemon().start(() -> limits.run(Thread::sleep));
    }

    /**
     * Stops the machine's processor, devices and time, or lets them go on; returns when that is so.
     * A machine that is to stop goes on in any case.
     */
    void pause(boolean pause) {
        Machine running;
        synchronized (this) {
            running = machine;
            if (running == null || stopWanted) {
                return;
            }
        }
        if (pause) {
            running.pause();
        } else {
            running.resume();
        }
    }

    /** The log gets everything, registers included; the outcome the first line. */
    private static Outcome failed(String reason) {
        reason.lines().forEach(Log::warn);
        return Outcome.of(Outcome.EIO, reason.lines().findFirst().orElse(""));
    }

    private static Outcome outcome(End end) {
        return switch (end.kind()) {
            case POWER_OFF, STOPPED -> Outcome.of(0, end.reason());
            case REBOOT -> Outcome.of(Outcome.EAGAIN, end.reason());
            case TRIPLE_FAULT -> Outcome.of(Outcome.EAGAIN, "triple fault");
            case FAILED -> {
                if (end.cause() != null) {
                    Log.warn("the machine failed", end.cause());
                }
                yield failed(end.reason());
            }
        };
    }
}
