package vmd.imsg;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream into messages. Holds at most one message of the largest size, so a peer cannot
 * make it grow.
 */
public final class StreamDecoder {
    private byte[] buffer = new byte[1024];
    private int length;

    /** Bytes that {@link #feed} takes now. */
    public int room() {
        return Imsg.MAX_BYTES - length;
    }

    /**
     * Adds {@code count} bytes, at most {@link #room}; {@link #next} must then be called until it
     * has nothing more.
     */
    public void feed(byte[] bytes, int count) {
        if (count > room()) {
            throw new IllegalArgumentException(count + " bytes fed into a room of " + room());
        }
        if (buffer.length < length + count) {
            buffer =
                    Arrays.copyOf(
                            buffer,
                            Math.min(Imsg.MAX_BYTES, Math.max(length + count, 2 * buffer.length)));
        }
        System.arraycopy(bytes, 0, buffer, length, count);
        length += count;
    }

    /** The next whole message, or null until more bytes come. */
    public @Nullable Imsg next() {
        if (length < Imsg.HEADER_BYTES) {
            return null;
        }
        int stated = Imsg.statedLength(buffer, 0);
        if (length < stated) {
            return null;
        }
        Imsg message = Imsg.at(buffer, 0, stated);
        length -= stated;
        System.arraycopy(buffer, stated, buffer, 0, length);
        return message;
    }

    /** Whether a message has begun and not ended. */
    public boolean midMessage() {
        return length > 0;
    }
}
