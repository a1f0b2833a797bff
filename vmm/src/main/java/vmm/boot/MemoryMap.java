package vmm.boot;

import java.util.ArrayList;
import java.util.List;
import vmm.mem.GuestMemory;

/** The guest's physical address space as firmware describes it, in ascending order. */
public record MemoryMap(List<Entry> entries) {
    /** Where conventional memory ends: firmware's data and tables follow, up to 1 MiB. */
    public static final long LOW_END = 0x9fc00;

    /** Where RAM goes on after the area of the adapters and the firmware. */
    public static final long ONE_MIB = 0x10_0000;

    public static final int USABLE = 1, RESERVED = 2;

    /** {@code type} as in ACPI 6.5 table 15.3. */
    public record Entry(long gpa, long length, int type) {}

    /** The map of {@code memory}. */
    public static MemoryMap of(GuestMemory memory) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry(0, LOW_END, USABLE));
        entries.add(new Entry(LOW_END, ONE_MIB - LOW_END, RESERVED));
        entries.add(new Entry(ONE_MIB, memory.lowSize() - ONE_MIB, USABLE));
        if (memory.highSize() > 0) {
            entries.add(new Entry(GuestMemory.HIGH_BASE, memory.highSize(), USABLE));
        }
        return new MemoryMap(List.copyOf(entries));
    }
}
