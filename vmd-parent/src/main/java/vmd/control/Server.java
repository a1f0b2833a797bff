package vmd.control;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;
import vmd.log.Log;
import vmd.log.RateLimit;
import vmd.posix.Errno;
import vmd.posix.EventFd;
import vmd.posix.Fd;
import vmd.posix.Poll;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.proto.ClientReply;
import vmd.proto.ControlToParent;

/**
 * Serves all connections of the control socket on one thread with poll(2). No connection can make
 * another one wait: every read and write takes what there is and goes on.
 */
final class Server implements Executor {
    static final int CLIENTS_MAX = 200;

    private static final int ACCEPT_PAUSE_MS = 1000;
    private static final int CONGESTION_PAUSE_MS = 20;
    private static final int POSTED_MAX = 1024;

    /** What may wait for all clients that do not read; the heap has room for some times that. */
    private static final long WAITING_BYTES_MAX = 8L << 20;

    /** The way to the parent. */
    interface Parent {
        void send(ControlToParent message, int client, @Nullable Fd descriptor);

        /** Whether the parent is behind: clients then wait. */
        boolean congested();
    }

    private final Parent parent;
    private final Poll poll = new Poll(CLIENTS_MAX + 2);
    private final EventFd wakeUp = new EventFd();
    private final BlockingQueue<Runnable> posted = new ArrayBlockingQueue<>(POSTED_MAX);
    private final SocketMessage buffer = new SocketMessage(Imsg.MAX_BYTES);
    private final Map<Integer, Client> clients = new LinkedHashMap<>();
    private final RateLimit complaints = new RateLimit(20, TimeUnit.SECONDS.toNanos(1));
    private @Nullable Fd listener;
    private int nextNumber = 1;
    private long acceptAgainNs;
    private boolean acceptPaused;

    Server(Parent parent) {
        this.parent = parent;
    }

    /** Numbers of the descriptors that it has opened itself. */
    List<Integer> descriptors() {
        return List.of(wakeUp.fd().number());
    }

    /** Runs an event on the server's thread; waits if that is behind. */
    @Override
    public void execute(Runnable event) {
        try {
            posted.put(event);
            wakeUp.signal();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Begins to accept connections. */
    void listen(Fd socket) {
        if (listener != null) {
            throw new ImsgException("second listening socket");
        }
        listener = socket;
    }

    /** Sends a reply of the parent to its client, if that has not left. */
    void reply(int number, ClientReply reply) {
        Client client = clients.get(number);
        if (client == null) {
            return;
        }
        if (!client.reply(reply)) {
            drop(client, "it does not read");
            return;
        }
        boundWaiting();
        serve(
                client,
                () -> {
                    client.write(buffer);
                    requests(client);
                });
    }

    /** If too much waits altogether, whoever lets most of it wait has to go. */
    private void boundWaiting() {
        long sum = 0;
        for (Client client : clients.values()) {
            sum += client.waitingBytes();
        }
        if (sum > WAITING_BYTES_MAX) {
            drop(
                    Collections.max(
                            clients.values(), Comparator.comparingLong(Client::waitingBytes)),
                    "it does not read");
        }
    }

    /** Serves for ever. */
    void run() {
        while (true) {
            boolean congested = parent.congested();
            List<Client> polled = congested ? List.of() : new ArrayList<>(clients.values());
            poll.clear();
            poll.add(wakeUp.fd(), Poll.IN);
            int listenerAt = congested ? -1 : addListener();
            int first = poll.count();
            for (Client client : polled) {
                poll.add(
                        client.socket(),
                        (client.wantsToRead() ? Poll.IN : 0)
                                | (client.wantsToWrite() ? Poll.OUT : 0));
            }
            poll.await(congested ? CONGESTION_PAUSE_MS : acceptPaused ? ACCEPT_PAUSE_MS : -1);
            for (int k = 0; k < polled.size(); k++) {
                int ready = poll.ready(first + k);
                Client client = polled.get(k);
                if (ready != 0) {
                    serve(client, () -> transfer(client, ready));
                }
            }
            if (listenerAt >= 0 && poll.ready(listenerAt) != 0) {
                accept();
            }
            wakeUp.drain();
            for (Runnable event = posted.poll(); event != null; event = posted.poll()) {
                event.run();
            }
        }
    }

    private int addListener() {
        if (acceptPaused && System.nanoTime() - acceptAgainNs >= 0) {
            acceptPaused = false;
        }
        return listener == null || acceptPaused ? -1 : poll.add(listener, Poll.IN);
    }

    private void transfer(Client client, int ready) {
        if ((ready & Poll.OUT) != 0) {
            client.write(buffer);
            requests(client);
        }
        if ((ready & Poll.IN) != 0) {
            if (!client.read(buffer)) {
                drop(client, null);
                return;
            }
            requests(client);
        } else if ((ready & (Poll.HUP | Poll.ERR | Poll.NVAL)) != 0) {
            drop(client, null);
        }
    }

    private void requests(Client client) {
        for (Client.Request next = client.next(); next != null; next = client.next()) {
            ControlToParent.Request request =
                    new ControlToParent.Request(
                            client.peer().uid(), client.peer().gid(), next.request());
            parent.send(request, client.number(), next.descriptor());
        }
    }

    /** Does something for a client; what goes wrong then is the client's end and nobody else's. */
    private void serve(Client client, Runnable action) {
        try {
            action.run();
        } catch (ImsgException e) {
            drop(client, e.getMessage());
        } catch (PosixException e) {
            drop(client, e.errno() == Errno.EPIPE ? null : e.getMessage());
        }
    }

    private void accept() {
        try {
            Fd socket = listener == null ? null : Sockets.accept(listener);
            if (socket == null) {
                return;
            }
            if (clients.size() >= CLIENTS_MAX) {
                makeRoom();
            }
            int number = nextNumber++;
            clients.put(number, new Client(socket, number));
        } catch (PosixException e) {
            // Out of descriptors or memory: the queue of the socket holds new connections.
            Log.warnLimited(complaints, "cannot accept a connection: " + e.getMessage());
            acceptPaused = true;
            acceptAgainNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ACCEPT_PAUSE_MS);
        }
    }

    /**
     * Turns out a connection of the user who has most of them: so nobody can lock out anybody else,
     * nor himself. Of his, it is one that asks for nothing, else one that keeps us waiting, else
     * the one that has waited for longest.
     */
    private void makeRoom() {
        Map<Integer, Integer> connections = new HashMap<>();
        for (Client client : clients.values()) {
            connections.merge(client.peer().uid(), 1, Integer::sum);
        }
        int most = Collections.max(connections.values());
        clients.values().stream()
                .filter(client -> connections.getOrDefault(client.peer().uid(), 0) == most)
                .min(
                        Comparator.comparingInt(Client::standing)
                                .thenComparingLong(Client::lastHeardNs))
                .ifPresent(client -> drop(client, "too many connections"));
    }

    private void drop(Client client, @Nullable String why) {
        if (clients.remove(client.number()) == null) {
            return;
        }
        if (why != null) {
            Log.warnLimited(
                    complaints,
                    "closed connection of uid "
                            + Integer.toUnsignedString(client.peer().uid())
                            + ": "
                            + why);
        }
        client.close();
        parent.send(new ControlToParent.ClientGone(), client.number(), null);
    }
}
