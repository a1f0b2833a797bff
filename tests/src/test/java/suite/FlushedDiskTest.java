package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a guest has flushed is on its disk when its process is killed in the midst of writing. */
@Tag("guest")
class FlushedDiskTest {
    @Test
    void flushedBlocksSurviveTheMachine() throws Exception {
        Path directory = Suite.newDirectory();
        Path disk = Guests.disk(directory, "disk.img", 8 << 20);
        try (Suite suite =
                Suite.start(Guests.block("one", "6.1", "disk \"" + disk + "\" format raw"))) {
            suite.vmctl("start", "one");
            Map<Integer, String> flushed = writeAndKill(suite);
            assertEquals(5, flushed.size());
            for (Map.Entry<Integer, String> block : flushed.entrySet()) {
                assertEquals(block.getValue(), read(disk, block.getKey()));
            }
        }
        Files.delete(disk);
        Files.delete(directory);
    }

    /** Block numbers and what is known to be flushed there. */
    private static Map<Integer, String> writeAndKill(Suite suite) throws Exception {
        Map<Integer, String> flushed = new TreeMap<>();
        try (Console console = suite.console("one")) {
            console.await(Guests.PROMPT, Guests.BOOT_TIMEOUT_S);
            for (int k = 1; k <= 5; k++) {
                String text = "block " + k + " " + System.nanoTime();
                console.run(
                        "echo '%s' | dd of=/dev/vda bs=4k seek=%d conv=fsync 2>/dev/null"
                                .formatted(text, k),
                        30);
                flushed.put(k, text);
            }
            console.type(
                    "while :; do seq 1 90000 | dd of=/dev/vda bs=4k seek=64 2>/dev/null; done");
            TimeUnit.MILLISECONDS.sleep(300); // a moment in the midst of it
            for (ProcessHandle child : suite.children()) {
                String line = Files.readString(Path.of("/proc/" + child.pid() + "/cmdline"));
                if (line.startsWith("vmd: one")) {
                    child.destroyForcibly();
                }
            }
        }
        return flushed;
    }

    private static String read(Path disk, int block) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            file.seek(block * 4096L);
            byte[] bytes = new byte[64];
            file.readFully(bytes);
            String text = new String(bytes, StandardCharsets.US_ASCII);
            return text.substring(0, Math.max(text.indexOf('\n'), 0));
        }
    }
}
