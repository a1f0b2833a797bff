package vmm.dev;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Physical addresses that are not RAM. An address without an owner, and an access that does not lie
 * within one range, reads as all ones and ignores writes, as an aborted bus cycle does.
 */
public final class MmioBus {
    private record Range(long first, long length, MmioDevice device) {
        boolean contains(long gpa, int size) {
            return gpa >= first && gpa - first <= length - size;
        }

        boolean overlaps(long otherFirst, long otherLength) {
            return otherFirst < first + length && first < otherFirst + otherLength;
        }
    }

    // A machine has a handful of ranges, and accesses come in runs: a list with a memory is enough.
    private final List<Range> ranges = new ArrayList<>();
    private @Nullable Range latest;

    /**
     * Gives {@code length} bytes at {@code gpa} to {@code device}. False, and nothing is changed,
     * if a part of them has an owner or the range leaves the 52-bit address space.
     */
    public boolean attach(long gpa, long length, MmioDevice device) {
        if (gpa < 0 || length <= 0 || gpa >= 1L << 52 || length > (1L << 52) - gpa) {
            return false;
        }
        for (Range range : ranges) {
            if (range.overlaps(gpa, length)) {
                return false;
            }
        }
        ranges.add(new Range(gpa, length, device));
        return true;
    }

    /** Takes the range that starts at {@code gpa} away from {@code device}. */
    public void detach(long gpa, MmioDevice device) {
        ranges.removeIf(range -> range.first == gpa && range.device.equals(device));
        latest = null;
    }

    /** Reads {@code size} (1, 2, 4 or 8) bytes at {@code gpa}; zero-extended. */
    public long read(long gpa, int size) {
        Range range = find(gpa, size);
        return range == null
                ? -1L >>> (64 - 8 * size)
                : range.device.mmioRead(gpa - range.first, size);
    }

    /** Writes the low {@code size} bytes of {@code value} at {@code gpa}. */
    public void write(long gpa, int size, long value) {
        Range range = find(gpa, size);
        if (range != null) {
            range.device.mmioWrite(gpa - range.first, size, value);
        }
    }

    private @Nullable Range find(long gpa, int size) {
        Range found = latest;
        if (found != null && found.contains(gpa, size)) {
            return found;
        }
        for (int k = 0; k < ranges.size(); k++) {
            Range range = ranges.get(k);
            if (range.contains(gpa, size)) {
                latest = range;
                return range;
            }
        }
        return null;
    }
}
