package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class FieldsTest {

    private enum Colour {
        RED,
        GREEN
    }

    @Test
    void fieldsComeBackAsWritten() {
        byte[] payload =
                new FieldWriter()
                        .u32(-5)
                        .u64(1L << 40)
                        .bool(true)
                        .string("käse", 20)
                        .optionalString(null, 5)
                        .optionalString("x", 5)
                        .oneOf(Colour.GREEN)
                        .bytes(new byte[] {9}, 1)
                        .toBytes();
        FieldReader in = new FieldReader(payload);
        assertEquals(-5, in.u32());
        assertEquals(1L << 40, in.u64());
        assertEquals(true, in.bool());
        assertEquals("käse", in.string(20));
        assertNull(in.optionalString(5));
        assertEquals("x", in.optionalString(5));
        assertEquals(Colour.GREEN, in.oneOf(Colour.values()));
        assertArrayEquals(new byte[] {9}, in.bytes(1));
        in.end();
    }

    @Test
    void truncatedFieldIsRefused() {
        byte[] payload = new FieldWriter().string("hello", 5).toBytes();
        for (int length = 0; length < payload.length; length++) {
            FieldReader in = new FieldReader(java.util.Arrays.copyOf(payload, length));
            assertThrows(ImsgException.class, () -> in.string(5));
        }
    }

    @Test
    void leftoverBytesAreRefused() {
        FieldReader in = new FieldReader(new byte[5]);
        in.u32();
        assertThrows(ImsgException.class, in::end);
    }

    @Test
    void stringBeyondItsBoundIsRefused() {
        byte[] payload = new FieldWriter().string("hello", 5).toBytes();
        assertThrows(ImsgException.class, () -> new FieldReader(payload).string(4));
        assertThrows(IllegalArgumentException.class, () -> new FieldWriter().string("hello", 4));
    }

    @Test
    void negativeLengthIsRefused() {
        byte[] payload = new FieldWriter().u32(-1).toBytes();
        assertThrows(ImsgException.class, () -> new FieldReader(payload).string(100));
    }

    @Test
    void malformedTextIsRefused() {
        byte[] notUtf8 = new FieldWriter().bytes(new byte[] {(byte) 0xc0}, 1).toBytes();
        assertThrows(ImsgException.class, () -> new FieldReader(notUtf8).string(1));
        byte[] nul = new FieldWriter().bytes(new byte[] {0}, 1).toBytes();
        assertThrows(ImsgException.class, () -> new FieldReader(nul).string(1));
    }

    @Test
    void constantsAndBooleansOutOfRangeAreRefused() {
        byte[] constant = new FieldWriter().u32(2).toBytes();
        assertThrows(ImsgException.class, () -> new FieldReader(constant).oneOf(Colour.values()));
        assertThrows(ImsgException.class, () -> new FieldReader(new byte[] {2}).bool());
    }
}
