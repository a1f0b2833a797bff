package suite;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the guest tests boot; `make guests` brings it. */
final class Guests {
    static final String READY = "GUEST-READY";
    static final String PROMPT = "guest# ";

    /** The bar is 45 s on a quiet machine of two cores; a loaded one gets more. */
    static final long BOOT_TIMEOUT_S = 180;

    private Guests() {}

    /** Aborts the test, visibly, when `make guests` found no mirror that has this kernel. */
    static Path kernel(String series) {
        Path missing = Suite.GUEST.resolve("missing-" + series);
        assumeTrue(
                Files.notExists(missing),
                () -> "not tested: kernel " + series + ", which could not be downloaded");
        return present("vmlinuz-" + series);
    }

    static Path initrd(String series) {
        return present("initrd-" + series + ".gz");
    }

    static Path firmware() {
        return present("bios-256k.bin");
    }

    private static Path present(String name) {
        Path file = Suite.GUEST.resolve(name);
        assertTrue(Files.exists(file), () -> file + " is missing: make guests");
        return file;
    }

    /** A sparse disk image. */
    static Path disk(Path directory, String name, long bytes) throws IOException {
        Path disk = directory.resolve(name);
        try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return disk;
    }

    /** A vm.conf block that boots the kernel of {@code series}. */
    static String block(String name, String series, String more) {
        return block(name, series, "256M", "", more);
    }

    /** The same with so much memory and with more words on the kernel's command line. */
    static String block(String name, String series, String memory, String words, String more) {
        return """
        vm "%s" {
            memory %s
            boot "%s"
            initrd "%s"
            cmdline "console=ttyS0 %s"
            disable
            %s
        }
        """
                .formatted(name, memory, kernel(series), initrd(series), words, more);
    }
}
