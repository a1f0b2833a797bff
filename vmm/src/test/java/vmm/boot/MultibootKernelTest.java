package vmm.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

final class MultibootKernelTest {
    private static final int MIB = 1 << 20;
    private static final int MAGIC = 0x1badb002;
    private static final int ADDRESSES = 1 << 16;
    private static final long RECORD = 0x8000;

    private record Bytes(byte[] content) implements BootSource {
        @Override
        public long sizeBytes() {
            return content.length;
        }

        @Override
        public void read(long offset, MemorySegment into) {
            MemorySegment.copy(MemorySegment.ofArray(content), offset, into, 0, into.byteSize());
        }
    }

    private static CpuState load(GuestMemory memory, ByteBuffer kernel, byte @Nullable [] initrd) {
        BootSource module = initrd == null ? null : new Bytes(initrd);
        return new KernelBoot(new Bytes(kernel.array()), module, "quiet", 0xe0000).load(memory);
    }

    /** A file whose header, 16 bytes into it, says that byte 8 belongs at 1 MiB. */
    private static ByteBuffer flat(int flags, int loadEnd, int bssEnd) {
        ByteBuffer file = ByteBuffer.allocate(0x100).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(8, 0x11223344);
        header(file, 16, flags);
        file.putInt(28, MIB + 8).putInt(32, MIB).putInt(36, loadEnd).putInt(40, bssEnd);
        file.putInt(44, MIB + 0x40);
        return file;
    }

    private static void header(ByteBuffer file, int at, int flags) {
        file.putInt(at, MAGIC).putInt(at + 4, flags).putInt(at + 8, -(MAGIC + flags));
    }

    /**
     * An ELF64 file with one segment, entered at its second byte, and a header without addresses.
     */
    private static ByteBuffer elf(int flags) {
        ByteBuffer elf = ByteBuffer.allocate(0x200).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, MIB + 1).putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1).putLong(64 + 8, 0x100).putLong(64 + 24, MIB);
        elf.putLong(64 + 32, 0x100).putLong(64 + 40, 0x1000);
        header(elf, 0x100, flags);
        return elf;
    }

    @Test
    void fileGoesWhereItsHeaderSays() {
        try (GuestMemory memory = GuestMemory.allocate(4L * MIB)) {
            memory.write32(MIB + 0x90, -1);
            memory.write32(MIB + 0x1000, -1);
            CpuState entry = load(memory, flat(ADDRESSES, MIB + 0x80, MIB + 0x1000), null);
            assertEquals(0x11223344, memory.read32(MIB));
            assertEquals(MAGIC, memory.read32(MIB + 8));
            assertEquals(0, memory.read32(MIB + 0x90));
            assertEquals(-1, memory.read32(MIB + 0x1000));
            assertEquals(MIB + 0x40, entry.rip());
            assertEquals(0x2badb002L, entry.gpr()[0]);
            assertEquals(RECORD, entry.gpr()[3]);
            assertEquals(0x11, entry.control()[0]);
        }
    }

    @Test
    void withoutEndsAllOfTheFileIsLoaded() {
        try (GuestMemory memory = GuestMemory.allocate(4L * MIB)) {
            ByteBuffer file = flat(ADDRESSES, 0, 0);
            file.putInt(0xfc, 0x55667788);
            load(memory, file, null);
            assertEquals(0x55667788, memory.read32(MIB + 0xfc - 8));
        }
    }

    @Test
    void recordTellsMemoryCommandLineAndModule() {
        try (GuestMemory memory = GuestMemory.allocate(4L * MIB)) {
            byte[] module = HexFormat.of().parseHex("0102030405");
            CpuState entry = load(memory, elf(3), module);
            assertEquals(MIB + 1, entry.rip());
            assertEquals(MAGIC, memory.read32(MIB));
            assertEquals(0x24d, memory.read32(RECORD));
            assertEquals(639, memory.read32(RECORD + 4));
            assertEquals(3 * 1024, memory.read32(RECORD + 8));
            assertEquals(0x69757100 >>> 8, memory.read32(memory.read32(RECORD + 16)) & 0xffffff);
            assertEquals(1, memory.read32(RECORD + 20));
            long list = memory.read32(RECORD + 24);
            long start = memory.read32(list);
            assertEquals(0, start % 4096);
            assertEquals(5, memory.read32(list + 4) - start);
            assertEquals(0x04030201, memory.read32(start));
            assertEquals(0, memory.read8(memory.read32(list + 8)));
            long map = memory.read32(RECORD + 48);
            assertEquals(3 * 24, memory.read32(RECORD + 44));
            assertEquals(20, memory.read32(map + 48));
            assertEquals(MIB, memory.read64(map + 52));
            assertEquals(3L * MIB, memory.read64(map + 60));
            assertEquals(1, memory.read32(map + 68));
        }
    }

    @Test
    void headerMayWantNothingUnknown() {
        assertRefused(
                "kernel: its multiboot header wants a screen, which this machine does not have",
                elf(4));
        assertRefused(
                "kernel: its multiboot header wants 0x8, which this machine does not have", elf(8));
    }

    @Test
    void headerMayNotLie() {
        String bad = "kernel: multiboot header with bad addresses";
        assertRefused(bad, flat(ADDRESSES, MIB - 1, 0));
        assertRefused(bad, flat(ADDRESSES, MIB + 0x80, MIB + 0x7f));
        assertRefused("kernel: truncated", flat(ADDRESSES, MIB + 0x100, 0));
        assertRefused(bad, flat(ADDRESSES, 0, 0).putInt(32, MIB + 9));
        assertRefused(bad, flat(ADDRESSES, 0, 0).putInt(32, MIB - 0x1000));
        assertRefused(
                "kernel: does not fit into memory of 4 MiB (needs 4 MiB at 0x100000)",
                flat(ADDRESSES, 0, 5 * MIB));
        assertRefused("kernel: its multiboot header does not say where it goes", flat(0, 0, 0));
    }

    @Test
    void headerWithWrongChecksumIsNone() {
        assertRefused(
                "kernel: not a kernel (neither bzImage nor ELF)",
                flat(ADDRESSES, 0, 0).putInt(24, 1));
    }

    private static void assertRefused(String message, ByteBuffer kernel) {
        try (GuestMemory memory = GuestMemory.allocate(4L * MIB)) {
            BootException e = assertThrows(BootException.class, () -> load(memory, kernel, null));
            assertEquals(message, e.getMessage());
        }
    }
}
