package vmm.dev.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import vmm.dev.legacy.Mc146818;
import vmm.dev.legacy.ResetControl;

/**
 * The tables that tell a system about the machine (ACPI 6.5, chapter 5). They are built as one
 * image that starts with the RSDP, to be put at an address that is a multiple of 64 in reserved
 * memory; a PC's systems look for the RSDP in 0xe0000 .. 0xfffff.
 */
public final class AcpiTables {
    /** Where a PC's systems find the image by themselves. */
    public static final long DEFAULT_GPA = 0xf0000;

    /** Bytes to set aside for the image. */
    public static final int ROOM = 0x10000;

    /** Length of the root pointer, with which the image starts. */
    public static final int RSDP_LENGTH = 36;

    private static final String OEM_ID = "VMD   ";
    private static final String OEM_TABLE_ID = "VMDVMM  ";
    private static final String CREATOR_ID = "VMD ";
    private static final int HEADER = 36;
    private static final int FACS_LENGTH = 64;
    private static final int FADT_LENGTH = 244;

    /** FADT flags (5.2.9, table 5.10). */
    private static final int WBINVD = 1;

    private static final int PROC_C1 = 1 << 2;
    private static final int SLP_BUTTON_ABSENT = 1 << 5;
    private static final int RTC_NOT_FIXED = 1 << 6;
    private static final int TMR_VAL_32 = 1 << 8;
    private static final int RESET_REG_SUP = 1 << 10;

    /** IA-PC boot architecture flags (5.2.9.3). */
    private static final int LEGACY_DEVICES = 1;

    private static final int HAS_8042 = 1 << 1;
    private static final int NO_VGA = 1 << 2;

    private static final int SYSTEM_IO = 1;
    private static final int BYTE_ACCESS = 1;
    private static final int WORD_ACCESS = 2;
    private static final int DWORD_ACCESS = 3;

    private AcpiTables() {}

    /**
     * The image for {@code machine}, to be put at {@code gpa}. {@code more} are complete tables to
     * be listed too, such as a MADT made with {@link #table}.
     */
    public static byte[] image(long gpa, Dsdt.Machine machine, List<byte[]> more) {
        if (gpa % 64 != 0 || gpa + ROOM > 0x100000000L) {
            throw new IllegalArgumentException("bad place for ACPI tables");
        }
        List<byte[]> placed = new ArrayList<>();
        long at = gpa + 64;
        long facs = at;
        at = place(placed, at, facs());
        long dsdt = at;
        at = place(placed, at, table("DSDT", 2, Dsdt.aml(machine)));
        List<Long> listed = new ArrayList<>();
        listed.add(at);
        at = place(placed, at, fadt(facs, dsdt, machine.i8042()));
        for (byte[] t : more) {
            listed.add(at);
            at = place(placed, at, t);
        }
        long rsdt = at;
        at = place(placed, at, rootTable("RSDT", 4, listed));
        long xsdt = at;
        place(placed, at, rootTable("XSDT", 8, listed));
        byte[] head = new byte[64];
        System.arraycopy(rsdp(rsdt, xsdt), 0, head, 0, RSDP_LENGTH);
        placed.addFirst(head);
        return Aml.concat(placed.toArray(new byte[0][]));
    }

    /** Adds {@code table}, padded to a multiple of 64 bytes; returns the address behind it. */
    private static long place(List<byte[]> placed, long at, byte[] table) {
        int padded = (table.length + 63) & ~63;
        placed.add(java.util.Arrays.copyOf(table, padded));
        return at + padded;
    }

