package vmd.sandbox;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Security;
import java.time.ZonedDateTime;
import java.util.Locale;

/**
 * Has the Java runtime open now what it would open when it first needs it: a class that fails to
 * initialise because its file cannot be opened is lost for good. The list was measured on JDK 25:
 * each line stands for a file that was opened late without it.
 */
final class Preload {
    private Preload() {}

    /**
     * Classes in a folder are opened one by one, later: that cannot work where nothing may be
     * opened.
     */
    static void requireJars() {
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (Files.isDirectory(Path.of(entry))) {
                throw new IllegalStateException(
                        entry + " on the class path is a folder: this process needs jars");
            }
        }
    }

    /** Returns a number that depends on all of it, so that none is optimised away. */
    static int run() {
        int touched = 0;
        // Searching for what is not there opens every jar of the class path and lib/modules.
        touched += ClassLoader.getSystemClassLoader().getResource("no/such/thing") == null ? 0 : 1;
        touched += Security.getProviders().length; // conf/security/java.security
        touched += new SecureRandom().nextInt(); // /dev/random and /dev/urandom
        touched += ZonedDateTime.now().getYear(); // lib/tzdb.dat, /etc/localtime
        touched += String.format(Locale.ROOT, "%s %.2f", 1, 2.0).length(); // libjimage.so
        return touched;
    }
}
