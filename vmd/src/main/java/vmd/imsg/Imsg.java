package vmd.imsg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One message as it stands on the wire: a header of 16 bytes in host byte order (type, length with
 * bit 31 for an accompanying descriptor, peer id, process id) and the payload.
 *
 * @param type number of the message; its meaning depends on the channel and the direction
 * @param descriptor whether a descriptor travels with the message
 * @param peerId free for the application: a machine's id, a client's number
 * @param pid process id of the sender, as the sender says; informative only
 * @param payload the typed fields, see {@link FieldWriter}
 */
public record Imsg(int type, boolean descriptor, int peerId, int pid, byte[] payload) {
    public static final int HEADER_BYTES = 16;
    public static final int MAX_BYTES = 16384;
    public static final int MAX_PAYLOAD_BYTES = MAX_BYTES - HEADER_BYTES;

    private static final int DESCRIPTOR_BIT = 0x8000_0000;
    private static final int LENGTH_OFFSET = 4;

    public Imsg {
        if (payload.length > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("message of " + payload.length + " bytes");
        }
    }

    /** Header and payload. */
    public byte[] encode() {
        byte[] bytes = new byte[HEADER_BYTES + payload.length];
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.nativeOrder())
                .putInt(type)
                .putInt(bytes.length | (descriptor ? DESCRIPTOR_BIT : 0))
                .putInt(peerId)
                .putInt(pid)
                .put(payload);
        return bytes;
    }

    /** The one message that fills {@code bytes[0..length)} exactly. */
    public static Imsg decode(byte[] bytes, int length) {
        if (length < HEADER_BYTES) {
            throw new ImsgException("message of " + length + " bytes is shorter than its header");
        }
        int stated = statedLength(bytes, 0);
        if (stated != length) {
            throw new ImsgException(
                    "message says it has " + stated + " bytes and comes with " + length);
        }
        return at(bytes, 0, length);
    }

    /** Length that the header at {@code offset} states; checked against the limits. */
    static int statedLength(byte[] bytes, int offset) {
        int length =
                ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(offset + LENGTH_OFFSET)
                        & ~DESCRIPTOR_BIT;
        if (length < HEADER_BYTES || length > MAX_BYTES) {
            throw new ImsgException("message length of " + length + " is out of range");
        }
        return length;
    }

    static Imsg at(byte[] bytes, int offset, int length) {
        ByteBuffer header = ByteBuffer.wrap(bytes, offset, length).order(ByteOrder.nativeOrder());
        int type = header.getInt();
        boolean descriptor = (header.getInt() & DESCRIPTOR_BIT) != 0;
        int peerId = header.getInt();
        int pid = header.getInt();
        return new Imsg(
                type,
                descriptor,
                peerId,
                pid,
                Arrays.copyOfRange(bytes, offset + HEADER_BYTES, offset + length));
    }
}
