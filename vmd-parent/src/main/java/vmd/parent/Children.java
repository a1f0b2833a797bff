package vmd.parent;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.EventLoop;
import vmd.imsg.Imsg;
import vmd.log.Log;
import vmd.posix.Fd;
import vmd.posix.Processes;
import vmd.privsep.ExitWatch;
import vmd.privsep.Role;
import vmd.privsep.ServiceAccount;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;
import vmd.proto.Message;

/** The fixed children of the parent. Used on the event loop's thread only. */
final class Children {
    /** A child that has been told to end and has not after this time is killed. */
    private static final long END_TIMEOUT_MS = 5_000;

    private record Child(int pid, Channel channel) {}

    private final EventLoop loop;
    private final Spawner spawner;
    private final ServiceAccount account;
    private final boolean foreground;
    private final Consumer<String> lost;
    private final Map<Role, Child> running = new EnumMap<>(Role.class);
    private boolean ending;

    /**
     * @param lost called with the reason when a child or its channel ends although nobody asked
     */
    Children(
            EventLoop loop,
            Spawner spawner,
            ServiceAccount account,
            boolean foreground,
            Consumer<String> lost) {
        this.loop = loop;
        this.spawner = spawner;
        this.account = account;
        this.foreground = foreground;
        this.lost = lost;
    }

    /** What the parent does with the messages of one child. */
    interface Dispatch {
        void message(Imsg message, @Nullable Fd descriptor);
    }

    /** Starts the child of {@code role}. */
    void start(Role role, Dispatch dispatch) {
        Spawner.Child spawned =
                spawner.start(
                        role,
                        new StartUp(role.label(), account, foreground, Log.verbosity(), List.of()));
        Channel channel = Channel.towardsChild(spawned.channel(), role.label());
        channel.start(event -> handOver(channel, event), new FromChild(role, dispatch));
        running.put(role, new Child(spawned.pid(), channel));
        ExitWatch.start(spawned.pid(), role.label(), loop, exit -> exited(role, exit));
    }

    /**
     * Has the loop handle one event of a child, and waits until it has: a child that asks faster
     * than it takes the answers waits for them with its next question.
     */
    private void handOver(Channel channel, Runnable event) {
        channel.awaitRelief();
        CountDownLatch handled = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                event.run();
            } finally {
                handled.countDown();
            }
        });
        try {
            handled.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class FromChild implements Channel.Receiver {
        private final Role role;
        private final Dispatch dispatch;

        FromChild(Role role, Dispatch dispatch) {
            this.role = role;
            this.dispatch = dispatch;
        }

        @Override
        public void message(Imsg message, @Nullable Fd descriptor) {
            dispatch.message(message, descriptor);
        }

        @Override
        public void ended(@Nullable String fault) {
            channelEnded(role, fault);
        }
    }

    /** Without a fault the child is ending: its exit status tells more, and comes next. */
    private void channelEnded(Role role, @Nullable String fault) {
        if (fault != null && !ending) {
            lost.accept("channel to " + role.label() + ": " + fault);
        }
    }

    private void exited(Role role, Processes.Exit exit) {
        Child child = running.remove(role);
        if (child != null) {
            // It may have ended for that, before its channel's end was told here.
            channelEnded(role, child.channel.fault());
        }
        if (exit.signal() != 0) {
            report("pid " + exit.pid() + " terminated; signal " + exit.signal(), role);
        } else if (!exit.normal()) {
            report("pid " + exit.pid() + " exited abnormally", role);
        } else if (!ending) {
            report("pid " + exit.pid() + " exited", role);
        }
        if (ending && running.isEmpty()) {
            loop.stop();
        }
    }

    private void report(String what, Role role) {
        String text = "lost child: " + what + " (" + role.label() + ")";
        if (ending) {
            Log.warn(text);
        } else {
            lost.accept(text);
        }
    }

    /** The children that run, and their processes. */
    Map<Role, Integer> pids() {
        Map<Role, Integer> pids = new EnumMap<>(Role.class);
        running.forEach((role, child) -> pids.put(role, child.pid));
        return pids;
    }

    /** Sends a message to the child of {@code role}; the descriptor goes with it. */
    void send(Role role, Message message, int peerId, @Nullable Fd descriptor) {
        Child child = running.get(role);
        if (child != null) {
            child.channel.send(message.encode(peerId), descriptor);
        } else if (descriptor != null) {
            descriptor.close();
        }
    }

    /**
     * Ends all children: their channels are closed, which is how they are told, and who does not
     * follow is killed. The loop stops when the last one is reaped.
     */
    void end() {
        ending = true;
        running.values().forEach(child -> child.channel.close());
        loop.after(END_TIMEOUT_MS, this::killRest);
        if (running.isEmpty()) {
            loop.stop();
        }
    }

    private void killRest() {
        running.forEach((role, child) -> {
            Log.warn(role.label() + ", pid " + child.pid + ", does not end: killed");
            Processes.kill(child.pid, Processes.SIGKILL);
        });
    }
}
