package vmd.conf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The files that a configuration is read from or speaks of, with reasons in the system's words. */
class ConfigFiles {
    /** No configuration written by hand comes near; a device or a disk named by mistake does. */
    private static final int MAX_SIZE = 1 << 20;

    /** A file that cannot be had; the message is the reason. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        private final boolean missing;

        Unusable(String reason, boolean missing) {
            super(reason, null, false, false);
            this.missing = missing;
        }

        boolean missing() {
            return missing;
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    private final Path directory;

    ConfigFiles(Path directory) {
        this.directory = directory;
    }

    /** The whole text of a configuration file. */
    String read(String name) throws Unusable {
        if (name.isEmpty()) {
            throw new Unusable("No such file or directory", true);
        }
        try (InputStream in = Files.newInputStream(directory.resolve(name))) {
            byte[] bytes = in.readNBytes(MAX_SIZE + 1);
            if (bytes.length > MAX_SIZE) {
                throw new Unusable("File too large", false);
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            throw new Unusable("not UTF-8 text", false);
        } catch (IOException e) {
            throw unusable(e);
        } catch (InvalidPathException _) {
            throw new Unusable("Invalid argument", false);
        }
    }

    /** The absolute path without symbolic links of a file that must exist. */
    Path resolve(String name) throws Unusable {
        if (name.isEmpty()) {
            throw new Unusable("No such file or directory", true);
        }
        try {
            return directory.resolve(name).toRealPath();
        } catch (IOException e) {
            throw unusable(e);
        } catch (InvalidPathException _) {
            throw new Unusable("Invalid argument", false);
        }
    }

    /** The absolute path of a file that need not exist. */
    Path absolute(String name) throws Unusable {
        if (name.isEmpty()) {
            throw new Unusable("No such file or directory", true);
        }
        try {
            return directory.resolve(name).toAbsolutePath();
        } catch (InvalidPathException _) {
            throw new Unusable("Invalid argument", false);
        }
    }

    /** True when the file begins like a qcow2 image; false when it cannot be read. */
    static boolean looksLikeQcow2(Path path) {
        // Opening anything but a regular file may wait for ever or have an effect.
        if (!Files.isRegularFile(path)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(path)) {
            byte[] magic = in.readNBytes(4);
            return magic.length == 4
                    && magic[0] == 'Q'
                    && magic[1] == 'F'
                    && magic[2] == 'I'
                    && magic[3] == (byte) 0xfb;
        } catch (IOException _) {
            return false;
        }
    }

    private static Unusable unusable(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> new Unusable("No such file or directory", true);
            case AccessDeniedException _ -> new Unusable("Permission denied", false);
            case FileSystemException f
                    when String.valueOf(f.getReason()).startsWith("Too many levels") ->
                    // The JDK's own text guesses at more than one cause.
                    new Unusable("Too many levels of symbolic links", false);
            case FileSystemException f when f.getReason() != null ->
                    new Unusable(String.valueOf(f.getReason()), false);
            default -> new Unusable(String.valueOf(e.getMessage()), false);
        };
    }
}
