package suite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stock Linux kernel boots to a shell under the whole process tree and does there what one does
 * in a shell.
 */
@Tag("guest")
class BootTest {

    @ParameterizedTest
    @ValueSource(strings = {"6.1", "6.12"})
    void cloudKernelBootsToAShellAndUsesItsDisk(String series) throws Exception {
        Path directory = Suite.newDirectory();
        Path disk = Guests.disk(directory, "disk.img", 8 << 20);
        byte[] greeting = "written by the host".getBytes(StandardCharsets.US_ASCII);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.seek(4096);
            file.write(greeting);
        }
        try (Suite suite =
                Suite.start(Guests.block("boot", series, "disk \"" + disk + "\" format raw"))) {
            Suite.Output started = suite.vmctl("start", "boot");
            assertEquals(0, started.status(), started.err());
            assertTrue(
                    started.err()
                            .matches("(?s)vmctl: started vm \\d+ successfully, tty /dev/\\S+\\n"),
                    started.err());
            try (Console console = suite.console("boot")) {
                console.await(Guests.READY, Guests.BOOT_TIMEOUT_S);
                console.await(Guests.PROMPT, 20);
                shell(console, disk);
                assertEquals(List.of(), KernelLog.complaints(console.run("dmesg", 60)));
                console.type("poweroff");
                assertEquals(0, console.awaitEnd(60));
            }
            Suite.Output status = suite.vmctl("status", "boot");
            assertTrue(status.out().contains("stopped"), status.out());
        }
        Files.delete(disk);
        Files.delete(directory);
    }

    private static void shell(Console console, Path disk) throws Exception {
        assertTrue(console.run("cat /proc/cpuinfo", 20).contains("processor\t: 0"));
        assertTrue(console.run("ls -l /dev/vda", 20).startsWith("brw"));
        assertEquals(
                "written by the host",
                console.run("dd if=/dev/vda bs=1 skip=4096 count=19 2>/dev/null; echo", 20).trim());
        console.run("seq 1 20000 | dd of=/dev/vda bs=1k seek=1024 conv=fsync 2>/dev/null", 30);
        long guestTime = Long.parseLong(console.run("date +%s", 20).trim());
        assertTrue(
                Math.abs(Instant.now().getEpochSecond() - guestTime)
                        < Duration.ofMinutes(1).toSeconds(),
                "the guest's clock is wrong");
        assertTrue(console.run("selfcheck", 120).contains("SELFCHECK 0 failed"));

        StringBuilder expected = new StringBuilder();
        for (int k = 1; k <= 20000; k++) {
            expected.append(k).append('\n');
        }
        byte[] written = new byte[expected.length()];
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            file.seek(1024 * 1024);
            file.readFully(written);
        }
        assertArrayEquals(expected.toString().getBytes(StandardCharsets.US_ASCII), written);
    }

    @Test
    void lateClientSeesTheBootAndStopAsksTheGuest() throws Exception {
        try (Suite suite = Suite.start(Guests.block("late", "6.1", "2G", "", "cpu v2"))) {
            suite.vmctl("start", "late");
            try (Console first = suite.console("late")) {
                first.await(Guests.PROMPT, Guests.BOOT_TIMEOUT_S);
                CpuFlags flags = CpuFlags.of(first);
                assertEquals(List.of(), flags.lacking(CpuFlags.V1, CpuFlags.V2));
                assertEquals(List.of(), flags.present(CpuFlags.V3));
                memoryIs(first, 1900, 2048);
                first.type("~.");
                assertEquals(0, first.awaitEnd(10));
            }
            try (Console second = suite.console("late")) {
                second.type("echo still $((40 + 2))");
                second.await("still 42", 20);
            }
            Suite.Output stopped = suite.vmctl("stop", "-w", "late");
            assertEquals(0, stopped.status(), stopped.err());
            assertTrue(stopped.err().contains("terminated vm"), stopped.err());
        }
    }

    @Test
    void rebootStartsTheSameMachineAgain() throws Exception {
        try (Suite suite = Suite.start(Guests.block("again", "6.1", "cpu v1"))) {
            suite.vmctl("start", "again");
            try (Console console = suite.console("again")) {
                console.await(Guests.PROMPT, Guests.BOOT_TIMEOUT_S);
                console.type("reboot");
                console.await(Guests.READY, Guests.BOOT_TIMEOUT_S);
                console.await(Guests.PROMPT, 20);
                CpuFlags flags = CpuFlags.of(console);
                assertEquals(List.of(), flags.lacking(CpuFlags.V1));
                assertEquals(List.of(), flags.present(CpuFlags.V2, CpuFlags.V3));
            }
            assertTrue(suite.vmctl("status", "again").out().contains("running"));
        }
    }

    /**
     * A kernel without PAE on a processor without SSE and with little memory. Its own self-tests of
     * cryptography are left out: they take longer than all the rest, and `make kernels` has them.
     */
    @Test
    void oldPcBootsToAShell() throws Exception {
        String block = Guests.block("old", "6.1-686", "64M", "cryptomgr.notests", "cpu i686");
        try (Suite suite = Suite.start(block)) {
            assertEquals(0, suite.vmctl("start", "old").status());
            try (Console console = suite.console("old")) {
                // packed with xz, which takes as long to unpack as another kernel takes to boot
                console.await(Guests.PROMPT, 3 * Guests.BOOT_TIMEOUT_S);
                assertEquals("i686", console.run("uname -m", 20).trim());
                CpuFlags flags = CpuFlags.of(console);
                assertEquals(List.of(), flags.lacking(CpuFlags.I686));
                assertEquals(List.of(), flags.present(CpuFlags.V1, CpuFlags.V2, CpuFlags.V3));
                memoryIs(console, 30, 64);
                assertTrue(console.run("selfcheck", 120).contains("SELFCHECK 0 failed"));
                assertEquals(List.of(), KernelLog.complaints(console.run("dmesg", 60)));
                console.type("poweroff");
                assertEquals(0, console.awaitEnd(60));
            }
        }
    }

    private static void memoryIs(Console console, int leastMib, int mostMib) throws Exception {
        String total = console.run("sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo", 20);
        long mib = Long.parseLong(total.trim()) >> 10;
        assertTrue(mib >= leastMib && mib <= mostMib, () -> mib + " MiB of memory");
    }
}
