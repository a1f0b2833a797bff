package vmd.imsg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the payload of a message, field by field. Every field is checked; {@link #end} insists that
 * nothing is left over.
 */
public final class FieldReader {
    private final ByteBuffer in;

    public FieldReader(byte[] payload) {
        in = ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder());
    }

    public int u32() {
        need(4);
        return in.getInt();
    }

    public long u64() {
        need(8);
        return in.getLong();
    }

    /** A u32 within {@code min..max}: a count, an index, an ordinal. */
    public int u32(int min, int max, String what) {
        int value = u32();
        if (value < min || value > max) {
            throw new ImsgException(what + " " + Integer.toUnsignedString(value) + " out of range");
        }
        return value;
    }

    /** A u64 within {@code min..max}. */
    public long u64(long min, long max, String what) {
        long value = u64();
        if (value < min || value > max) {
            throw new ImsgException(what + " " + Long.toUnsignedString(value) + " out of range");
        }
        return value;
    }

    public boolean bool() {
        need(1);
        byte value = in.get();
        if (value != 0 && value != 1) {
            throw new ImsgException("boolean field of value " + value);
        }
        return value == 1;
    }

    /** A string of at most {@code maxBytes} bytes: well-formed UTF-8 without NUL. */
    public String string(int maxBytes) {
        byte[] bytes = bytes(maxBytes);
        String value;
        try {
            value = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new ImsgException("string field is not UTF-8");
        }
        if (value.indexOf('\0') >= 0) {
            throw new ImsgException("string field holds a NUL");
        }
        return value;
    }

    public @Nullable String optionalString(int maxBytes) {
        return bool() ? string(maxBytes) : null;
    }

    /** One constant of an enum, by ordinal. */
    public <E extends Enum<E>> E oneOf(E[] constants) {
        return constants[u32(0, constants.length - 1, "constant")];
    }

    public byte[] bytes(int maxBytes) {
        int length = u32(0, maxBytes, "field length");
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    /** The payload must be used up. */
    public void end() {
        if (in.hasRemaining()) {
            throw new ImsgException("message with " + in.remaining() + " bytes too many");
        }
    }

    private void need(int bytes) {
        if (in.remaining() < bytes) {
            throw new ImsgException("message ends within a field");
        }
    }
}
