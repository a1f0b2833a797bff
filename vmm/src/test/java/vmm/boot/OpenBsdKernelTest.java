package vmm.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

/** Expectations are those of the kernel: sys/arch/amd64/amd64/locore0.S, include/biosvar.h. */
final class OpenBsdKernelTest {
    private static final long MIB = 1 << 20;
    private static final int RSP = 4;

    /** Where the kernels here are linked, and where that leaves them. */
    private static final long LINKED_32 = 0xd0200000L, LINKED_64 = 0xffffffff81000000L;

    private static final long LOADED_32 = 0x200000, LOADED_64 = 0x1000000;

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

    /** 16 bytes at 0x300 that become 0x64 in memory; symbols at 0x340, their names at 0x360. */
    private static ByteBuffer i386() {
        ByteBuffer elf = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 1).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 3);
        elf.putInt(24, (int) LINKED_32 + 4).putInt(28, 0x40).putInt(32, 0x100);
        elf.putShort(42, (short) 32).putShort(44, (short) 1);
        elf.putShort(46, (short) 40).putShort(48, (short) 4).putShort(50, (short) 3);
        elf.putInt(0x40, 1).putInt(0x44, 0x300).putInt(0x4c, (int) LINKED_32);
        elf.putInt(0x50, 16).putInt(0x54, 0x64);
        section32(elf, 1, 2, 0x340, 0x20);
        section32(elf, 2, 3, 0x360, 9);
        section32(elf, 3, 3, 0x380, 8);
        elf.putInt(0x300, 0x55667788).putInt(0x340, 0x11112222).put(0x360, (byte) 'x');
        return elf;
    }

    private static void section32(ByteBuffer elf, int index, int type, int offset, int size) {
        int at = 0x100 + 40 * index;
        elf.putInt(at + 4, type).putInt(at + 16, offset).putInt(at + 20, size);
    }

    /** As the other, and it asks for 32 random bytes behind its code. */
    private static ByteBuffer amd64() {
        ByteBuffer elf = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, LINKED_64 + 8).putLong(32, 0x40);
        elf.putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(0x40, 1).putLong(0x48, 0x300).putLong(0x58, LOADED_64);
        elf.putLong(0x60, 16).putLong(0x68, 0x1000);
        elf.putInt(0x78, 0x65a3dbe6).putLong(0x90, LOADED_64 + 0x800).putLong(0xa0, 32);
        elf.putInt(0x300, 0x55667788);
        return elf;
    }

    private static CpuState load(GuestMemory memory, byte[] kernel) {
        return new KernelBoot(new Bytes(kernel), null, "", 0).load(memory);
    }

    private static long word(GuestMemory memory, CpuState state, int index) {
        return memory.read32(state.gpr()[RSP] + 4L * index) & 0xffff_ffffL;
    }

    @Test
    void i386KernelIsEnteredWithPagingOnAndItsArgumentsOnTheStack() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, i386().array());
            assertEquals(LOADED_32 + 4, state.rip());
            assertEquals(0x55667788, memory.read32(LOADED_32));
            assertEquals(0x80000011L, state.control()[0]);
            assertEquals(0x10, state.control()[3]);
            assertEquals(0x83 | 5 << 22, memory.read32(state.control()[2] + 4 * 5));
            assertEquals(0xffdc, state.gpr()[RSP]);
            assertEquals(0, word(memory, state, 1));
            assertEquals(0xa0000004L, word(memory, state, 2));
            assertEquals(0x0e, word(memory, state, 3));
            assertEquals(0x2000, word(memory, state, 8));
        }
    }

    @Test
    void symbolsFollowTheKernel() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, i386().array());
            long header = LOADED_32 + 0x64;
            assertEquals(0x464c457f, memory.read32(header));
            assertEquals(0, memory.read16(header + 44));
            long table = header + memory.read32(header + 32);
            int symbols = memory.read32(table + 40 + 16);
            int names = memory.read32(table + 2 * 40 + 16);
            assertEquals(0x11112222, memory.read32(header + symbols));
            assertEquals('x', memory.read8(header + names));
            assertEquals(header + names + 12 + 8, word(memory, state, 4));
        }
    }

    @Test
    void amd64KernelIsEnteredInCompatibilityMode() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, amd64().array());
            assertEquals(LOADED_64 + 8, state.rip());
            assertEquals(0x500, state.msrs()[0]);
            assertEquals(0x30, state.control()[3]);
            assertEquals(0xc09b, state.segments()[1].access());
            long pml4 = state.control()[2];
            long directory = memory.read64(memory.read64(pml4) & -4096) & -4096;
            assertEquals(511L << 21 | 0x83, memory.read64(directory + 8 * 511));
            byte[] random = new byte[32];
            memory.copyOut(LOADED_64 + 0x800, random, 0, 32);
            assertNotEquals(0, Arrays.hashCode(random) - Arrays.hashCode(new byte[32]));
            assertEquals(LOADED_64 + 0x1000, word(memory, state, 4));
        }
    }

    @Test
    void recordsTellMemoryAndConsole() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, amd64().array());
            long at = word(memory, state, 8);
            assertEquals(0, memory.read32(at));
            assertEquals(0, memory.read64(at + 12));
            assertEquals(1, memory.read32(at + 12 + 16));
            at += memory.read32(at + 8);
            assertEquals(5, memory.read32(at));
            assertEquals(0x800, memory.read32(at + 12));
            assertEquals(115200, memory.read32(at + 16));
            assertEquals(0x3f8, memory.read64(at + 20));
            at += memory.read32(at + 8);
            assertEquals(-1, memory.read32(at));
            assertEquals(at + 12 - 0x2000, word(memory, state, 7));
        }
    }

    @Test
    void packedKernelsAreUnpacked() throws IOException {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            assertEquals(LOADED_32 + 4, load(memory, gzip(i386().array())).rip());
        }
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private static void assertRefused(String message, byte[] kernel) {
        try (GuestMemory memory = GuestMemory.allocate(32 * MIB)) {
            BootException e = assertThrows(BootException.class, () -> load(memory, kernel));
            assertEquals(message, e.getMessage());
        }
    }

    @Test
    void badPackedKernelsAreRefusedWithOneMessage() throws IOException {
        byte[] packed = gzip(i386().array());
        assertRefused("kernel: truncated", Arrays.copyOf(packed, packed.length - 9));
        byte[] damaged = packed.clone();
        damaged[packed.length - 6] ^= 1;
        assertRefused("kernel: damaged gzip file", damaged);
        assertRefused("kernel: packed twice", gzip(packed));
        assertRefused("kernel: unpacks to more than the memory holds", gzip(new byte[33 << 20]));
        assertRefused(
                "kernel: not a kernel (neither bzImage nor ELF)",
                gzip("no kernel, but some text".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void badKernelsAreRefusedWithOneMessage() {
        assertRefused("kernel: truncated", i386().putInt(0x44, 1020).array());
        assertRefused("kernel: truncated", i386().putInt(0x100 + 40 + 16, 1020).array());
        assertRefused(
                "kernel: ELF file with a bad section header table",
                i386().putShort(48, (short) -1).array());
        assertRefused(
                "kernel: wants 2097152 random bytes",
                amd64().putLong(0x90, LOADED_64 - 0x800000).putLong(0xa0, 2 << 20).array());
    }

    @Test
    void anInitialRamdiskIsRefused() {
        try (GuestMemory memory = GuestMemory.allocate(32 * MIB)) {
            BootSource any = new Bytes(new byte[16]);
            KernelBoot boot = new KernelBoot(new Bytes(i386().array()), any, "", 0);
            BootException e = assertThrows(BootException.class, () -> boot.load(memory));
            assertEquals("initrd: an OpenBSD kernel takes none", e.getMessage());
        }
    }
}
