package vmctl;

import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.Terminals;

/**
 * The user's terminal in raw mode, until it is closed or the program ends in whatever way leaves it
 * a moment: SIGINT, SIGTERM and SIGHUP run the shutdown hook.
 */
final class RawTerminal implements AutoCloseable {
    private final Fd terminal;
    private final Terminals.Settings before;
    private final Thread hook;

    RawTerminal(Fd terminal) {
        this.terminal = terminal;
        this.before = Terminals.settings(terminal);
        this.hook = new Thread(this::restore, "restore-terminal");
        // Before the change, so that there is no moment in between.
        Runtime.getRuntime().addShutdownHook(hook);
        Terminals.makeRaw(terminal);
    }

    private void restore() {
        try {
            Terminals.restore(terminal, before);
        } catch (PosixException _) {
            // A terminal that is gone needs no restoring.
            return;
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The program is ending; the hook runs or ran, which does no harm.
            return;
        }
    }
}
