package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.imsg.Imsg;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;
import vmd.proto.ClientRequest;
import vmd.proto.Outcome;
import vmd.proto.VmRef;

/** Clients that mean harm, as many as they like: vmd answers the others and leaks nothing. */
class HostileClientsTest {
    private static final int CLIENTS = Integer.getInteger("attack.clients", 10_000);
    private static final int HELD_MAX = 400;
    private static final int PROBE_EVERY = 250;
    private static final long GROWTH_MAX_KIB = 20 << 10;
    private static final byte[] INFO = new ClientRequest.Info().encode(0).encode();

    @TempDir Path folder;

    @Test
    void tenThousandHostileClientsCostLittleAndDelayNobody() throws Exception {
        Random random = new Random(7);
        ArrayDeque<Client> held = new ArrayDeque<>();
        List<Long> delaysMs = new ArrayList<>();
        try (Vmd vmd = Vmd.ready(folder, "");
                Fd passed = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            for (int k = 0; k < 500; k++) { // what a daemon that has been used for a while has
                attack(vmd, held, passed, random, k);
            }
            Map<String, Long> beforeKib = residentKib(vmd);
            Map<String, Long> descriptors = descriptors(vmd);
            for (int k = 0; k < CLIENTS; k++) {
                attack(vmd, held, passed, random, k);
                if (k % PROBE_EVERY == 0) {
                    delaysMs.add(answerMs(vmd));
                }
            }
            Map<String, Long> afterKib = residentKib(vmd);
            long grownKib = sum(afterKib) - sum(beforeKib);
            held.forEach(Client::close);
            answerMs(vmd);
            String grown = "grown by %d KiB, %s to %s".formatted(grownKib, beforeKib, afterKib);
            System.out.println(grown + ", answers in ms " + delaysMs);
            assertTrue(grownKib < GROWTH_MAX_KIB, grown);
            delaysMs.sort(null);
            long median = delaysMs.get(delaysMs.size() / 2);
            assertTrue(median < 1000, "answers in ms: " + delaysMs);
            awaitDescriptors(vmd, descriptors);
        }
    }

    private static void attack(
            Vmd vmd, ArrayDeque<Client> held, Fd passed, Random random, int number)
            throws IOException {
        Client client = new Client(vmd.socket());
        try {
            switch (number % 8) {
                case 0 -> {} // silent
                case 1 -> client.raw(new byte[] {INFO[0], INFO[1], INFO[2]});
                case 2 -> client.raw(garbage(random));
                case 3 -> client.raw(new Imsg(4711, false, 0, 0, new byte[64]).encode());
                case 4 -> {
                    for (int k = 0; k < 20; k++) {
                        client.raw(new byte[] {INFO[0]}, passed);
                    }
                }
                case 5 -> { // asks and never reads
                    for (int k = 0; k < 50; k++) {
                        client.raw(INFO);
                    }
                }
                case 6 -> client.send(new ClientRequest.Wait(VmRef.byId(number)));
                default -> client.raw(new Imsg(105, true, 0, 0, new byte[0]).encode());
            }
        } catch (PosixException e) {
            assertTrue(e.getMessage() != null); // it was thrown out already
        }
        held.add(client);
        if (held.size() > HELD_MAX) {
            held.remove().close();
        }
    }

    private static byte[] garbage(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(4096)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static long answerMs(Vmd vmd) {
        long start = System.nanoTime();
        try (Client good = new Client(vmd.socket())) {
            assertEquals(List.of(), good.info());
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    /** Resident memory of the parent and its fixed children; others come and go beside them. */
    private static Map<String, Long> residentKib(Vmd vmd) throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        sizes.put("vmd: parent", residentKib(vmd.process().toHandle()));
        for (String title : List.of("vmd: control", "vmd: priv", "vmd: vmm")) {
            sizes.put(title, residentKib(vmd.child(title)));
        }
        return sizes;
    }

    private static long sum(Map<String, Long> sizes) {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long residentKib(ProcessHandle process) throws IOException {
        return Long.parseLong(Vmd.status(process, "VmRSS").replace(" kB", ""));
    }

    private static Map<String, Long> descriptors(Vmd vmd) throws IOException {
        Map<String, Long> counts = new TreeMap<>();
        counts.put("parent", count(vmd.process().pid()));
        // An ordinary user cannot look into the others, which are not dumpable.
        for (ProcessHandle child : vmd.descendants()) {
            if (Files.isReadable(Path.of("/proc/" + child.pid() + "/fd"))) {
                counts.put(Vmd.title(child), count(child.pid()));
            }
        }
        return counts;
    }

    private static long count(long pid) throws IOException {
        try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return links.count();
        }
    }

    /** Descriptors come down to what they were, or below: the held clients have left. */
    private static void awaitDescriptors(Vmd vmd, Map<String, Long> before) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        Map<String, Long> now = descriptors(vmd);
        while (!fewer(now, before)) {
            assertTrue(System.nanoTime() - deadline < 0, "before " + before + ", now " + now);
            TimeUnit.MILLISECONDS.sleep(50);
            now = descriptors(vmd);
        }
    }

    private static boolean fewer(Map<String, Long> now, Map<String, Long> before) {
        return now.entrySet().stream()
                .allMatch(one -> one.getValue() <= before.getOrDefault(one.getKey(), 0L));
    }

    @Test
    void clientsThatWaitForEverLockNobodyOut() throws Exception {
        Path kernel = TinyGuest.sleeping(folder);
        String machine = "vm \"one\" {\n disable\n memory 32M\n boot \"" + kernel + "\"\n}\n";
        List<Client> waiting = new ArrayList<>();
        try (Vmd vmd = Vmd.ready(folder, machine);
                Client starter = new Client(vmd.socket());
                Fd file = FileIo.open(kernel.toString(), FileIo.O_RDONLY)) {
            VmRef one = VmRef.byName("one");
            assertEquals(
                    Outcome.OK, starter.start(ClientRequest.Start.existing(one), null).outcome());
            for (int k = 0; k < 300; k++) {
                Client client = new Client(vmd.socket());
                waiting.add(client);
                if (k % 2 == 0) {
                    client.send(new ClientRequest.Wait(one));
                } else { // the ramdisk that it announces never comes
                    client.send(halfStart(), file);
                }
            }
            for (int k = 0; k < 5; k++) {
                try (Client good = new Client(vmd.socket())) {
                    assertEquals(1, good.info().size());
                }
            }
        } finally {
            waiting.forEach(Client::close);
        }
    }

    /** A start that announces a ramdisk. */
    private static ClientRequest.Start halfStart() {
        return new ClientRequest.Start(
                VmRef.byName("half"), 0, 0, null, "kernel", "ramdisk", null, List.of());
    }
}
