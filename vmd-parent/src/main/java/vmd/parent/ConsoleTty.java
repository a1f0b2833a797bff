package vmd.parent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Identity;
import vmd.posix.Terminals;
import vmd.proto.VmInfo;

/**
 * The pseudo terminal of a machine's console. It outlives the machine's process, so that a guest
 * that reboots keeps its terminal and whoever is attached stays attached.
 */
final class ConsoleTty implements AutoCloseable {
    private final Terminals.Pty pty;

    private ConsoleTty(Terminals.Pty pty) {
        this.pty = pty;
    }

    /** A new terminal for {@code vm}; {@code daemonUid} is the user who runs the daemon. */
    static ConsoleTty open(Definition vm, int daemonUid) {
        Terminals.Pty pty = Terminals.openPty();
        // Raw from the start: until somebody attaches, an echoing terminal would type the guest's
        // own output into it.
        Terminals.makeRaw(pty.master());
        // A terminal that was open and closed reports a hang-up; one that never was does not. The
        // machine's process tells by it whether anybody is attached.
        FileIo.open(pty.path(), FileIo.O_RDWR | FileIo.O_NOCTTY).close();
        FileIo.blocking(pty.master(), false);
        if (daemonUid == 0) {
            giveTo(vm, Path.of(pty.path()));
        }
        return new ConsoleTty(pty);
    }

    private static void giveTo(Definition vm, Path slave) {
        int group = vm.ownerGid();
        int mode = 0660;
        if (group == VmInfo.NO_GROUP) {
            group = Identity.group("tty").orElse(0);
            mode = group == 0 ? 0600 : 0620;
        }
        try {
            Files.setAttribute(slave, "unix:uid", vm.ownerUid());
            Files.setAttribute(slave, "unix:gid", group);
            Files.setAttribute(slave, "unix:mode", mode);
        } catch (IOException e) {
            Log.warn("cannot give " + slave + " to its owner: " + e.getMessage());
        }
    }

    /** Path of the side that users open. */
    String path() {
        return pty.path();
    }

    /** A descriptor of the machine's side, to be passed on. */
    Fd masterCopy() {
        return FileIo.duplicate(pty.master());
    }

    @Override
    public void close() {
        pty.master().close();
    }
}
