package vmm.openbsd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.Memory;
import vmd.posix.PosixException;
import vmm.engine.Engine;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/**
 * The vmm device of OpenBSD 7.8. It has been tried on a recorded device only, never on the real
 * one.
 *
 * <p>The kernel maps a guest's memory itself and says where, so the memory of a machine comes from
 * here ({@link #memory}). A guest's access to a device's memory is not taken apart by the kernel
 * either: the software processor executes that one instruction.
 */
public final class OpenBsdEngine implements Engine {
    /** Room for firmware at the end of the first 4 GiB. */
    static final long ROM_BYTES = 16 << 20;

    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int LOW = 0, DEVICES = 1, ROM = 2, HIGH = 3;

    private final VmmDevice device;
    private final String name;
    private int id;
    private @Nullable GuestMemory memory;
    private @Nullable MemorySegment romPlace;

    /** An engine over an open {@code /dev/vmm}, which stays the caller's. */
    public OpenBsdEngine(Fd device, String machineName) {
        this(VmmDevice.of(device), machineName);
    }

    OpenBsdEngine(VmmDevice device, String machineName) {
        this.device = device;
        this.name = machineName;
    }

    @Override
    public String name() {
        return "vmm";
    }

    /** Makes the machine in the kernel, with as much memory as {@code offered}. */
    @Override
    public GuestMemory memory(GuestMemory offered) {
        if (memory != null) {
            throw new IllegalStateException("the machine has its memory");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment create = arena.allocate(Abi.CREATE_SIZE, Long.BYTES);
            int ranges = offered.highSize() > 0 ? HIGH + 1 : HIGH;
            create.set(U64, Abi.CREATE_RANGE_COUNT, ranges);
            create.set(U64, Abi.CREATE_CPU_COUNT, 1);
            range(create, LOW, 0, offered.lowSize(), Abi.RAM);
            long rom = GuestMemory.HIGH_BASE - ROM_BYTES;
            range(create, DEVICES, GuestMemory.LOW_LIMIT, rom - GuestMemory.LOW_LIMIT, Abi.MMIO);
            range(create, ROM, rom, ROM_BYTES, Abi.RAM);
            if (ranges > HIGH) {
                range(create, HIGH, GuestMemory.HIGH_BASE, offered.highSize(), Abi.RAM);
            }
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(text.length, Abi.NAME_LENGTH - 1);
            MemorySegment.copy(text, 0, create, ValueLayout.JAVA_BYTE, Abi.CREATE_NAME, length);
            device.call("VMM_IOC_CREATE", Abi.CREATE, create);
            id = create.get(U32, Abi.CREATE_ID);
            romPlace = Memory.at(va(create, ROM), ROM_BYTES);
            GuestMemory placed = GuestMemory.over(ram(create, offered));
            memory = placed;
            return placed;
        }
    }

    private static void range(MemorySegment create, int index, long gpa, long bytes, int type) {
        long at = Abi.CREATE_RANGES + (long) index * Abi.RANGE_SIZE;
        create.set(U64, at + Abi.RANGE_GPA, gpa);
        create.set(U64, at + Abi.RANGE_BYTES, bytes);
        create.set(U32, at + Abi.RANGE_TYPE, type);
    }

    private static long va(MemorySegment create, int index) {
        return create.get(U64, Abi.CREATE_RANGES + (long) index * Abi.RANGE_SIZE + Abi.RANGE_VA);
    }

    private MemorySegment ram(MemorySegment create, GuestMemory offered) {
        long low = va(create, LOW);
        if (offered.highSize() > 0 && va(create, HIGH) != low + offered.lowSize()) {
            close();
            throw new PosixException(
                    "the kernel has mapped memory above 3 GiB somewhere else", Errno.ENOMEM);
        }
        return Memory.at(low, offered.lowSize() + offered.highSize());
    }

    @Override
    public Vcpu createVcpu(int index, GuestMemory used, Platform platform) {
        if (index != 0 || used != memory || romPlace == null) {
            throw new IllegalArgumentException("processor " + index + " of this machine");
        }
        MemorySegment rom = used.rom();
        if (rom != null) {
            long at = ROM_BYTES - rom.byteSize();
            romPlace.asSlice(at, rom.byteSize()).copyFrom(rom);
        }
        return new OpenBsdVcpu(device, id, used, platform);
    }

    /** Ends the machine in the kernel, which its last descriptor would not. */
    @Override
    public void close() {
        if (id != 0) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment term = arena.allocate(Abi.TERM_SIZE, Integer.BYTES);
                term.set(U32, 0, id);
                device.ioctl(Abi.TERM, term);
            }
            id = 0;
        }
    }
}
