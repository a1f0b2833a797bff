package vmd.parent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.FileStat;
import vmd.posix.Identity;
import vmd.posix.PosixException;

/**
 * Opens files for a user whom the daemon serves with more rights than the user has. What is checked
 * is what is opened: the path is looked up once.
 */
final class FileRights {
    static final int READ = 4;
    static final int WRITE = 2;
    private static final int SEARCH = 1;

    private FileRights() {}

    /**
     * Opens a regular file if the user may.
     *
     * @param rights {@link #READ}, {@link #WRITE} or both, which must agree with {@code flags}
     */
    static Fd open(int uid, String path, int flags, int rights) {
        try (Fd found = FileIo.open(path, FileIo.O_PATH)) {
            String self = "/proc/self/fd/" + found.number();
            Path real = Files.readSymbolicLink(Path.of(self));
            if (!reachable(uid, real)) {
                throw new PosixException("open", Errno.EACCES);
            }
            FileStat file = FileIo.stat(found);
            if (!file.isRegular() || !may(uid, file, rights)) {
                throw new PosixException("open", Errno.EACCES);
            }
            return FileIo.open(self, flags);
        } catch (IOException e) {
            throw new PosixException("open", Errno.EACCES);
        } catch (PosixException e) {
            // Also what is not there: else a user could ask for names in folders of others.
            throw new PosixException("open", Errno.EACCES);
        }
    }

    private static boolean reachable(int uid, Path real) {
        for (Path folder = real.getParent(); folder != null; folder = folder.getParent()) {
            try (Fd fd = FileIo.open(folder.toString(), FileIo.O_PATH)) {
                if (!may(uid, FileIo.stat(fd), SEARCH)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** As the system decides for an ordinary user. */
    static boolean may(int uid, FileStat file, int rights) {
        int mode = file.permissions();
        int shift = file.uid() == uid ? 6 : isMember(uid, file.gid()) ? 3 : 0;
        return (mode >> shift & rights) == rights;
    }

    private static boolean isMember(int uid, int gid) {
        return Identity.user(uid).map(user -> Identity.isMember(user, gid)).orElse(false);
    }
}
