package vmd.imsg;

import java.nio.ByteBuffer;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.util.Arrays;

/**
 * Authentication of one direction of one channel: HMAC-SHA-256 cut to 128 bits (RFC 2104) over the
 * header, the number of descriptors, the number of the message in the stream and the payload. The
 * number is counted on both sides and never sent: a message that is lost, repeated or moved breaks
 * the count. After a failure every further message fails too.
 *
 * <p>Not thread-safe.
 */
final class Authenticator {
    static final int TAG_BYTES = 16;

    /** Number that no message gets: marks a stream that has failed. */
    private static final long BROKEN = -1;

    private final HMac mac = new HMac(new SHA256Digest());
    private final byte[] full = new byte[mac.getMacSize()];
    private final byte[] context = new byte[12];
    private long sequence;

    Authenticator(byte[] key) {
        mac.init(new KeyParameter(key));
    }

    /** The next message of the stream in wire form: the tag follows the payload. */
    byte[] seal(Imsg message) {
        byte[] payload = message.payload();
        byte[] room = java.util.Arrays.copyOf(payload, payload.length + TAG_BYTES);
        byte[] wire =
                new Imsg(
                                message.type(),
                                message.descriptor(),
                                message.peerId(),
                                message.pid(),
                                room)
                        .encode();
        computeTag(wire, wire.length, message.descriptor() ? 1 : 0);
        System.arraycopy(full, 0, wire, wire.length - TAG_BYTES, TAG_BYTES);
        return wire;
    }

    /**
     * The message in {@code wire[0..length)}, which must be the next one of the stream and have
     * come with {@code descriptors} descriptors.
     */
    Imsg open(byte[] wire, int length, int descriptors) {
        boolean genuine = false;
        try {
            Imsg sealed = Imsg.decode(wire, length);
            genuine = genuine(wire, length, sealed.descriptor(), descriptors);
            if (!genuine) {
                throw new ImsgException("message is not authentic");
            }
            byte[] payload = sealed.payload();
            return new Imsg(
                    sealed.type(),
                    sealed.descriptor(),
                    sealed.peerId(),
                    sealed.pid(),
                    java.util.Arrays.copyOf(payload, payload.length - TAG_BYTES));
        } finally {
            if (!genuine) {
                sequence = BROKEN;
            }
        }
    }

    private boolean genuine(byte[] wire, int length, boolean descriptor, int descriptors) {
        if (sequence == BROKEN || length < Imsg.HEADER_BYTES + TAG_BYTES) {
            return false;
        }
        computeTag(wire, length, descriptors);
        return descriptors == (descriptor ? 1 : 0)
                && Arrays.constantTimeAreEqual(TAG_BYTES, full, 0, wire, length - TAG_BYTES);
    }

    private void computeTag(byte[] wire, int length, int descriptors) {
        sequence++;
        ByteBuffer.wrap(context).putInt(descriptors).putLong(sequence);
        mac.update(context, 0, context.length);
        mac.update(wire, 0, length - TAG_BYTES);
        mac.doFinal(full, 0);
    }
}
