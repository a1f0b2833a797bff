package vmd.imsg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes the payload of a message, field by field. {@link FieldReader} reads the same fields. */
public final class FieldWriter {
    private final ByteBuffer out =
            ByteBuffer.allocate(Imsg.MAX_PAYLOAD_BYTES).order(ByteOrder.nativeOrder());

    public FieldWriter u32(int value) {
        out.putInt(value);
        return this;
    }

    public FieldWriter u64(long value) {
        out.putLong(value);
        return this;
    }

    public FieldWriter bool(boolean value) {
        out.put((byte) (value ? 1 : 0));
        return this;
    }

    /** A string of at most {@code maxBytes} bytes of UTF-8. A longer one is the caller's error. */
    public FieldWriter string(String value, int maxBytes) {
        return bytes(value.getBytes(StandardCharsets.UTF_8), maxBytes);
    }

    /** A string that may be absent. */
    public FieldWriter optionalString(@Nullable String value, int maxBytes) {
        bool(value != null);
        return value == null ? this : string(value, maxBytes);
    }

    public FieldWriter bytes(byte[] value, int maxBytes) {
        if (value.length > maxBytes) {
            throw new IllegalArgumentException(
                    "field of " + value.length + " bytes, limit is " + maxBytes);
        }
        out.putInt(value.length).put(value);
        return this;
    }

    /** One constant of an enum, by ordinal. */
    public FieldWriter oneOf(Enum<?> constant) {
        return u32(constant.ordinal());
    }

    public byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }
}
