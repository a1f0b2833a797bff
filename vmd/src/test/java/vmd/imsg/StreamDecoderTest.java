package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StreamDecoderTest {
    private final StreamDecoder decoder = new StreamDecoder();

    private static byte[] header(int length) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.nativeOrder())
                .putInt(7)
                .putInt(length)
                .putInt(0)
                .putInt(0)
                .array();
    }

    @Test
    void messageSurvivesAnySplit() {
        byte[] wire = new Imsg(5, true, 6, 7, new byte[] {1, 2, 3}).encode();
        for (int k = 0; k < wire.length - 1; k++) {
            decoder.feed(new byte[] {wire[k]}, 1);
            assertNull(decoder.next());
        }
        decoder.feed(new byte[] {wire[wire.length - 1]}, 1);
        Imsg read = decoded(decoder.next());
        assertEquals(5, read.type());
        assertEquals(true, read.descriptor());
        assertEquals(6, read.peerId());
        assertEquals(7, read.pid());
        assertArrayEquals(new byte[] {1, 2, 3}, read.payload());
        assertNull(decoder.next());
        assertEquals(false, decoder.midMessage());
    }

    @Test
    void twoMessagesInOneReadAreTwo() {
        byte[] one = new Imsg(1, false, 0, 0, new byte[0]).encode();
        byte[] both = Arrays.copyOf(one, 2 * one.length);
        System.arraycopy(one, 0, both, one.length, one.length);
        decoder.feed(both, both.length);
        assertNotNull(decoder.next());
        assertNotNull(decoder.next());
        assertNull(decoder.next());
    }

    @Test
    void largestMessagePasses() {
        byte[] wire = new Imsg(1, false, 0, 0, new byte[Imsg.MAX_PAYLOAD_BYTES]).encode();
        decoder.feed(wire, wire.length);
        assertEquals(Imsg.MAX_PAYLOAD_BYTES, decoded(decoder.next()).payload().length);
    }

    @Test
    void lengthOutOfRangeIsRefused() {
        for (int length : new int[] {0, 15, Imsg.MAX_BYTES + 1, 0x7fff_ffff}) {
            StreamDecoder fresh = new StreamDecoder();
            fresh.feed(header(length), 16);
            assertThrows(ImsgException.class, fresh::next);
        }
    }

    @Test
    void oversizePayloadIsNotEncoded() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Imsg(1, false, 0, 0, new byte[Imsg.MAX_PAYLOAD_BYTES + 1]));
    }

    @Test
    void datagramMustHaveTheLengthItStates() {
        byte[] wire = new Imsg(1, false, 0, 0, new byte[4]).encode();
        assertEquals(4, Imsg.decode(wire, wire.length).payload().length);
        assertThrows(ImsgException.class, () -> Imsg.decode(wire, wire.length - 1));
        assertThrows(ImsgException.class, () -> Imsg.decode(wire, 3));
    }

    private static Imsg decoded(@org.jspecify.annotations.Nullable Imsg imsg) {
        if (imsg == null) {
            throw new AssertionError("no message");
        }
        return imsg;
    }
}
