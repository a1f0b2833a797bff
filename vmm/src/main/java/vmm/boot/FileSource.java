package vmm.boot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.FileStat;

/**
 * An open regular file.
 *
 * @param name what to call it in messages: {@code kernel}, {@code initrd}
 */
public record FileSource(String name, Fd file, long sizeBytes) implements BootSource {

    /** The whole of {@code file}, which stays the caller's. */
    public static FileSource of(String name, Fd file) {
        FileStat stat = FileIo.stat(file);
        if (!stat.isRegular()) {
            throw new BootException(name + ": not a regular file");
        }
        return new FileSource(name, file, stat.size());
    }

    @Override
    public void read(long offset, MemorySegment into) {
        if (!into.isNative()) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bounce = arena.allocate(into.byteSize());
                read(offset, bounce);
                into.copyFrom(bounce);
            }
            return;
        }
        if (FileIo.preadFully(file, into, offset) < into.byteSize()) {
            throw new BootException(name + ": file ends early");
        }
    }
}
