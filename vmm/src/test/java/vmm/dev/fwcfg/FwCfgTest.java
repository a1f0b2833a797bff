package vmm.dev.fwcfg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vmm.dev.PortBus;

final class FwCfgTest {
    private static final int DATA = FwCfg.PORT + 1;
    private static final int DIRECTORY = 0x19;

    private final PortBus bus = new PortBus();
    private final FwCfg chip = chip(bus);

    private static FwCfg chip(PortBus bus) {
        byte[] rsdp = "RSD PTR and so on".getBytes(StandardCharsets.US_ASCII);
        Map<String, byte[]> files =
                new FirmwareFiles()
                        .memoryRange(0, 0x7ff0000, FirmwareFiles.RAM)
                        .memoryRange(0x7ff0000, 0x10000, FirmwareFiles.RESERVED)
                        .serialConsole(0x3f8)
                        .acpi(rsdp)
                        .files();
        FwCfg made = new FwCfg(128 << 20, 1, files);
        made.attach(bus);
        return made;
    }

    private byte[] read(int key, int count) {
        bus.write(FwCfg.PORT, 2, key);
        byte[] bytes = new byte[count];
        for (int k = 0; k < count; k++) {
            bytes[k] = (byte) bus.read(DATA, 1);
        }
        return bytes;
    }

    private Map<String, byte[]> files() {
        int count = ByteBuffer.wrap(read(DIRECTORY, 4)).getInt();
        ByteBuffer entries = ByteBuffer.wrap(read(DIRECTORY, 4 + 64 * count)).position(4);
        Map<String, byte[]> files = new HashMap<>();
        for (int k = 0; k < count; k++) {
            int size = entries.getInt();
            int key = entries.getShort();
            entries.getShort();
            byte[] name = new byte[56];
            entries.get(name);
            files.put(new String(name, StandardCharsets.US_ASCII).trim(), read(key, size));
        }
        return files;
    }

    @Test
    void firmwareFindsTheDevice() {
        assertEquals("QEMU", new String(read(0, 4), StandardCharsets.US_ASCII));
        assertArrayEquals(new byte[] {1, 0, 0, 0}, read(1, 4));
        assertArrayEquals(new byte[] {1, 0}, read(5, 2));
        ByteBuffer ram = ByteBuffer.wrap(read(3, 8)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(128 << 20, ram.getLong());
    }

    @Test
    void behindTheEndAndOfUnknownItemsComesZero() {
        assertArrayEquals(new byte[] {'Q', 'E', 'M', 'U', 0, 0}, read(0, 6));
        assertArrayEquals(new byte[2], read(0x1234, 2));
    }

    @Test
    void filesAreInTheDirectory() {
        Map<String, byte[]> files = files();
        assertArrayEquals(
                new byte[] {(byte) 0xf8, 3, 0, 0, 0, 0, 0, 0}, files.get("etc/sercon-port"));
        ByteBuffer map = ByteBuffer.wrap(files.get("etc/e820")).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(40, map.limit());
        assertEquals(0x7ff0000, map.getLong(8));
        assertEquals(FirmwareFiles.RESERVED, map.getInt(36));
    }

    @Test
    void loaderPutsTheRootPointerIntoTheFirmwaresSegment() {
        ByteBuffer command =
                ByteBuffer.wrap(files().get("etc/table-loader")).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(128, command.limit());
        assertEquals(1, command.getInt(0), "allocate");
        assertEquals(16, command.getInt(60), "alignment");
        assertEquals(2, command.get(64), "zone");
        byte[] name = new byte[13];
        command.get(4, name);
        assertEquals("etc/acpi/rsdp", new String(name, StandardCharsets.US_ASCII));
    }

    @Test
    void widthsThatTheDeviceDoesNotKnowDoNothing() {
        bus.write(FwCfg.PORT, 2, 0);
        bus.write(FwCfg.PORT, 1, 5);
        bus.write(FwCfg.PORT, 4, 5);
        bus.write(DATA, 1, 'X');
        assertEquals(0, bus.read(DATA, 2));
        assertEquals('Q', bus.read(DATA, 1));
    }

    @Test
    void stateIsKept() {
        read(0, 2);
        FwCfg.State state = chip.state();
        read(5, 2);
        chip.restore(state);
        assertEquals('M', bus.read(DATA, 1));
    }

    @Test
    void longNamesAreRefused() {
        Map<String, byte[]> files = Map.of("x".repeat(56), new byte[1]);
        assertThrows(IllegalArgumentException.class, () -> new FwCfg(1 << 20, 1, files));
    }
}
