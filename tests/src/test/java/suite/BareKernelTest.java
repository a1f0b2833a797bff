package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kernels of a few bytes that end at once, seen by a user who has only vmctl. */
@Tag("guest")
class BareKernelTest {
    private static final int MIB = 1 << 20;
    private static final int MAGIC = 0x1badb002, HAS_ADDRESSES = 1 << 16;
    private static final int HEADER = 32;

    private static final String PRINT_HI = "b048 e6e9 b069 e6e9 b00a e6e9"; // out 0xe9, "Hi\n"
    private static final String POWER_OFF = "ba04060000 b800200000 66ef"; // out 0x604, 0x2000
    private static final String FAILED = "b8ffffffff 66e7f4"; // out 0xf4, 0xffff
    private static final String STOP = "ebfe";

    /** A multiboot kernel: a header with addresses, then the code, at 1 MiB. */
    private static Path kernel(Path directory, String... code) throws Exception {
        byte[] bytes = HexFormat.of().parseHex(String.join("", code).replace(" ", ""));
        ByteBuffer file = ByteBuffer.allocate(HEADER + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(MAGIC).putInt(HAS_ADDRESSES).putInt(-(MAGIC + HAS_ADDRESSES));
        file.putInt(MIB).putInt(MIB).putInt(0).putInt(0).putInt(MIB + HEADER);
        file.put(bytes);
        return Files.write(directory.resolve("kernel"), file.array());
    }

    /** What {@code vmctl start -c} shows of the kernel that is {@code code}. */
    private static String shown(Suite suite, String... code) throws Exception {
        Path kernel = kernel(suite.directory(), code);
        Path out = suite.directory().resolve("console");
        Process vmctl =
                new ProcessBuilder(
                                suite.vmctlCommand("start", "-c", "-b", kernel.toString(), "bare"))
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        // Its input stays open: the end of that would end the attachment.
        assertTrue(vmctl.waitFor(60, TimeUnit.SECONDS), "vmctl does not end");
        return Files.readString(out);
    }

    @Test
    void whatItPrintsIsSeenAndItsEndIsTold() throws Exception {
        try (Suite suite = Suite.start("")) {
            String shown = shown(suite, PRINT_HI, POWER_OFF, STOP);
            assertTrue(shown.contains("Hi\r\n"), shown);
            assertTrue(shown.contains("has ended"), shown);
            shown = shown(suite, PRINT_HI, FAILED, STOP);
            assertTrue(shown.contains("Hi\r\n"), shown);
            String log = suite.logText();
            assertTrue(log.contains("the guest ended its test with 0xffff"), log);
            assertEquals(1, suite.vmctl("status").out().lines().count());
        }
    }
}
