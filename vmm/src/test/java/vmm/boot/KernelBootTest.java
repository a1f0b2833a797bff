package vmm.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

final class KernelBootTest {
    private static final long MIB = 1 << 20;
    private static final long RSDP = 0xe0000;
    private static final long KERNEL = 16 * MIB;

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

    /** A bzImage with four setup sectors and 4 KiB of code that says where it comes from. */
    private static ByteBuffer bzImage() {
        ByteBuffer image = ByteBuffer.allocate(5 * 512 + 4096).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) 4);
        image.putInt(0x1f4, 4096 / 16);
        image.putShort(0x1fe, (short) 0xaa55);
        image.put(0x201, (byte) 0x66);
        image.putInt(0x202, 0x53726448);
        image.putShort(0x206, (short) 0x20f);
        image.put(0x211, (byte) 1);
        image.putInt(0x22c, 0x7fffffff);
        image.putInt(0x230, 0x200000);
        image.put(0x234, (byte) 1);
        image.putShort(0x236, (short) 1);
        image.putInt(0x238, 2047);
        image.putLong(0x258, KERNEL);
        image.putInt(0x260, (int) (2 * MIB));
        image.putInt(5 * 512, 0x11223344);
        return image;
    }

    private static CpuState load(GuestMemory memory, ByteBuffer kernel, byte @Nullable [] initrd) {
        BootSource ramdisk = initrd == null ? null : new Bytes(initrd);
        return new KernelBoot(new Bytes(kernel.array()), ramdisk, "console=ttyS0", RSDP)
                .load(memory);
    }

    private static void assertRefused(String message, ByteBuffer kernel, byte @Nullable [] initrd) {
        try (GuestMemory memory = GuestMemory.allocate(32 * MIB)) {
            BootException e = assertThrows(BootException.class, () -> load(memory, kernel, initrd));
            assertEquals(message, e.getMessage());
        }
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] cpio() {
        StringBuilder s = new StringBuilder();
        entry(s, "a", "hello");
        entry(s, "TRAILER!!!", "");
        return s.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void entry(StringBuilder to, String name, String content) {
        to.append("070701");
        for (int field = 0; field < 13; field++) {
            int value = field == 6 ? content.length() : field == 11 ? name.length() + 1 : 0;
            String digits = Integer.toHexString(value);
            to.append("0".repeat(8 - digits.length())).append(digits);
        }
        pad(to.append(name).append('\0'));
        pad(to.append(content));
    }

    private static void pad(StringBuilder to) {
        while (to.length() % 4 != 0) {
            to.append('\0');
        }
    }

    @Test
    void bzImageStartsAtItsSixtyFourBitEntry() throws IOException {
        byte[] initrd = gzip(new byte[9000]);
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, bzImage(), initrd);
            assertEquals(KERNEL + 0x200, state.rip());
            assertEquals(KernelBoot.BOOT_PARAMS, state.gpr()[6]);
            assertEquals(0x11223344, memory.read32(KERNEL));
            assertEquals(0xa09b, state.segments()[1].access());
            assertEquals(0x00af9b000000ffffL, memory.read64(state.gdtBase() + 0x10));

            long params = KernelBoot.BOOT_PARAMS;
            assertEquals(0x53726448, memory.read32(params + 0x202));
            assertEquals(0xff, memory.read8(params + 0x210));
            assertEquals(RSDP, memory.read64(params + 0x70));
            long ramdisk = memory.read32(params + 0x218);
            assertEquals(initrd.length, memory.read32(params + 0x21c));
            assertEquals(64 * MIB - 4096, ramdisk);
            assertEquals(0x1f, memory.read8(ramdisk));
            long commandLine = memory.read32(params + 0x228);
            byte[] text = new byte[14];
            memory.copyOut(commandLine, text, 0, 14);
            assertEquals("console=ttyS0\0", new String(text, StandardCharsets.US_ASCII));
            assertEquals(3, memory.read8(params + 0x1e8));
            assertEquals(MIB, memory.read64(params + 0x2d0 + 40));
            assertEquals(63 * MIB, memory.read64(params + 0x2d0 + 48));
        }
    }

    @Test
    void bzImageOfThirtyTwoBitsStartsInProtectedMode() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, bzImage().putShort(0x236, (short) 0), null);
            assertEquals(KERNEL, state.rip());
            assertEquals(KernelBoot.BOOT_PARAMS, state.gpr()[6]);
            assertEquals(0xc09b, state.segments()[1].access());
            assertEquals(0, state.control()[0] & 1L << 31);
        }
    }

    @Test
    void firstFourGibAreMappedOneToOne() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, bzImage(), null);
            long gpa = 0xfee12345L;
            long entry = memory.read64(state.control()[2]);
            entry = memory.read64((entry & -4096) + 8 * (gpa >>> 30));
            entry = memory.read64((entry & -4096) + 8 * (gpa >>> 21 & 511));
            assertEquals((gpa & -0x200000) | 0x83, entry);
        }
    }

    @Test
    void relocatableKernelMovesDownWhenMemoryIsSmall() {
        try (GuestMemory memory = GuestMemory.allocate(8 * MIB)) {
            assertEquals(2 * MIB + 0x200, load(memory, bzImage(), null).rip());
        }
    }

    @Test
    void badKernelsAreRefusedWithOneMessage() {
        assertRefused(
                "kernel: not a kernel (neither bzImage nor ELF)", ByteBuffer.allocate(10), null);
        ByteBuffer text =
                ByteBuffer.wrap("#!/bin/sh\n".repeat(500).getBytes(StandardCharsets.US_ASCII));
        assertRefused("kernel: not a kernel (neither bzImage nor ELF)", text, null);
        assertRefused(
                "kernel: truncated",
                ByteBuffer.wrap(Arrays.copyOf(bzImage().array(), 5 * 512 + 2000)),
                null);
        assertRefused(
                "kernel: truncated", ByteBuffer.wrap(Arrays.copyOf(bzImage().array(), 700)), null);
        assertRefused(
                "kernel: boot protocol 2.11, at least 2.12 is needed",
                bzImage().putShort(0x206, (short) 0x20b),
                null);
        assertRefused(
                "kernel: does not fit into memory of 32 MiB (needs 60 MiB at 0x200000)",
                bzImage().putInt(0x260, (int) (60 * MIB)),
                null);
    }

    @Test
    void hostileHeaderFieldsAreBounded() {
        assertRefused(
                "kernel: does not fit into memory of 32 MiB (needs 2 MiB at 0x8000000000000000)",
                bzImage().putLong(0x258, Long.MIN_VALUE).put(0x234, (byte) 0),
                null);
        assertRefused(
                "kernel: does not fit into memory of 32 MiB (needs 2 MiB at 0x7000)",
                bzImage().putLong(0x258, 0x7000).put(0x234, (byte) 0),
                null);
        assertRefused("kernel: truncated", bzImage().putInt(0x1f4, -1), null);
    }

    @Test
    void badRamdisksAreRefusedWithOneMessage() throws IOException {
        byte[] packed = gzip(new byte[100_000]);
        assertRefused("initrd: empty", bzImage(), new byte[0]);
        assertRefused("initrd: truncated", bzImage(), Arrays.copyOf(packed, packed.length - 1));
        assertRefused("initrd: truncated", bzImage(), Arrays.copyOf(packed, packed.length / 2));
        assertRefused("initrd: truncated", bzImage(), Arrays.copyOf(cpio(), 130));
        byte[] damaged = packed.clone();
        damaged[packed.length - 6] ^= 1;
        assertRefused("initrd: damaged gzip data", bzImage(), damaged);
        assertRefused(
                "initrd: 20 MiB do not fit beside the kernel into memory of 32 MiB",
                bzImage(),
                new byte[(int) (20 * MIB)]);
    }

    @Test
    void concatenatedArchivesAreWhole() throws IOException {
        ByteArrayOutputStream initrd = new ByteArrayOutputStream();
        initrd.write(cpio());
        initrd.write(new byte[512]);
        initrd.write(gzip(cpio()));
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            load(memory, bzImage(), initrd.toByteArray());
            assertEquals(initrd.size(), memory.read32(KernelBoot.BOOT_PARAMS + 0x21c));
        }
    }

    @Test
    void commandLineHasALimit() {
        BootSource kernel = new Bytes(bzImage().array());
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            new KernelBoot(kernel, null, "x".repeat(2047), 0).load(memory);
            KernelBoot tooLong = new KernelBoot(kernel, null, "x".repeat(2048), 0);
            BootException e = assertThrows(BootException.class, () -> tooLong.load(memory));
            assertEquals("command line: 2048 bytes, the kernel takes 2047", e.getMessage());
        }
    }

    /** ELF64 with one segment of 16 bytes at 16 MiB, with or without a PVH note. */
    private static ByteBuffer elf(boolean note) {
        ByteBuffer elf = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, KERNEL + 4).putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(64, 1).putLong(72, 0x180).putLong(88, KERNEL);
        elf.putLong(96, 16).putLong(104, 64);
        elf.putInt(120, note ? 4 : 0).putLong(128, 0x100).putLong(152, 20);
        elf.putInt(0x100, 4).putInt(0x104, 4).putInt(0x108, 18);
        elf.putInt(0x10c, 0x006e6558).putInt(0x110, (int) KERNEL + 8);
        elf.putInt(0x180, 0x55667788);
        return elf;
    }

    @Test
    void elfWithPvhNoteStartsInProtectedMode() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            memory.fill(KERNEL, 64, (byte) -1);
            CpuState state = load(memory, elf(true), cpio());
            assertEquals(KERNEL + 8, state.rip());
            assertEquals(0x11, state.control()[0]);
            assertEquals(0x55667788, memory.read32(KERNEL));
            assertEquals(0, memory.read32(KERNEL + 60));
            long info = state.gpr()[3];
            assertEquals(0x336ec578, memory.read32(info));
            assertEquals(1, memory.read32(info + 12));
            long module = memory.read64(info + 16);
            assertEquals(cpio().length, memory.read64(module + 8));
            assertEquals('0', memory.read8(memory.read64(module)));
            assertEquals(KernelBoot.COMMAND_LINE, memory.read64(info + 24));
            assertEquals(RSDP, memory.read64(info + 32));
            assertEquals(3, memory.read32(info + 48));
        }
    }

    @Test
    void elfWithoutNoteStartsAtItsEntry() {
        try (GuestMemory memory = GuestMemory.allocate(64 * MIB)) {
            CpuState state = load(memory, elf(false), null);
            assertEquals(KERNEL + 4, state.rip());
            assertEquals(KernelBoot.BOOT_PARAMS, state.gpr()[6]);
            assertTrue(state.control()[0] < 0 || (state.control()[0] & 1L << 31) != 0);
        }
    }

    @Test
    void badElfFilesAreRefusedWithOneMessage() {
        assertRefused(
                "kernel: ELF file, but no executable for x86",
                elf(true).putShort(18, (short) 183),
                null);
        assertRefused("kernel: truncated", elf(true).putLong(32, 500), null);
        assertRefused("kernel: truncated", elf(true).putLong(72, Long.MAX_VALUE), null);
        assertRefused("kernel: truncated", elf(true).putLong(128, 505), null);
        assertRefused(
                "kernel: ELF file with a bad program header table",
                elf(true).putShort(56, (short) -1),
                null);
        assertRefused("kernel: ELF segment with a bad size", elf(true).putLong(104, 1), null);
        assertRefused(
                "kernel: does not fit into memory of 32 MiB (needs 1 MiB at 0x1000)",
                elf(true).putLong(88, 0x1000),
                null);
    }
}
