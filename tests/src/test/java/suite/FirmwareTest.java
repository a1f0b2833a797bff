package suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** SeaBIOS, as Debian packages it, in the place of a kernel. */
@Tag("guest")
class FirmwareTest {
    private static final int SECTOR = 512;
    private static final String BANNER = "SeaBIOS \\(version [^)]+\\)";

    /**
     * A boot sector that reads the next sector to 0x8000 (int 0x13, function 0x42), prints it (int
     * 0x10, function 0x0e), waits for a key (int 0x16) and switches the machine off (port 0x604).
     */
    private static final String BOOT_SECTOR =
            "31c0 8ed8 8ec0 8ed0 bc007c fb" // xor ax,ax; mov ds,es,ss,ax; mov sp,0x7c00; sti
                    + "be387c b442 cd13 7220" // mov si,packet; int 0x13; jc off
                    + "be0080" // mov si,0x8000
                    + "ac 84c0 7409 b40e bb0700 cd10 ebf2" // print up to a zero
                    + "b400 cd16 3c71 75f8" // int 0x16; cmp al,'q'; jne back
                    + "ba0406 b80020 ef" // out 0x604,0x2000
                    + "f4 ebfd" // stop: hlt; jmp stop
                    + "1000 0100 0080 0000 0100000000000000"; // packet: sector 1 to 0:0x8000

    private static byte[] disk() {
        byte[] disk = new byte[64 * SECTOR];
        byte[] code = HexFormat.of().parseHex(BOOT_SECTOR.replace(" ", ""));
        System.arraycopy(code, 0, disk, 0, code.length);
        disk[SECTOR - 2] = 0x55;
        disk[SECTOR - 1] = (byte) 0xaa;
        byte[] text = "read from the disk\r\npress q\r\n".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, disk, SECTOR, text.length);
        return Arrays.copyOf(disk, 1 << 20);
    }

    @Test
    void seabiosShowsItsBannerAndBootsFromTheDisk() throws Exception {
        Path directory = Suite.newDirectory();
        Path image = directory.resolve("disk.img");
        Files.write(image, disk());
        String block =
                """
                vm "bios" {
                    memory 64M
                    boot "%s"
                    disk "%s" format raw
                    disable
                }
                """
                        .formatted(Guests.firmware(), image);
        try (Suite suite = Suite.start(block)) {
            Suite.Output started = suite.vmctl("start", "bios");
            assertEquals(0, started.status(), started.err());
            try (Console console = suite.console("bios")) {
                console.await(BANNER, Guests.BOOT_TIMEOUT_S);
                console.await("read from the disk", 60);
                console.await("press q", 20);
                console.type("q");
                assertEquals(0, console.awaitEnd(30));
            }
            assertTrue(suite.logText().contains("firmware: SeaBIOS (version"), suite.logText());
            Suite.Output status = suite.vmctl("status", "bios");
            assertTrue(status.out().contains("stopped"), status.out());
        }
        Files.delete(image);
        Files.delete(directory);
    }
}
