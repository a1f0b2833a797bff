package vmm.dev.fwcfg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Contents of the files that firmware looks for in {@link FwCfg}. */
public final class FirmwareFiles {
    /** The E820 types of {@link #memoryRange}. */
    public static final int RAM = 1, RESERVED = 2;

    private static final String ACPI_ROOT = "etc/acpi/rsdp";

    /** Size of a command of the table loader, and of the file name in it. */
    private static final int COMMAND = 128, COMMAND_NAME = 56;

    private static final int ALLOCATE = 1;

    /** The segment 0xf0000, where systems look for the root pointer. */
    private static final int ZONE_F_SEGMENT = 2;

    private static final int ROOT_ALIGNMENT = 16;
    private static final int RANGE = 20;

    private final Map<String, byte[]> files = new HashMap<>();
    private final ByteBuffer ranges = little(64 * RANGE);

    /** Adds a range to the memory map. */
    public FirmwareFiles memoryRange(long gpa, long length, int type) {
        ranges.putLong(gpa).putLong(length).putInt(type);
        return this;
    }

    /** Lets firmware use the serial port at {@code port} as screen and keyboard. */
    public FirmwareFiles serialConsole(int port) {
        files.put("etc/sercon-port", little(8).putLong(port).array());
        return this;
    }

    /**
     * Lets firmware put the ACPI root pointer {@code rsdp} where systems look for it. The tables
     * are in place already.
     */
    public FirmwareFiles acpi(byte[] rsdp) {
        files.put(ACPI_ROOT, rsdp.clone());
        ByteBuffer command = little(COMMAND).putInt(ALLOCATE);
        command.put(ACPI_ROOT.getBytes(StandardCharsets.US_ASCII)).position(4 + COMMAND_NAME);
        command.putInt(ROOT_ALIGNMENT).put((byte) ZONE_F_SEGMENT);
        files.put("etc/table-loader", command.array());
        return this;
    }

    /** All files by name. */
    public Map<String, byte[]> files() {
        // No menu, and no waiting for somebody who might want one.
        files.put("etc/show-boot-menu", little(8).array());
        byte[] map = new byte[ranges.position()];
        ranges.get(0, map);
        files.put("etc/e820", map);
        return Map.copyOf(files);
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