    /** A complete table: header with checksum, then {@code body}. */
    public static byte[] table(String signature, int revision, byte[] body) {
        ByteBuffer b = little(HEADER + body.length);
        b.put(ascii(signature)).putInt(HEADER + body.length).put((byte) revision).put((byte) 0);
        b.put(ascii(OEM_ID)).put(ascii(OEM_TABLE_ID)).putInt(1);
        b.put(ascii(CREATOR_ID)).putInt(1).put(body);
        byte[] table = b.array();
        table[9] = (byte) -sum(table, table.length);
        return table;
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int sum(byte[] bytes, int count) {
        int sum = 0;
        for (int k = 0; k < count; k++) {
            sum += bytes[k];
        }
        return sum;
    }

    private static byte[] rsdp(long rsdt, long xsdt) {
        ByteBuffer b = little(RSDP_LENGTH);
        b.put(ascii("RSD PTR ")).put((byte) 0).put(ascii(OEM_ID)).put((byte) 2);
        b.putInt((int) rsdt).putInt(RSDP_LENGTH).putLong(xsdt);
        byte[] rsdp = b.array();
        rsdp[8] = (byte) -sum(rsdp, 20);
        rsdp[32] = (byte) -sum(rsdp, RSDP_LENGTH);
        return rsdp;
    }

    private static byte[] rootTable(String signature, int entrySize, List<Long> tables) {
        ByteBuffer b = little(entrySize * tables.size());
        for (long gpa : tables) {
            if (entrySize == 4) {
                b.putInt((int) gpa);
            } else {
                b.putLong(gpa);
            }
        }
        return table(signature, 1, b.array());
    }

    private static byte[] facs() {
        ByteBuffer b = little(FACS_LENGTH);
        b.put(ascii("FACS")).putInt(FACS_LENGTH);
        b.put(32, (byte) 1);
        return b.array();
    }

    private static byte[] fadt(long facs, long dsdt, boolean i8042) {
        // Offsets are those of the specification, from the start of the table.
        ByteBuffer b = little(FADT_LENGTH);
        b.putInt(36, (int) facs).putInt(40, (int) dsdt);
        b.putShort(46, (short) FixedHardware.SCI_IRQ);
        b.putInt(56, FixedHardware.PM1A_EVENT_PORT);
        b.putInt(64, FixedHardware.PM1A_CONTROL_PORT);
        b.putInt(76, FixedHardware.TIMER_PORT);
        b.put(88, (byte) FixedHardware.PM1A_EVENT_PORTS);
        b.put(89, (byte) FixedHardware.PM1A_CONTROL_PORTS);
        b.put(91, (byte) FixedHardware.TIMER_PORTS);
        // Latencies above 100 and 1000 us: no C2, no C3.
        b.putShort(96, (short) 0xfff).putShort(98, (short) 0xfff);
        b.put(108, (byte) Mc146818.CENTURY);
        b.putShort(109, (short) (LEGACY_DEVICES | NO_VGA | (i8042 ? HAS_8042 : 0)));
        b.putInt(
                112,
                WBINVD | PROC_C1 | SLP_BUTTON_ABSENT | RTC_NOT_FIXED | TMR_VAL_32 | RESET_REG_SUP);
        address(b, 116, BYTE_ACCESS, ResetControl.PORT, 1);
        b.put(128, (byte) ResetControl.FULL_RESET);
        b.putLong(140, dsdt);
        address(b, 148, WORD_ACCESS, FixedHardware.PM1A_EVENT_PORT, FixedHardware.PM1A_EVENT_PORTS);
        address(
                b,
                172,
                WORD_ACCESS,
                FixedHardware.PM1A_CONTROL_PORT,
                FixedHardware.PM1A_CONTROL_PORTS);
        address(b, 208, DWORD_ACCESS, FixedHardware.TIMER_PORT, FixedHardware.TIMER_PORTS);
        byte[] body = new byte[FADT_LENGTH - HEADER];
        b.get(HEADER, body);
        return table("FACP", 3, body);
    }

    /** A generic address of I/O ports (5.2.3.2). */
    private static void address(ByteBuffer b, int at, int access, int port, int ports) {
        b.put(at, (byte) SYSTEM_IO).put(at + 1, (byte) (8 * ports)).put(at + 3, (byte) access);
        b.putLong(at + 4, port);
    }
}
