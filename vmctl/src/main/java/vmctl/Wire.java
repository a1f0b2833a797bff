package vmctl;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;

/** The bytes of a connection to the daemon. */
interface Wire extends AutoCloseable {
    /** Sends all bytes, and with them a copy of {@code passed} if one is given. */
    void write(byte[] bytes, @Nullable Fd passed) throws IOException;

    /** Fills the front of {@code into} with what there is, at least a byte; -1 at the end. */
    int read(byte[] into) throws IOException;

    @Override
    void close();
}
