package vmd.imsg;

import java.nio.charset.StandardCharsets;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;

/**
 * The two keys of a channel between a process and the child it started: one for each direction,
 * derived from a secret that the starter draws for this one channel (HKDF, RFC 5869). The name of
 * the channel is part of the derivation, so a message cannot pass on another channel even if a
 * secret were used twice.
 *
 * @param towardsChild key of what the starter sends
 * @param towardsStarter key of what the child sends
 */
record ChannelKeys(byte[] towardsChild, byte[] towardsStarter) {
    static final int SECRET_BYTES = 32;
    private static final int KEY_BYTES = 32;

    static ChannelKeys derive(byte[] secret, String channel) {
        return new ChannelKeys(
                key(secret, channel, "towards child"), key(secret, channel, "towards starter"));
    }

    private static byte[] key(byte[] secret, String channel, String direction) {
        byte[] info =
                ("vmd imsg 1\0" + channel + "\0" + direction).getBytes(StandardCharsets.UTF_8);
        HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA256Digest());
        hkdf.init(new HKDFParameters(secret, null, info));
        byte[] key = new byte[KEY_BYTES];
        hkdf.generateBytes(key, 0, KEY_BYTES);
        return key;
    }
}
