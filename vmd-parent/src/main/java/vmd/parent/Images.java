package vmd.parent;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.DiskConfig;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.proto.DiskFormat;
import vmd.proto.MachineSpec;
import vmd.proto.Outcome;

/**
 * The open files of a machine that is about to start. Nobody below the parent opens a path: what is
 * opened and checked here travels down as descriptors.
 */
final class Images implements AutoCloseable {
    private static final int QCOW2_MAGIC = 0x514649fb;

    private final List<Fd> toClose = new ArrayList<>();
    private final List<Fd> disks = new ArrayList<>();
    private final List<MachineSpec.Disk> diskSpecs = new ArrayList<>();
    private final Fd kernel;
    private final @Nullable Fd initrd;

    /** Opens everything of {@code vm}; what a client handed over is used instead of its path. */
    Images(Vm vm) throws Refusal {
        try {
            kernel = kernel(vm);
            initrd = initrd(vm);
            for (DiskConfig disk : vm.definition.disks()) {
                disk(disk, vm.filesOf);
            }
        } catch (Refusal e) {
            close();
            throw e;
        }
    }

    private Fd kernel(Vm vm) throws Refusal {
        if (vm.kernel != null) {
            return keep(FileIo.duplicate(vm.kernel));
        }
        String path = vm.definition.kernel();
        if (path == null) {
            return readOnly("firmware", FirmwareFile.find(FirmwareFile.PLACES));
        }
        return readOnly("kernel", path);
    }

    private @Nullable Fd initrd(Vm vm) throws Refusal {
        if (vm.initrd != null) {
            return keep(FileIo.duplicate(vm.initrd));
        }
        String path = vm.definition.initrd();
        return path == null ? null : readOnly("initrd", path);
    }

    private Fd readOnly(String what, String path) throws Refusal {
        Fd fd;
        try {
            // O_NONBLOCK: the path may be a FIFO, on which open would wait.
            fd = keep(FileIo.open(path, FileIo.O_RDONLY | FileIo.O_NONBLOCK | FileIo.O_NOCTTY));
        } catch (PosixException e) {
            throw new Refusal(e.errno(), "cannot open " + what + " '" + path + "': " + e.reason());
        }
        checkRegular(what, path, fd);
        return fd;
    }

    private void disk(DiskConfig disk, @Nullable Integer user) throws Refusal {
        String path = disk.path().toString();
        Fd fd;
        try {
            int flags = FileIo.O_RDWR | FileIo.O_NONBLOCK | FileIo.O_NOCTTY;
            int rights = FileRights.READ | FileRights.WRITE;
            fd =
                    keep(
                            user == null
                                    ? FileIo.open(path, flags)
                                    : FileRights.open(user, path, flags, rights));
        } catch (PosixException e) {
            throw new Refusal(
                    Outcome.DISK_MISSING, "cannot open disk '" + path + "': " + e.reason());
        }
        checkRegular("disk", path, fd);
        // The lock is that of the open file, which the machine's process shares: it ends with it.
        if (!FileIo.tryLock(fd, true)) {
            throw new Refusal(Outcome.EBUSY, "disk '" + path + "' is locked by another vm");
        }
        DiskFormat format = disk.format() == DiskFormat.AUTO ? formatOf(fd) : disk.format();
        if (format == DiskFormat.QCOW2) {
            throw new Refusal(
                    Outcome.EINVAL, "disk '" + path + "': qcow2 images are not supported yet");
        }
        disks.add(fd);
        diskSpecs.add(new MachineSpec.Disk(format, false));
    }

    private static DiskFormat formatOf(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment magic = arena.allocate(ValueLayout.JAVA_INT);
            boolean qcow2 =
                    FileIo.preadFully(fd, magic, 0) == Integer.BYTES
                            && Integer.reverseBytes(magic.get(ValueLayout.JAVA_INT, 0))
                                    == QCOW2_MAGIC;
            return qcow2 ? DiskFormat.QCOW2 : DiskFormat.RAW;
        }
    }

    /** A kernel or ramdisk that a client handed over must be a file too. */
    static void checkRegular(String what, String name, Fd fd) throws Refusal {
        if (!FileIo.stat(fd).isRegular()) {
            throw new Refusal(Outcome.EINVAL, what + " '" + name + "' is not a regular file");
        }
    }

    private Fd keep(Fd fd) {
        toClose.add(fd);
        return fd;
    }

    List<MachineSpec.Disk> diskSpecs() {
        return diskSpecs;
    }

    boolean hasInitrd() {
        return initrd != null;
    }

    /** The descriptors, which from now on belong to the caller. */
    Taken take() {
        toClose.clear();
        return new Taken(kernel, initrd, disks);
    }

    /** Descriptors of a machine, in the order in which they are sent. */
    record Taken(Fd kernel, @Nullable Fd initrd, List<Fd> disks) {}

    @Override
    public void close() {
        toClose.forEach(Fd::close);
        toClose.clear();
    }
}
