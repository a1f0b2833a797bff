package vmm.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Memory;
import vmm.boot.BootSource;
import vmm.boot.FileSource;
import vmm.disk.Disk;
import vmm.disk.RawDisk;
import vmm.mem.GuestMemory;

/**
 * Boots a kernel with the console on standard input and output, without any daemon: {@code BootMain
 * KERNEL INITRD|- CMDLINE MEM_MIB [DISK...]}. {@code -Dengine=kvm} runs it on KVM.
 */
public final class BootMain {
    private BootMain() {}

    public static void main(String[] args) {
        long bytes = Long.parseLong(args[3]) << 20;
        List<Disk> disks = java.util.stream.Stream.of(args).skip(4).map(BootMain::disk).toList();
        long startNs = System.nanoTime();
        MachineConfig config =
                new MachineConfig(
                        memory(bytes),
                        1,
                        System.getProperty("engine", "soft"),
                        disks,
                        BootMain::print,
                        java.util.Objects.requireNonNull(source("kernel", args[0])),
                        source("initrd", args[1]),
                        args[2],
                        System.err::println,
                        device());
        try (Machine machine = new Machine(config)) {
            Thread.ofPlatform().daemon().start(() -> type(machine));
            End end = machine.run();
            double seconds = (System.nanoTime() - startNs) / 1e9;
            System.err.printf(
                    "%n%s %s after %.2f s, %.1f million instructions, %.1f MIPS%n",
                    end.kind(),
                    end.reason(),
                    seconds,
                    machine.instructions() / 1e6,
                    machine.instructions() / seconds / 1e6);
            if (end.cause() != null) {
                end.cause().printStackTrace();
            }
        }
        System.exit(0);
    }

    private static GuestMemory memory(long bytes) {
        int protection = Memory.PROT_READ | Memory.PROT_WRITE;
        try (Fd file = Memory.createSealed("ram", bytes)) {
            return GuestMemory.over(
                    Memory.map(Arena.global(), file, 0, bytes, protection, Memory.MAP_SHARED));
        }
    }

    private static @Nullable Fd device() {
        int flags = FileIo.O_RDWR | FileIo.O_CLOEXEC;
        return System.getProperty("engine", "soft").equals("kvm")
                ? FileIo.open("/dev/kvm", flags)
                : null;
    }

    private static void print(byte[] bytes, int length) {
        System.out.write(bytes, 0, length);
        System.out.flush();
    }

    private static void type(Machine machine) {
        byte[] bytes = new byte[256];
        try {
            for (int n = System.in.read(bytes); n > 0; n = System.in.read(bytes)) {
                machine.consoleInput(bytes, 0, n);
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("console: " + e);
        }
    }

    private static @Nullable BootSource source(String name, String path) {
        return path.equals("-")
                ? null
                : FileSource.of(name, FileIo.open(path, FileIo.O_RDONLY | FileIo.O_CLOEXEC));
    }

    private static Disk disk(String path) {
        Fd file = FileIo.open(Path.of(path).toString(), FileIo.O_RDWR | FileIo.O_CLOEXEC);
        return new RawDisk(file, FileIo.stat(file).size(), false);
    }
}
