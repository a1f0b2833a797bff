package vmd.privsep;

import vmd.log.Log;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.posix.ProcessTitle;
import vmd.posix.Processes;
import vmd.posix.Spawn;

/** The first steps of every child. */
public final class ChildProcess {
    private ChildProcess() {}

    /**
     * Reads the words that {@link Spawner} gave, starts the log, shows the title, ignores SIGHUP
     * (reloading is the parent's affair; SIGPIPE the Java virtual machine ignores already).
     */
    public static StartUp begin(String[] args) {
        StartUp startUp = StartUp.parse(args);
        Log.start(startUp.name(), startUp.foreground(), startUp.verbosity());
        Log.exitOnUncaught();
        ProcessTitle.set(startUp.title());
        Processes.ignoreSignal(Processes.SIGHUP);
        return startUp;
    }

    /** The channel to whoever started this process; to be asked for once. */
    public static Fd channel() {
        Fd channel = Fd.own(Spawn.CHANNEL);
        if (!FileIo.stat(channel).isSocket()) {
            throw new PosixException("descriptor " + Spawn.CHANNEL, Errno.ENOTSOCK);
        }
        FileIo.closeOnExec(channel);
        return channel;
    }
}
