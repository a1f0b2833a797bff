package vmd.privsep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final String CLASS_PATH = "java.class.path";

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
        // Others of the same account cannot look into this process, nor it into them.
        Processes.dumpable(false);
        // Searching for what is not there opens every jar, while it can be reached. A jar is
        // otherwise opened when a class is first looked for in it.
        ClassLoader.getSystemClassLoader().getResource("no/such/thing");
        return startUp;
    }

    /**
     * Closes the folder of the program if this process was given it; nothing but classes can be
     * read from the jars after that.
     */
    public static void closeProgram() {
        Path folder = Path.of("/proc/self/fd", String.valueOf(Spawn.PROGRAM));
        String classPath = System.getProperty(CLASS_PATH);
        if (!classPath.startsWith(folder + "/")) {
            return;
        }
        try (Fd _ = Fd.own(Spawn.PROGRAM)) {
            // The sandbox tells the jars' descriptors from stray ones by the paths that they have.
            String real = Files.readSymbolicLink(folder).toString();
            System.setProperty(CLASS_PATH, classPath.replace(folder.toString(), real));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
