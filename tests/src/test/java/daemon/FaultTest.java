package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.PosixException;
import vmd.posix.Processes;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/**
 * SIGKILL at random moments of the life of machines, to each kind of process in turn. A machine's
 * end is noticed and it can be started again; the end of one of the fixed processes ends the daemon
 * in order; of the parent, everything at once. {@code -Dfault.cycles=100 -Dfault.seed=n}.
 */
class FaultTest {
    private static final int CYCLES = Integer.getInteger("fault.cycles", 10);
    private static final long SEED = Long.getLong("fault.seed", System.nanoTime());
    private static final long ORPHAN_MS = 2000;
    private static final List<String> VICTIMS =
            List.of("vmd: one", "vmd: control", "vmd: vmm", "vmd: priv", "vmd: parent");

    @TempDir Path folder;

    private final Random random = new Random(SEED);

    @Test
    void killedProcessIsNoticedAndLeavesNothing() throws Exception {
        String configuration = machine("one") + machine("two");
        Vmd vmd = Vmd.ready(folder, configuration);
        try {
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                String victim = VICTIMS.get(cycle % VICTIMS.size());
                List<ProcessHandle> before = processes(vmd);
                Thread busy = Thread.ofPlatform().start(new Busy(vmd.socket()));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1500)));
                kill(vmd, victim);
                busy.join(TimeUnit.SECONDS.toMillis(Vmd.WAIT_S));
                assertFalse(busy.isAlive(), "a client hangs after the end of " + victim + seed());
                if (victim.equals("vmd: one")) {
                    requireBothMachines(vmd);
                    continue;
                }
                List<ProcessHandle> after = processes(vmd);
                assertTrue(vmd.process().waitFor(Vmd.WAIT_S, TimeUnit.SECONDS), victim + seed());
                requireEnded(before, victim);
                requireEnded(after, victim);
                vmd = Vmd.ready(folder, configuration);
                requireBothMachines(vmd);
            }
        } finally {
            vmd.process().destroy();
            vmd.process().waitFor(Vmd.WAIT_S, TimeUnit.SECONDS);
        }
    }

    private static String seed() {
        return "; -Dfault.seed=" + SEED;
    }

    private String machine(String name) throws IOException {
        Path kernel = TinyGuest.sleeping(folder);
        return "vm \"" + name + "\" {\n disable\n memory 32M\n boot \"" + kernel + "\"\n}\n";
    }

    private static List<ProcessHandle> processes(Vmd vmd) {
        List<ProcessHandle> all = new ArrayList<>(vmd.descendants());
        all.add(vmd.process().toHandle());
        return all;
    }

    private static void kill(Vmd vmd, String victim) {
        if (victim.equals("vmd: parent")) {
            Processes.kill((int) vmd.process().pid(), Processes.SIGKILL);
            return;
        }
        Optional<ProcessHandle> process = vmd.find(victim);
        // A machine may just not run; that is a moment like any other.
        process.ifPresent(p -> Processes.kill((int) p.pid(), Processes.SIGKILL));
    }

    private static void requireEnded(List<ProcessHandle> processes, String victim) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ORPHAN_MS);
        while (!processes.stream().allMatch(FaultTest::ended)) {
            assertTrue(
                    System.nanoTime() - deadline < 0,
                    () -> "left by the end of " + victim + ": " + titles(processes) + seed());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private static List<String> titles(List<ProcessHandle> processes) {
        return processes.stream().filter(p -> !ended(p)).map(Vmd::title).toList();
    }

    private static boolean ended(ProcessHandle process) {
        try {
            return Vmd.status(process, "State").startsWith("Z");
        } catch (IOException e) {
            return true;
        }
    }

    /** Both are listed, and "one" can be started, as often as it takes to end what is under way. */
    private static void requireBothMachines(Vmd vmd) throws Exception {
        try (Client client = new Client(vmd.socket())) {
            List<String> names = client.info().stream().map(VmInfo::name).sorted().toList();
            assertEquals(List.of("one", "two"), names, seed());
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Vmd.WAIT_S);
            while (state(client) != VmState.RUNNING) {
                assertTrue(System.nanoTime() - deadline < 0, () -> "does not start" + seed());
                client.start(ClientRequest.Start.existing(VmRef.byName("one")), null);
            }
        }
    }

    private static VmState state(Client client) {
        return client.info().stream()
                .filter(vm -> vm.name().equals("one"))
                .findFirst()
                .orElseThrow()
                .state();
    }

    /** Starts, stops and reloads until the daemon has gone or time is up. */
    private static final class Busy implements Runnable {
        private final Path socket;

        Busy(Path socket) {
            this.socket = socket;
        }

        @Override
        public void run() {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
            while (System.nanoTime() - end < 0) {
                try (Client client = new Client(socket)) {
                    while (System.nanoTime() - end < 0 && round(client)) {}
                } catch (PosixException e) {
                    return; // the daemon has gone
                }
            }
        }

        /** False if the connection has ended. */
        private static boolean round(Client client) {
            VmRef one = VmRef.byName("one");
            client.send(ClientRequest.Start.existing(one));
            boolean open = client.receive() != null;
            if (open) {
                client.send(new ClientRequest.Reload(false));
                ClientReply reply = client.receive();
                while (reply instanceof ClientReply.Line) {
                    reply = client.receive();
                }
                open = reply != null;
            }
            if (open) {
                client.send(new ClientRequest.Stop(one, true, false));
                open = client.receive() != null;
            }
            return open;
        }
    }
}
