package vmm.dev.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Encoder of the part of the ACPI Machine Language that a device description needs (ACPI 6.5,
 * chapter 20), and of resource descriptors (section 6.4). Each method returns the bytes of one
 * term.
 */
final class Aml {
    private static final int ZERO_OP = 0x00;
    private static final int ONE_OP = 0x01;
    private static final int NAME_OP = 0x08;
    private static final int BYTE_PREFIX = 0x0a;
    private static final int WORD_PREFIX = 0x0b;
    private static final int DWORD_PREFIX = 0x0c;
    private static final int SCOPE_OP = 0x10;
    private static final int BUFFER_OP = 0x11;
    private static final int PACKAGE_OP = 0x12;
    private static final int EXT_PREFIX = 0x5b;
    private static final int DEVICE_OP = 0x82;
    private static final int DUAL_NAME_PREFIX = 0x2e;

    /** General flags of an address space descriptor: minimum and maximum are fixed. */
    private static final int MIN_MAX_FIXED = 0x0c;

    private Aml() {}

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] b = new byte[values.length];
        for (int k = 0; k < b.length; k++) {
            b[k] = (byte) values[k];
        }
        return b;
    }

    private static byte[] littleEndian(long value, int size) {
        byte[] b = new byte[size];
        for (int k = 0; k < size; k++) {
            b[k] = (byte) (value >> (8 * k));
        }
        return b;
    }

    /**
     * A name: an optional {@code \}, then segments of at most four characters joined by dots,
     * padded with underscores (20.2.2).
     */
    static byte[] nameString(String name) {
        boolean root = name.startsWith("\\");
        String[] segments = (root ? name.substring(1) : name).split("\\.", -1);
        if (segments.length > 2) {
            throw new IllegalArgumentException("name with more than two segments: " + name);
        }
        byte[] encoded = root ? bytes('\\') : bytes();
        if (segments.length == 2) {
            encoded = concat(encoded, bytes(DUAL_NAME_PREFIX));
        }
        for (String segment : segments) {
            if (!segment.matches("[A-Z_][A-Z0-9_]{0,3}")) {
                throw new IllegalArgumentException("not a name segment: " + segment);
            }
            String padded = (segment + "___").substring(0, 4);
            encoded = concat(encoded, padded.getBytes(StandardCharsets.US_ASCII));
        }
        return encoded;
    }

    /** The length of a package, which counts its own bytes too (20.2.4). */
    static byte[] packageLength(int contents) {
        if (contents + 1 < 0x40) {
            return bytes(contents + 1);
        }
        int extra = contents + 2 < 0x1000 ? 1 : contents + 3 < 0x100000 ? 2 : 3;
        int total = contents + 1 + extra;
        byte[] b = new byte[1 + extra];
        b[0] = (byte) (extra << 6 | (total & 0x0f));
        for (int k = 1; k <= extra; k++) {
            b[k] = (byte) (total >> (8 * k - 4));
        }
        return b;
    }

    private static byte[] withLength(byte[] op, byte[]... contents) {
        byte[] body = concat(contents);
        return concat(op, packageLength(body.length), body);
    }

    static byte[] integer(long value) {
        if (value == 0) {
            return bytes(ZERO_OP);
        }
        if (value == 1) {
            return bytes(ONE_OP);
        }
        if (value < 0 || value > 0xffffffffL) {
            throw new IllegalArgumentException("not a 32-bit integer: " + value);
        }
        if (value <= 0xff) {
            return concat(bytes(BYTE_PREFIX), littleEndian(value, 1));
        }
        return value <= 0xffff
                ? concat(bytes(WORD_PREFIX), littleEndian(value, 2))
                : concat(bytes(DWORD_PREFIX), littleEndian(value, 4));
    }

    /** The compressed form of an identifier such as {@code PNP0A03} (19.3.4, EISAID). */
    static byte[] eisaId(String id) {
        int letters = 0;
        for (int k = 0; k < 3; k++) {
            letters = letters << 5 | (id.charAt(k) - 0x40);
        }
        int digits = Integer.parseInt(id.substring(3), 16);
        return concat(bytes(DWORD_PREFIX, letters >> 8, letters, digits >> 8, digits));
    }

    static byte[] name(String name, byte[] value) {
        return concat(bytes(NAME_OP), nameString(name), value);
    }

    static byte[] scope(String name, byte[]... terms) {
        return withLength(bytes(SCOPE_OP), nameString(name), concat(terms));
    }

    static byte[] device(String name, byte[]... terms) {
        return withLength(bytes(EXT_PREFIX, DEVICE_OP), nameString(name), concat(terms));
    }

    /** A package of at most 255 elements. */
    static byte[] package_(byte[]... elements) {
        if (elements.length > 255) {
            throw new IllegalArgumentException("package with " + elements.length + " elements");
        }
        return withLength(bytes(PACKAGE_OP), bytes(elements.length), concat(elements));
    }

    static byte[] buffer(byte[] contents) {
        return withLength(bytes(BUFFER_OP), integer(contents.length), contents);
    }

    /** A resource template: the descriptors and an end tag whose checksum is not used. */
    static byte[] resources(byte[]... descriptors) {
        return buffer(concat(concat(descriptors), bytes(0x79, 0)));
    }

    /** I/O ports at a fixed place, 16-bit decode (6.4.2.5). */
    static byte[] io(int port, int count) {
        return concat(
                bytes(0x47, 1), littleEndian(port, 2), littleEndian(port, 2), bytes(1, count));
    }

    /** An edge-triggered, active-high interrupt line of the PIC (6.4.2.1). */
    static byte[] irq(int irq) {
        return concat(bytes(0x22), littleEndian(1L << irq, 2));
    }

    /** Bus numbers that a host bridge produces (6.4.3.5.3). */
    static byte[] busNumbers(int first, int last) {
        return wordSpace(2, 0, first, last);
    }

    /** I/O ports that a host bridge forwards, with the whole ISA range (6.4.3.5.3). */
    static byte[] ioWindow(int first, int last) {
        return wordSpace(1, 3, first, last);
    }

    private static byte[] wordSpace(int type, int typeFlags, int first, int last) {
        return concat(
                bytes(0x88, 13, 0, type, MIN_MAX_FIXED, typeFlags),
                littleEndian(0, 2),
                littleEndian(first, 2),
                littleEndian(last, 2),
                littleEndian(0, 2),
                littleEndian(last - first + 1L, 2));
    }

    /** Memory that a host bridge forwards, not cacheable, writable (6.4.3.5.2). */
    static byte[] memoryWindow(long firstGpa, long lastGpa) {
        return concat(
                bytes(0x87, 23, 0, 0, MIN_MAX_FIXED, 1),
                littleEndian(0, 4),
                littleEndian(firstGpa, 4),
                littleEndian(lastGpa, 4),
                littleEndian(0, 4),
                littleEndian(lastGpa - firstGpa + 1, 4));
    }
}
