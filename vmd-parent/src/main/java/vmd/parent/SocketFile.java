package vmd.parent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import vmd.conf.Owner;
import vmd.log.Log;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.FileStat;
import vmd.posix.PosixException;
import vmd.posix.Sockets;

/**
 * The control socket's file. The parent makes it, because only the parent may write where it lies
 * and because a second daemon must be found before anything else is started; the process that
 * serves it gets the listening descriptor.
 */
final class SocketFile {
    private static final int BACKLOG = 128;

    private final Path path;
    private final FileStat made;
    private final Fd listener;

    private SocketFile(Path path, FileStat made, Fd listener) {
        this.path = path;
        this.made = made;
        this.listener = listener;
    }

    /** Why there can be no control socket; the message is for the user. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message, null, false, false);
        }
    }

    /** Makes the socket, or says why it cannot be made. A stale one is replaced. */
    static SocketFile make(Path path) throws Unusable {
        Path directory = path.toAbsolutePath().getParent();
        try (Fd lock = FileIo.open(String.valueOf(directory), FileIo.O_RDONLY)) {
            // Two daemons that start at the same moment must not both find a stale socket. The lock
            // is on the folder, so nothing is left behind.
            if (!FileIo.tryFlock(lock, true)) {
                throw new Unusable("control socket " + path + " in use");
            }
            removeStale(path);
            int before = FileIo.umask(0117);
            Fd listener;
            try {
                listener = Sockets.bind(path.toString(), Sockets.SOCK_STREAM);
            } finally {
                FileIo.umask(before);
            }
            Sockets.listen(listener, BACKLOG);
            FileIo.blocking(listener, false);
            return new SocketFile(path, statOf(path), listener);
        } catch (PosixException e) {
            throw new Unusable("control socket " + path + ": " + e.reason());
        }
    }

    private static void removeStale(Path path) throws Unusable {
        try {
            Sockets.connect(path.toString(), Sockets.SOCK_STREAM).close();
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return;
            }
            if (e.errno() != Errno.ECONNREFUSED || !statOf(path).isSocket()) {
                throw e;
            }
            unlink(path);
            return;
        }
        throw new Unusable("control socket " + path + " in use");
    }

    private static FileStat statOf(Path path) {
        int flags = FileIo.O_PATH | FileIo.O_NOFOLLOW;
        try (Fd fd = FileIo.open(path.toString(), flags)) {
            return FileIo.stat(fd);
        }
    }

    private static void unlink(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            Log.warn("cannot remove " + path, e);
        }
    }

    /** Gives the socket to those who may use it. */
    void giveTo(Owner owner) throws Unusable {
        try {
            Files.setAttribute(path, "unix:uid", (int) owner.uid());
            Files.setAttribute(path, "unix:gid", (int) owner.gid());
        } catch (IOException e) {
            throw new Unusable("control socket " + path + ": cannot change its owner");
        }
    }

    /** The listening descriptor, to be passed on. */
    Fd listener() {
        return listener;
    }

    /** Removes the file, unless somebody has put another one in its place. */
    void remove() {
        try {
            if (statOf(path).sameFile(made)) {
                unlink(path);
            }
        } catch (PosixException e) {
            Log.debug("control socket " + path + " is gone already: " + e.reason());
        }
    }
}
