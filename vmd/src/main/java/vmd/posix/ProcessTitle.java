package vmd.posix;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** The name that ps shows for this process. */
public final class ProcessTitle {
    private static final int COMM_MAX = 15;

    // Fields of /proc/self/stat, counted from 1 as in proc(5); the list after the name starts at 3.
    private static final int FIRST_FIELD = 3;
    private static final int ARG_START = 48;
    private static final int ARG_END = 49;

    private ProcessTitle() {}

    /**
     * Shows {@code title} in place of the command line and of the command's name. To be called
     * before privileges are dropped: after that these files of /proc belong to root.
     *
     * <p>The words of the command line are overwritten where the kernel put them. The launcher and
     * the virtual machine have copied what they need by the time that main runs. Where that cannot
     * be done the old line stays, which is harmless.
     */
    public static void set(String title) {
        byte[] text = title.getBytes(StandardCharsets.UTF_8);
        try {
            Path comm = Path.of("/proc/self/comm"); // that of the first thread, whoever writes
            byte[] name = Arrays.copyOf(text, Math.min(text.length, COMM_MAX));
            // Not the default options: the supervisor's filter, which machines inherit, lets
            // nobody create or truncate files.
            Files.write(comm, name, StandardOpenOption.WRITE);
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).trim().split(" ");
            long start = Long.parseLong(fields[ARG_START - FIRST_FIELD]);
            long end = Long.parseLong(fields[ARG_END - FIRST_FIELD]);
            overwrite(start, end, text);
        } catch (IOException e) {
            return; // no /proc, no title
        }
    }

    @SuppressWarnings("restricted") // the bounds are the kernel's
    private static void overwrite(long start, long end, byte[] text) {
        if (start == 0 || end <= start) {
            return;
        }
        MemorySegment line = MemorySegment.ofAddress(start).reinterpret(end - start);
        line.fill((byte) 0);
        int length = (int) Math.min(text.length, line.byteSize() - 1);
        MemorySegment.copy(text, 0, line, ValueLayout.JAVA_BYTE, 0, length);
    }
}
