package vmm.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import vmm.engine.CpuState;
import vmm.mem.GuestMemory;

final class FirmwareTest {
    private static final int CS = 1;

    private record Image(byte[] bytes) implements BootSource {
        @Override
        public long sizeBytes() {
            return bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), offset, into, 0, into.byteSize());
        }
    }

    private static Image image(int kib, String vector) {
        byte[] bytes = new byte[kib << 10];
        byte[] code = HexFormat.of().parseHex(vector);
        System.arraycopy(code, 0, bytes, bytes.length - 16, code.length);
        return new Image(bytes);
    }

    @Test
    void romsAreRecognisedByTheirResetVector() {
        assertTrue(Firmware.matches(image(128, "ea5be000f0")), "far jump, as SeaBIOS has");
        assertTrue(Firmware.matches(image(2048, "9090e9b5fe")), "near jump, as OVMF has");
        assertTrue(Firmware.matches(image(64, "faebf0")), "short jump after cli");
        assertFalse(Firmware.matches(image(128, "0000")));
        assertFalse(Firmware.matches(image(128, "90909090909090ea")), "no jump in sight");
    }

    @Test
    void otherSizesAndKernelsAreNoRoms() {
        assertFalse(Firmware.matches(new Image(new byte[0])));
        assertFalse(Firmware.matches(image(100, "ea5be000f0")), "not a multiple of 64 KiB");
        assertFalse(Firmware.matches(image(16 * 1024 + 64, "ea5be000f0")), "over 16 MiB");
        Image elf = image(128, "ea5be000f0");
        System.arraycopy(HexFormat.of().parseHex("7f454c46"), 0, elf.bytes, 0, 4);
        assertFalse(Firmware.matches(elf));
    }

    @Test
    void imageEndsAt4GibAnd256KibOfItAt1Mib() {
        Image image = image(512, "ea5be000f0");
        image.bytes[0] = 1;
        image.bytes[256 << 10] = 2;
        try (GuestMemory memory = GuestMemory.allocate(4 << 20)) {
            CpuState state = new Firmware(image).load(memory);
            MemorySegment rom = Objects.requireNonNull(memory.rom());
            assertEquals(512 << 10, rom.byteSize());
            assertEquals(1, rom.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(2, memory.read8(0xc0000));
            assertEquals(0xea, memory.read8(0xffff0));
            assertEquals(0, memory.read8(0xbffff));
            assertEquals(0xfff0, state.rip());
            assertEquals(0xf000, state.segments()[CS].selector());
            assertEquals(0xffff0000L, state.segments()[CS].base());
        }
    }

    @Test
    void smallMemoryIsRefused() {
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            Firmware firmware = new Firmware(image(64, "ea5be000f0"));
            assertThrows(BootException.class, () -> firmware.load(memory));
        }
    }
}
