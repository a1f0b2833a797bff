package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
    private static final byte[] SECRET =
            "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
    private static final Imsg MESSAGE = new Imsg(3, false, 4, 5, new byte[] {1, 2, 3});

    private final ChannelKeys keys = ChannelKeys.derive(SECRET, "vmm");
    private final Authenticator sender = new Authenticator(keys.towardsChild());
    private final Authenticator receiver = new Authenticator(keys.towardsChild());

    private Imsg deliver(byte[] wire) {
        return receiver.open(wire, wire.length, 0);
    }

    @Test
    void messagesComeBackInOrder() {
        for (int k = 0; k < 3; k++) {
            Imsg read = deliver(sender.seal(new Imsg(k, false, 9, 8, new byte[] {(byte) k})));
            assertEquals(k, read.type());
            assertEquals(9, read.peerId());
            assertEquals(8, read.pid());
            assertArrayEquals(new byte[] {(byte) k}, read.payload());
        }
    }

    @Test
    void everyAlteredBitIsRefused() {
        byte[] wire = sender.seal(MESSAGE);
        for (int bit = 0; bit < wire.length * 8; bit++) {
            byte[] altered = wire.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            Authenticator fresh = new Authenticator(keys.towardsChild());
            assertThrows(
                    ImsgException.class,
                    () -> fresh.open(altered, altered.length, 0),
                    "bit " + bit);
        }
    }

    @Test
    void replayIsRefused() {
        byte[] wire = sender.seal(MESSAGE);
        deliver(wire);
        assertThrows(ImsgException.class, () -> deliver(wire));
    }

    @Test
    void reorderIsRefused() {
        sender.seal(MESSAGE);
        byte[] second = sender.seal(MESSAGE);
        assertThrows(ImsgException.class, () -> deliver(second));
    }

    @Test
    void otherChannelIsRefused() {
        Authenticator other =
                new Authenticator(ChannelKeys.derive(SECRET, "control").towardsChild());
        assertThrows(ImsgException.class, () -> deliver(other.seal(MESSAGE)));
    }

    @Test
    void otherDirectionIsRefused() {
        Authenticator reflected = new Authenticator(keys.towardsStarter());
        assertThrows(ImsgException.class, () -> deliver(reflected.seal(MESSAGE)));
    }

    @Test
    void truncatedMessageIsRefused() {
        byte[] wire = sender.seal(MESSAGE);
        for (int length = 0; length < wire.length; length++) {
            byte[] cut = Arrays.copyOf(wire, length);
            Authenticator fresh = new Authenticator(keys.towardsChild());
            assertThrows(ImsgException.class, () -> fresh.open(cut, cut.length, 0));
        }
    }

    @Test
    void bareMessageWithoutTagIsRefused() {
        assertThrows(ImsgException.class, () -> deliver(MESSAGE.encode()));
        byte[] empty = new Imsg(1, false, 0, 0, new byte[0]).encode();
        assertThrows(ImsgException.class, () -> deliver(empty));
    }

    @Test
    void oversizeMessageIsRefused() {
        byte[] largest = new byte[Imsg.MAX_PAYLOAD_BYTES - Authenticator.TAG_BYTES];
        deliver(sender.seal(new Imsg(1, false, 0, 0, largest)));
        byte[] wire = Arrays.copyOf(sender.seal(MESSAGE), Imsg.MAX_BYTES + 1);
        assertThrows(ImsgException.class, () -> deliver(wire));
        assertThrows(
                IllegalArgumentException.class,
                () -> sender.seal(new Imsg(1, false, 0, 0, new byte[largest.length + 1])));
    }

    @Test
    void numberOfDescriptorsIsCovered() {
        byte[] none = sender.seal(MESSAGE);
        assertThrows(ImsgException.class, () -> receiver.open(none, none.length, 1));
        byte[] one =
                new Authenticator(keys.towardsChild()).seal(new Imsg(3, true, 4, 5, new byte[0]));
        Authenticator fresh = new Authenticator(keys.towardsChild());
        assertThrows(ImsgException.class, () -> fresh.open(one, one.length, 0));
    }

    @Test
    void failureIsForEver() {
        byte[] wire = sender.seal(MESSAGE);
        assertThrows(ImsgException.class, () -> receiver.open(wire, wire.length - 1, 0));
        assertThrows(ImsgException.class, () -> deliver(wire));
        assertThrows(ImsgException.class, () -> deliver(sender.seal(MESSAGE)));
    }

    /** A second implementation, that of the JDK, must give the same keys and the same tag. */
    @Test
    void tagAgreesWithTheJdk() throws GeneralSecurityException {
        byte[] info = "vmd imsg 1\0vmm\0towards child".getBytes(StandardCharsets.UTF_8);
        byte[] key =
                KDF.getInstance("HKDF-SHA256")
                        .deriveData(
                                HKDFParameterSpec.ofExtract().addIKM(SECRET).thenExpand(info, 32));
        assertArrayEquals(key, keys.towardsChild());
        byte[] wire = sender.seal(MESSAGE);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update(ByteBuffer.allocate(12).putInt(0).putLong(1).array());
        mac.update(wire, 0, wire.length - Authenticator.TAG_BYTES);
        assertArrayEquals(
                Arrays.copyOf(mac.doFinal(), Authenticator.TAG_BYTES),
                Arrays.copyOfRange(wire, wire.length - Authenticator.TAG_BYTES, wire.length));
    }
}
