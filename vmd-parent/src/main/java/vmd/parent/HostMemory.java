package vmd.parent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the host says about memory, from /proc. */
final class HostMemory {
    private static final int PAGE_BYTES = 4096;

    private HostMemory() {}

    /** All memory of the host; as good as infinite where the host does not say. */
    static long totalBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
        return Long.MAX_VALUE;
    }

    /** Resident memory of a process; 0 if there is none. */
    static long residentBytes(int pid) {
        try {
            String[] pages = Files.readString(Path.of("/proc/" + pid + "/statm")).split(" ");
            return Long.parseLong(pages[1]) * PAGE_BYTES;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
