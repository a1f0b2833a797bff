package vmd.privsep;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import vmd.posix.Fd;
import vmd.posix.Poll;
import vmd.posix.Processes;

/** Tells when a child has ended. */
public final class ExitWatch {
    private ExitWatch() {}

    /**
     * Calls {@code ended} once on {@code executor} when the child ends. The child is reaped there
     * and not before: until then its number is its own, so who runs on the same executor can signal
     * it without hitting a stranger.
     */
    public static void start(
            int pid, String name, Executor executor, Consumer<Processes.Exit> ended) {
        Fd pidfd = Processes.pidfd(pid);
        Thread.ofPlatform()
                .name(name + " watch")
                .daemon()
                .start(() -> {
                    try (pidfd) {
                        awaitEnd(pidfd);
                    }
                    executor.execute(() -> ended.accept(Processes.await(pid)));
                });
    }

    private static void awaitEnd(Fd pidfd) {
        Poll poll = new Poll(1);
        do {
            poll.clear();
            poll.add(pidfd, Poll.IN);
        } while (poll.await(-1) == 0);
    }
}
