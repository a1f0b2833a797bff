package vmd.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.PosixException;

/**
 * What the kernel says of each thread, asked after the filter is in force through files that were
 * opened before it: some filters refuse to open. A thread that starts between the two inherits.
 */
final class Evidence implements AutoCloseable {
    private static final int STATUS_MAX = 8192;

    private final List<Fd> files;

    private Evidence(List<Fd> files) {
        this.files = files;
    }

    static Evidence collect() {
        List<Fd> files = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    files.add(FileIo.open(task.resolve("status").toString(), FileIo.O_RDONLY));
                } catch (PosixException e) {
                    if (e.errno() != Errno.ENOENT) {
                        throw e;
                    } // else the thread has ended
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Evidence(files);
    }

    /** Fails unless every thread that still lives has no_new_privs and a filter. */
    void requireConfined() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATUS_MAX);
            for (Fd file : files) {
                String status = read(file, buffer);
                boolean confined =
                        status.isEmpty()
                                || status.contains("\nNoNewPrivs:\t1\n")
                                        && status.contains("\nSeccomp:\t2\n");
                if (!confined) {
                    throw new IllegalStateException("a thread is outside the sandbox: " + status);
                }
            }
        }
    }

    /** Empty if the thread has ended. */
    private static String read(Fd file, MemorySegment buffer) {
        try {
            int n = FileIo.pread(file, buffer, 0);
            byte[] bytes = buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (PosixException e) {
            if (e.errno() == Errno.ESRCH) {
                return "";
            }
            throw e;
        }
    }

    @Override
    public void close() {
        files.forEach(Fd::close);
    }
}
