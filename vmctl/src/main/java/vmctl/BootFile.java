package vmctl;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import vmd.conf.VmLimits;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;

/**
 * A file of the user that is handed to the daemon as an open descriptor: what the daemon may read
 * plays no part, what the user may read decides.
 */
record BootFile(String path, Fd descriptor) implements AutoCloseable {
    /**
     * Opens a file.
     *
     * @param kind what it is, for messages: kernel or initrd
     */
    static BootFile open(String path, String kind) throws Failure {
        String what = kind.equals("kernel") ? "boot image" : kind;
        String resolved = resolve(path, what, kind + " name too long");
        Fd descriptor;
        try {
            // A FIFO without a writer would otherwise be waited for.
            descriptor = FileIo.open(resolved, FileIo.O_RDONLY | FileIo.O_NONBLOCK);
        } catch (PosixException e) {
            throw new Failure("cannot open " + kind + " '" + path + "': " + e.reason());
        }
        if (!FileIo.stat(descriptor).isRegular()) {
            descriptor.close();
            throw new Failure(kind + " must be a regular file");
        }
        return new BootFile(resolved, descriptor);
    }

    /** The absolute path of a file that exists. */
    static String resolve(String path, String what, String tooLong) throws Failure {
        String resolved;
        try {
            resolved = real(path);
        } catch (IOException e) {
            throw new Failure("invalid " + what + " path: " + path + ": " + reason(e));
        }
        if (!VmLimits.fits(resolved, VmLimits.MAX_PATH)) {
            throw new Failure(tooLong);
        }
        return resolved;
    }

    private static String real(String path) throws IOException {
        try {
            if (path.isEmpty()) {
                throw new NoSuchFileException(path);
            }
            return Path.of(path).toRealPath().toString();
        } catch (InvalidPathException _) {
            throw new FileSystemException(path, null, "Invalid argument");
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "No such file or directory";
            case AccessDeniedException _ -> "Permission denied";
            case FileSystemException f when f.getReason() != null -> String.valueOf(f.getReason());
            default -> String.valueOf(e.getMessage());
        };
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
