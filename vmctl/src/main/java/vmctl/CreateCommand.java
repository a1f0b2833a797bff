package vmctl;

import vmd.conf.ScaledNumber;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.proto.DiskFormat;

/** Makes a disk image. */
final class CreateCommand implements Command {
    private static final long MIB = 1 << 20;
    private static final int OWNER_ONLY = 0600;

    @Override
    public String name() {
        return "create";
    }

    @Override
    public String syntax() {
        return "[-b base | -i disk] [-s size] disk";
    }

    @Override
    public String summary() {
        return "make a disk image (raw)";
    }

    @Override
    public int run(Context context, String[] words) throws Failure, UsageError {
        Arguments arguments = Arguments.parse("b:i:s:", words);
        String base = arguments.value('b', "base image");
        String input = arguments.value('i', "input disk");
        String sizeWord = arguments.value('s', "size");
        long size = sizeWord == null ? 0 : size(context, sizeWord);
        DiskName disk = DiskName.of(arguments.only());
        if (base != null && input != null) {
            throw new Failure("conflicting -b and -i arguments");
        }
        if (base == null && input == null && size == 0) {
            throw new UsageError("could not create " + disk.path() + ": missing size argument");
        }
        DiskFormat format = disk.formatOrGuess();
        if (base != null && format != DiskFormat.QCOW2) {
            throw new Failure("base images require qcow2 disk format");
        }
        if (format == DiskFormat.QCOW2) {
            throw new Failure("qcow2 images are not supported yet");
        }
        if (input != null) {
            throw new Failure("option -i is not supported yet");
        }
        create(context, disk.path(), size);
        context.notice("raw imagefile created");
        return 0;
    }

    private static long size(Context context, String word) throws Failure {
        long bytes;
        try {
            bytes = ScaledNumber.parse(word);
        } catch (ScaledNumber.Invalid e) {
            throw new Failure("invalid disk size: " + word + ": " + e.getMessage());
        }
        if (bytes < MIB) {
            throw new Failure("disk size must be at least 1MB");
        }
        long whole = bytes / MIB * MIB;
        if (whole != bytes) {
            context.notice("disk size rounded to " + ScaledNumber.format(whole));
        }
        return whole;
    }

    /** A file of {@code size} bytes that takes no room. */
    private static void create(Context context, String path, long size) throws Failure {
        int flags = FileIo.O_RDWR | FileIo.O_CREAT | FileIo.O_EXCL | FileIo.O_NOFOLLOW;
        try (Fd file = FileIo.open(path, flags, OWNER_ONLY)) {
            context.confine();
            FileIo.truncate(file, size);
        } catch (PosixException e) {
            throw new Failure("create imagefile operation failed: " + e.reason());
        }
    }
}
