package vmm.dev.fwcfg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The configuration device that PC firmware knows from QEMU (QEMU docs/specs/fw_cfg): a 16-bit
 * selector port and an 8-bit data port that gives the selected item byte by byte and then zeroes.
 * Items have a number each; those with a name are listed in the directory. Nothing can be written,
 * and there is no DMA interface, which the feature item says.
 */
public final class FwCfg implements PortDevice {
    /** The selector; the data port follows. */
    public static final int PORT = 0x510;

    /** Number of ports. */
    public static final int PORTS = 2;

    private static final int SIGNATURE = 0x00;
    private static final int FEATURES = 0x01;
    private static final int RAM_SIZE = 0x03;
    private static final int GRAPHICS_OFF = 0x04;
    private static final int PROCESSORS = 0x05;
    private static final int MAX_PROCESSORS = 0x0f;
    private static final int DIRECTORY = 0x19;
    private static final int FIRST_FILE = 0x20;

    /** The item is chosen by the low bits; bit 14 would select for writing. */
    private static final int KEY_MASK = 0xbfff;

    /** Selector and data port, no DMA. */
    private static final int TRADITIONAL = 1;

    private static final int NAME_LENGTH = 56;
    private static final int DIRECTORY_ENTRY = 8 + NAME_LENGTH;
    private static final byte[] NOTHING = {};

    private final Map<Integer, byte[]> items = new HashMap<>();
    private byte[] selected = NOTHING;
    private int position;

    /** What the guest has chosen and how far it has read. */
    public record State(int key, int position) {}

    private int key;

    /**
     * The items that every machine has, and {@code files} by name.
     *
     * @param ramBytes all of the guest's memory
     */
    public FwCfg(long ramBytes, int processors, Map<String, byte[]> files) {
        items.put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        items.put(FEATURES, little(4).putInt(TRADITIONAL).array());
        items.put(RAM_SIZE, little(8).putLong(ramBytes).array());
        items.put(GRAPHICS_OFF, little(2).putShort((short) 1).array());
        items.put(PROCESSORS, little(2).putShort((short) processors).array());
        items.put(MAX_PROCESSORS, little(2).putShort((short) processors).array());
        putFiles(new TreeMap<>(files));
    }

    /** The directory is big endian, unlike all other numbers, and sorted by name. */
    private void putFiles(TreeMap<String, byte[]> files) {
        ByteBuffer directory = ByteBuffer.allocate(4 + DIRECTORY_ENTRY * files.size());
        directory.putInt(files.size());
        int number = FIRST_FILE;
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] name = file.getKey().getBytes(StandardCharsets.US_ASCII);
            if (name.length >= NAME_LENGTH) {
                throw new IllegalArgumentException("file name " + file.getKey());
            }
            directory.putInt(file.getValue().length).putShort((short) number).putShort((short) 0);
            directory.put(name).position(directory.position() + NAME_LENGTH - name.length);
            items.put(number++, file.getValue().clone());
        }
        items.put(DIRECTORY, directory.array());
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attach(PORT, PORTS, this);
    }

    @Override
    public int portRead(int offset, int size) {
        // The selector cannot be read, and the data port knows bytes only.
        if (offset != 1 || size != 1) {
            return 0;
        }
        return position < selected.length ? selected[position++] & 0xff : 0;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        if (offset == 0 && size == 2) {
            select(value & 0xffff, 0);
        }
    }

    private void select(int newKey, int newPosition) {
        key = newKey;
        selected = items.getOrDefault(newKey & KEY_MASK, NOTHING);
        position = Math.clamp(newPosition, 0, selected.length);
    }

    /** The selection. */
    public State state() {
        return new State(key, position);
    }

    /** Continues from {@code state}. */
    public void restore(State state) {
        select(state.key, state.position);
    }
}
