package vmm.dev.acpi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AcpiTablesTest {
    private static final long GPA = AcpiTables.DEFAULT_GPA;
    private static final Dsdt.Machine MACHINE =
            new Dsdt.Machine(
                    32, (slot, pin) -> 10 + (slot + pin & 1), 0xf0000000L, 0xfebfffffL, true);

    private final ByteBuffer image =
            ByteBuffer.wrap(
                            AcpiTables.image(
                                    GPA,
                                    MACHINE,
                                    List.of(AcpiTables.table("TEST", 1, new byte[5]))))
                    .order(ByteOrder.LITTLE_ENDIAN);

    private int sum(int at, int length) {
        int sum = 0;
        for (int k = 0; k < length; k++) {
            sum += image.get(at + k);
        }
        return sum & 0xff;
    }

    private String signature(int at) {
        return new String(image.array(), at, 4, StandardCharsets.US_ASCII);
    }

    /** Offset of the table at guest address {@code gpa}, after a check of its header. */
    private int valid(long gpa, String signature) {
        int at = (int) (gpa - GPA);
        assertEquals(signature, signature(at));
        assertEquals(0, sum(at, image.getInt(at + 4)));
        return at;
    }

    @Test
    void everyTableIsReachableAndValid() {
        assertEquals(0, sum(0, 20));
        assertEquals(0, sum(0, 36));
        int rsdt = valid(image.getInt(16), "RSDT");
        int xsdt = valid(image.getLong(24), "XSDT");
        assertEquals(36 + 8, image.getInt(rsdt + 4));
        assertEquals(36 + 16, image.getInt(xsdt + 4));
        int fadt = valid(image.getInt(rsdt + 36), "FACP");
        assertEquals(GPA + fadt, image.getLong(xsdt + 36));
        valid(image.getLong(xsdt + 44), "TEST");
        valid(image.getInt(fadt + 40), "DSDT");
        assertEquals(image.getInt(fadt + 40), image.getLong(fadt + 140));
        int facs = (int) (image.getInt(fadt + 36) - GPA);
        assertEquals("FACS", signature(facs));
        assertEquals(0, image.getInt(fadt + 36) % 64);
    }

    @Test
    void imageFitsBelowOneMib() {
        assertTrue(GPA + image.capacity() <= 0x100000);
        assertThrows(
                IllegalArgumentException.class,
                () -> AcpiTables.image(GPA + 16, MACHINE, List.of()));
    }

    @Test
    void packageLengthCountsItself() {
        assertArrayEquals(new byte[] {0x3f}, Aml.packageLength(0x3e));
        assertArrayEquals(new byte[] {0x41, 0x04}, Aml.packageLength(0x3f));
        assertArrayEquals(new byte[] {0x4f, (byte) 0xff}, Aml.packageLength(0xffd));
        assertArrayEquals(new byte[] {(byte) 0x81, 0x00, 0x01}, Aml.packageLength(0xffe));
    }

    @Test
    void termsAreEncodedAsTheSpecificationSays() {
        HexFormat hex = HexFormat.of();
        assertEquals("0c41d00a03", hex.formatHex(Aml.eisaId("PNP0A03")));
        assertEquals("5c2e5f53425f50434930", hex.formatHex(Aml.nameString("\\_SB.PCI0")));
        assertEquals(
                "085f53355f1205020a0501",
                hex.formatHex(Aml.name("_S5", Aml.package_(Aml.integer(5), Aml.integer(1)))));
        assertEquals("0b3412", hex.formatHex(Aml.integer(0x1234)));
        assertEquals("4701f803f8030108", hex.formatHex(Aml.io(0x3f8, 8)));
        assertEquals("221000", hex.formatHex(Aml.irq(4)));
        assertThrows(IllegalArgumentException.class, () -> Aml.nameString("pci0"));
        assertThrows(IllegalArgumentException.class, () -> Aml.integer(-1));
    }
}
