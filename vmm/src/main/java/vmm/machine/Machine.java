package vmm.machine;

import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import vmm.boot.BootException;
import vmm.boot.Firmware;
import vmm.boot.KernelBoot;
import vmm.dev.IrqLine;
import vmm.engine.CpuState;
import vmm.engine.Engine;
import vmm.engine.Exit;
import vmm.engine.Vcpu;

/**
 * A virtual machine: processor, memory and board, from power-on to its end.
 *
 * <p>Made, then {@link #run} once on the thread that becomes the processor's, then {@link #close}.
 * {@link #stop}, {@link #powerButton}, {@link #pause}, {@link #resume} and the console's methods
 * may be called from any other thread, at any time in between. A guest that resets ends the machine
 * with {@link End.Kind#REBOOT}; starting it again, with fresh memory, is the caller's decision.
 */
public final class Machine implements AutoCloseable {
    private final Board board;
    private final Engine engine;
    private final Vcpu vcpu;
    private final ReentrantLock lock;
    private final Condition changed;

    // Guarded by the lock.
    private @Nullable End end;
    private boolean pauseWanted;
    private boolean parked;
    private boolean pinLevel;
    private @Nullable Vcpu pinOwner;

    /**
     * Builds the machine and loads the kernel. Fails with {@link vmm.boot.BootException} if what
     * was given cannot be booted; the disks are closed then.
     */
    public Machine(MachineConfig wanted) {
        if (wanted.vcpus() != 1) {
            throw new IllegalArgumentException(wanted.vcpus() + " processors, 1 is supported");
        }
        boolean firmware = Firmware.matches(wanted.kernel());
        engine = Engines.open(wanted.engine(), wanted.cpu(), wanted.device());
        MachineConfig config = wanted.withMemory(engine.memory(wanted.memory()));
        board = new Board(config, new Wires(), firmware);
        lock = board.lock();
        changed = lock.newCondition();
        CpuState entry = load(config, firmware);
        vcpu = engine.createVcpu(0, config.memory(), board);
        vcpu.state(entry);
        connectPin();
    }

    private CpuState load(MachineConfig config, boolean firmware) {
        boolean loaded = false;
        try {
            CpuState entry = firmware ? loadFirmware(config) : loadKernel(config);
            loaded = true;
            return entry;
        } finally {
            if (!loaded) {
                board.close();
                engine.close();
            }
        }
    }

    private CpuState loadKernel(MachineConfig config) {
        return new KernelBoot(
                        config.kernel(), config.initrd(), config.commandLine(), board.rsdpGpa())
                .load(config.memory());
    }

    private CpuState loadFirmware(MachineConfig config) {
        if (config.initrd() != null) {
            throw new BootException("firmware takes no initrd");
        }
        CpuState entry = new Firmware(config.kernel()).load(config.memory());
        board.showRom(Objects.requireNonNull(config.memory().rom()));
        return entry;
    }

    private void connectPin() {
        lock.lock();
        try {
            pinOwner = vcpu;
            vcpu.interruptLine(pinLevel);
        } finally {
            lock.unlock();
        }
    }

    /** Outlets of the board; called under the device lock. */
    private final class Wires implements Board.Outlets {
        @Override
        public IrqLine interruptPin() {
            return asserted -> {
                pinLevel = asserted;
                if (pinOwner != null) {
                    pinOwner.interruptLine(asserted);
                }
            };
        }

        @Override
        public void reset() {
            end(End.of(End.Kind.REBOOT));
        }

        @Override
        public void powerOff() {
            end(End.of(End.Kind.POWER_OFF));
        }

        @Override
        public void debugExit(int number) {
            String text = "the guest ended its test with 0x" + Integer.toHexString(number);
            end(End.of(End.Kind.POWER_OFF, text));
        }
    }

    /**
     * Notes why the machine ends, unless it is known already, and gets the processor's attention.
     */
    private void end(End reason) {
        lock.lock();
        try {
            if (end == null) {
                end = reason;
            }
            changed.signalAll();
            if (pinOwner != null) {
                pinOwner.kick();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Runs the guest on the calling thread until the machine ends. */
    public End run() {
        board.run(true);
        End reason = runToEnd();
        end(reason);
        board.run(false);
        board.console().close(); // what the guest said last is the listener's
        return reason;
    }

    private End runToEnd() {
        try {
            End reason = null;
            while (reason == null) {
                reason = attend(vcpu.run());
            }
            return reason;
        } catch (RuntimeException e) {
            // The border: whatever goes wrong inside ends this machine, with its reason told.
            return new End(End.Kind.FAILED, e.toString(), e);
        }
    }

    private @Nullable End attend(Exit exit) {
        return switch (exit) {
            case KICKED -> attendKick();
            case TRIPLE_FAULT -> End.of(End.Kind.TRIPLE_FAULT);
            case HALTED_FOREVER ->
                    End.of(End.Kind.POWER_OFF, "processor halted with interrupts disabled");
            case FAILED -> End.of(End.Kind.FAILED, vcpu.failure());
        };
    }

    /** Parks the processor while a pause is wanted; the end if there is one. */
    private @Nullable End attendKick() {
        lock.lock();
        try {
            if (pauseWanted && end == null) {
                board.run(false);
                parked = true;
                changed.signalAll();
                while (pauseWanted && end == null) {
                    changed.awaitUninterruptibly();
                }
                parked = false;
                board.run(true);
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the machine at once, as pulling the plug does. */
    public void stop() {
        end(End.of(End.Kind.STOPPED));
    }

    /**
     * Presses the power button: the guest is asked to shut down. False if it does not listen to the
     * button, at least not yet.
     */
    public boolean powerButton() {
        return board.powerButton();
    }

    /** Whether the guest has seen the press; that it follows is another matter. */
    public boolean powerButtonTaken() {
        return board.powerButtonTaken();
    }

    /**
     * Stops the processor, the devices and the guest's time; returns when they stand still. False
     * if the machine has ended.
     */
    public boolean pause() {
        lock.lock();
        try {
            pauseWanted = true;
            vcpu.kick();
            while (pauseWanted && !parked && end == null) {
                changed.awaitUninterruptibly();
            }
            return end == null;
        } finally {
            lock.unlock();
        }
    }

    /** Goes on after a {@link #pause}. */
    public void resume() {
        lock.lock();
        try {
            pauseWanted = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Types {@code length} bytes into the guest's serial port; returns when the guest has taken
     * them, or when the machine is closed.
     */
    public void consoleInput(byte[] bytes, int start, int length) throws InterruptedException {
        board.console().input(bytes, start, length);
    }

    /** Instructions that the processor has executed; to be asked when {@link #run} has returned. */
    public long instructions() {
        return vcpu.instructions();
    }

    /** Releases everything; {@link #run} must have returned or never been called. */
    @Override
    public void close() {
        vcpu.close();
        engine.close();
        board.close();
    }
}
