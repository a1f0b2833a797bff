package vmm.boot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/**
 * A PC's firmware: the image of a ROM that ends at 4 GiB, where the processor starts 16 bytes
 * before the end (SDM volume 3, 11.1.4). As on a PC its end is seen below 1 MiB too. There it is a
 * copy in RAM that can be written: the board has no switches for shadow memory, and firmware that
 * finds none takes it that its copy is in place.
 */
public final class Firmware {
    /** The end of the image that lies below 1 MiB; what is below that is the adapters'. */
    private static final int SHADOW_MAX = 256 << 10;

    private static final int SIZE_STEP = 64 << 10;
    private static final int SIZE_MAX = 16 << 20;
    private static final int RESET_VECTOR_FROM_END = 16;
    private static final int JUMP_FAR = 0xea, JUMP_NEAR = 0xe9, JUMP_SHORT = 0xeb;
    private static final int NOP = 0x90, CLI = 0xfa;

    /** RDX after RESET: a processor of family 6. Firmware that wants to know more asks CPUID. */
    private static final int SIGNATURE = 0x600;

    private final BootSource image;

    /** Firmware that {@link #matches} has recognised. */
    public Firmware(BootSource image) {
        this.image = image;
    }

    /** Whether {@code image} looks like a ROM: of a ROM's size, with a jump at the reset vector. */
    public static boolean matches(BootSource image) {
        long size = image.sizeBytes();
        if (size == 0 || size > SIZE_MAX || size % SIZE_STEP != 0) {
            return false;
        }
        ByteBuffer head = KernelBoot.bytes(image, 0, SIZE_STEP);
        if (ElfFile.matches(head) || BzImage.matches(head)) {
            return false;
        }
        int at = (int) (size - RESET_VECTOR_FROM_END);
        byte[] vector = KernelBoot.bytes(image, at, RESET_VECTOR_FROM_END).array();
        int first = 0;
        while (first < 4 && isPadding(vector[first] & 0xff)) {
            first++;
        }
        int opcode = vector[first] & 0xff;
        return opcode == JUMP_FAR || opcode == JUMP_NEAR || opcode == JUMP_SHORT;
    }

    private static boolean isPadding(int opcode) {
        return opcode == NOP || opcode == CLI;
    }

    /** Puts the image into its places; the state of the boot processor. */
    public CpuState load(GuestMemory memory) {
        long size = image.sizeBytes();
        if (memory.lowSize() < 2 * MemoryMap.ONE_MIB) {
            throw new BootException("firmware: does not run in memory of less than 2 MiB");
        }
        MemorySegment rom = memory.installRom(size);
        image.read(0, rom);
        long shadow = Math.min(size, SHADOW_MAX);
        memory.copyIn(MemoryMap.ONE_MIB - shadow, rom.asSlice(size - shadow, shadow));
        return EntryState.reset(SIGNATURE);
    }
}
