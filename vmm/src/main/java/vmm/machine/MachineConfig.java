package vmm.machine;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmm.boot.BootSource;
import vmm.disk.Disk;
import vmm.mem.GuestMemory;

/**
 * What a machine is made of. Everything that touches the host is open already.
 *
 * @param memory stays the caller's
 * @param engine name of the vmm device, see {@link Engines}
 * @param disks in the order of their slots; the machine closes them
 * @param console hears what the guest sends to its first serial port
 * @param log hears, one line at a time, what an operator should know
 * @param cpu level of the processor, see {@link vmm.cpu.isa.CpuLevel}; {@code soft} only
 * @param device what the engine runs on, such as an open {@code /dev/kvm}; stays the caller's,
 *     until the machine is closed
 */
public record MachineConfig(
        GuestMemory memory,
        int vcpus,
        String engine,
        List<Disk> disks,
        Console console,
        BootSource kernel,
        @Nullable BootSource initrd,
        String commandLine,
        Consumer<String> log,
        String cpu,
        @Nullable Fd device) {

    /** A machine whose engine needs no device. */
    public MachineConfig(
            GuestMemory memory,
            int vcpus,
            String engine,
            List<Disk> disks,
            Console console,
            BootSource kernel,
            @Nullable BootSource initrd,
            String commandLine,
            Consumer<String> log) {
        this(memory, vcpus, engine, disks, console, kernel, initrd, commandLine, log, "v3", null);
    }

    /** A machine with the processor of the default. */
    public MachineConfig(
            GuestMemory memory,
            int vcpus,
            String engine,
            List<Disk> disks,
            Console console,
            BootSource kernel,
            @Nullable BootSource initrd,
            String commandLine,
            Consumer<String> log,
            @Nullable Fd device) {
        this(memory, vcpus, engine, disks, console, kernel, initrd, commandLine, log, "v3", device);
    }

    /** The same with other memory. */
    MachineConfig withMemory(GuestMemory placed) {
        return new MachineConfig(
                placed,
                vcpus,
                engine,
                disks,
                console,
                kernel,
                initrd,
                commandLine,
                log,
                cpu,
                device);
    }

    /** The receiving end of the guest's serial line. */
    public interface Console {

        /**
         * The guest sent the first {@code length} bytes of {@code bytes}, which are not kept.
         * Always called on the same thread, which may block here; the guest has to wait when output
         * piles up meanwhile.
         */
        void output(byte[] bytes, int length);
    }
}
