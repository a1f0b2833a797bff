package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import vmd.posix.Devices;
import vmd.posix.Fd;
import vmm.mem.GuestMemory;

/**
 * A machine in the kernel: its descriptor, and which part of guest physical memory lies where in
 * this process. Interrupt controllers and timers are not asked for, so the kernel has none.
 */
final class KvmVm implements AutoCloseable {
    /** Three pages of Intel's real mode and one page table, where a PC has only firmware. */
    private static final long TSS_GPA = 0xfeff_d000L;

    private static final long IDENTITY_MAP_GPA = 0xfeff_c000L;

    /** Slots of RAM; the ROM, if there is one, has the next. */
    private static final int SLOTS = 2;

    private final Fd fd;
    private final GuestMemory memory;
    private boolean logsDirty;

    KvmVm(Fd kvm, GuestMemory memory) {
        this.memory = memory;
        fd = Fd.own(Kvm.call("KVM_CREATE_VM", kvm, Abi.CREATE_VM, 0));
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            setUp(arena, kvm);
            done = true;
        } finally {
            if (!done) {
                fd.close();
            }
        }
    }

    private void setUp(Arena arena, Fd kvm) {
        if (Kvm.capability(kvm, Abi.CAP_SET_IDENTITY_MAP_ADDR) != 0) {
            MemorySegment address = arena.allocateFrom(ValueLayout.JAVA_LONG, IDENTITY_MAP_GPA);
            Kvm.call("KVM_SET_IDENTITY_MAP_ADDR", fd, Abi.SET_IDENTITY_MAP_ADDR, address);
        }
        if (Kvm.capability(kvm, Abi.CAP_SET_TSS_ADDR) != 0) {
            Kvm.call("KVM_SET_TSS_ADDR", fd, Abi.SET_TSS_ADDR, TSS_GPA);
        }
        if (Kvm.capability(kvm, Abi.CAP_EXIT_ON_EMULATION_FAILURE) != 0) {
            MemorySegment request = arena.allocate(Abi.ENABLE_CAP_SIZE, Long.BYTES);
            request.set(
                    ValueLayout.JAVA_INT, Abi.ENABLE_CAP_CAP, Abi.CAP_EXIT_ON_EMULATION_FAILURE);
            request.set(ValueLayout.JAVA_LONG, Abi.ENABLE_CAP_ARGS, 1);
            // Only more to read in the log of a failure: where it is refused, less is read.
            Devices.ioctl(fd, Abi.ENABLE_CAP, request);
        }
        Kvm.call("KVM_X86_SET_MSR_FILTER", fd, Abi.X86_SET_MSR_FILTER, MsrFilter.encode(arena));
        for (int slot = 0; slot < SLOTS; slot++) {
            region(arena, slot, 0);
        }
        MemorySegment rom = memory.rom();
        if (rom != null) {
            long gpa = GuestMemory.HIGH_BASE - rom.byteSize();
            region(arena, SLOTS, Abi.MEM_READONLY, gpa, rom);
        }
    }

    private long slotGpa(int slot) {
        return slot == 0 ? 0 : GuestMemory.HIGH_BASE;
    }

    private long slotSize(int slot) {
        return slot == 0 ? memory.lowSize() : memory.highSize();
    }

    private long slotOffset(int slot) {
        return slot == 0 ? 0 : memory.lowSize();
    }

    private void region(Arena arena, int slot, int flags) {
        if (slotSize(slot) > 0) {
            MemorySegment bytes = memory.ram().asSlice(slotOffset(slot), slotSize(slot));
            region(arena, slot, flags, slotGpa(slot), bytes);
        }
    }

    private void region(Arena arena, int slot, int flags, long gpa, MemorySegment bytes) {
        MemorySegment region = arena.allocate(Abi.REGION_SIZE, Long.BYTES);
        region.set(ValueLayout.JAVA_INT, Abi.REGION_SLOT, slot);
        region.set(ValueLayout.JAVA_INT, Abi.REGION_FLAGS, flags);
        region.set(ValueLayout.JAVA_LONG, Abi.REGION_GPA, gpa);
        region.set(ValueLayout.JAVA_LONG, Abi.REGION_BYTES, bytes.byteSize());
        region.set(ValueLayout.JAVA_LONG, Abi.REGION_HVA, bytes.address());
        Kvm.call("KVM_SET_USER_MEMORY_REGION", fd, Abi.SET_USER_MEMORY_REGION, region);
    }

    Fd createVcpu(int index) {
        return Fd.own(Kvm.call("KVM_CREATE_VCPU", fd, Abi.CREATE_VCPU, index));
    }

    Fd fd() {
        return fd;
    }

    GuestMemory memory() {
        return memory;
    }

    /** What the processors write from now on is noted; what they have written is forgotten. */
    void restartDirtyLog() {
        try (Arena arena = Arena.ofConfined()) {
            for (int slot = 0; slot < SLOTS; slot++) {
                if (logsDirty) {
                    fetch(arena, slot);
                } else {
                    region(arena, slot, Abi.MEM_LOG_DIRTY_PAGES);
                }
            }
        }
        logsDirty = true;
    }

    /**
     * Moves what the kernel has noted since the last call into the memory's own log. Before the
     * first {@link #restartDirtyLog} nothing is noted, and any page may have been written.
     */
    void updateDirtyLog() {
        if (!logsDirty) {
            markAll();
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            for (int slot = 0; slot < SLOTS; slot++) {
                mark(fetch(arena, slot), slotOffset(slot));
            }
        }
    }

    private MemorySegment fetch(Arena arena, int slot) {
        long pages = slotSize(slot) >>> GuestMemory.PAGE_SHIFT;
        MemorySegment bitmap = arena.allocate((pages + 63) / 64 * Long.BYTES, Long.BYTES);
        if (pages > 0) {
            MemorySegment log = arena.allocate(Abi.DIRTY_LOG_SIZE, Long.BYTES);
            log.set(ValueLayout.JAVA_INT, Abi.DIRTY_LOG_SLOT, slot);
            log.set(ValueLayout.JAVA_LONG, Abi.DIRTY_LOG_BITMAP, bitmap.address());
            Kvm.call("KVM_GET_DIRTY_LOG", fd, Abi.GET_DIRTY_LOG, log);
        }
        return bitmap;
    }

    private void mark(MemorySegment bitmap, long offset) {
        for (long word = 0; word < bitmap.byteSize() / Long.BYTES; word++) {
            long bits = bitmap.getAtIndex(ValueLayout.JAVA_LONG, word);
            while (bits != 0) {
                long page = word * 64 + Long.numberOfTrailingZeros(bits);
                memory.markDirtyAt(offset + (page << GuestMemory.PAGE_SHIFT));
                bits &= bits - 1;
            }
        }
    }

    private void markAll() {
        for (long at = 0; at < memory.ram().byteSize(); at += GuestMemory.PAGE_SIZE) {
            memory.markDirtyAt(at);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
