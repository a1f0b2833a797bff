package vmd.imsg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever bytes come, framing and authentication answer with messages or refuse. */
class FrameFuzz {
    private static final byte[] KEY = new byte[32];

    /**
     * A client's stream in any cut: the messages are those of the stream in one piece, their bytes
     * are the stream's, and what is held stays within one message.
     */
    @MethodSource("streams")
    @FuzzTest(maxDuration = "30m")
    void streamIsTheSameInAnyCut(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int step = 1 + (data[0] & 0xff);
        byte[] stream = Arrays.copyOfRange(data, 1, data.length);
        List<Imsg> whole = new ArrayList<>();
        boolean wholeFails = decode(stream, Imsg.MAX_BYTES, whole);
        List<Imsg> cut = new ArrayList<>();
        boolean cutFails = decode(stream, step, cut);
        assertEquals(wholeFails, cutFails);
        assertEquals(whole.size(), cut.size());
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        for (int k = 0; k < whole.size(); k++) {
            byte[] bytes = whole.get(k).encode();
            assertArrayEquals(bytes, cut.get(k).encode());
            again.writeBytes(bytes);
        }
        assertArrayEquals(Arrays.copyOf(stream, again.size()), again.toByteArray());
    }

    /** Whether the stream ends in a refusal. */
    private static boolean decode(byte[] stream, int step, List<Imsg> messages) {
        StreamDecoder decoder = new StreamDecoder();
        try {
            for (int at = 0; at < stream.length; ) {
                int count = Math.min(Math.min(step, decoder.room()), stream.length - at);
                assertTrue(count > 0, "the decoder is full and has no message");
                decoder.feed(Arrays.copyOfRange(stream, at, at + count), count);
                at += count;
                for (Imsg next = decoder.next(); next != null; next = decoder.next()) {
                    messages.add(next);
                }
            }
            return false;
        } catch (ImsgException e) {
            return true;
        }
    }

    static List<byte[]> streams() {
        byte[] empty = new Imsg(105, false, 0, 7, new byte[0]).encode();
        byte[] full = new Imsg(-1, true, -1, -1, new byte[] {1, 2, 3}).encode();
        return List.of(
                join(new byte[] {3}, empty),
                join(new byte[] {0}, empty, full),
                join(new byte[] {(byte) 0xff}, full, full, empty, new byte[] {9}),
                join(new byte[] {15}, new byte[16]));
    }

    /**
     * A packet on a channel without the key: nothing is genuine, and nothing is after it. What was
     * sealed comes back as it was.
     */
    @MethodSource("packets")
    @FuzzTest(maxDuration = "30m")
    void onlyWhatWasSealedIsOpened(byte[] data) {
        for (int descriptors = 0; descriptors < 2; descriptors++) {
            Authenticator opener = new Authenticator(KEY);
            assertNull(open(opener, data, descriptors));
            assertNull(open(opener, new Authenticator(KEY).seal(message(data)), 0));
        }
        Imsg message = message(data);
        byte[] wire = new Authenticator(KEY).seal(message);
        int count = message.descriptor() ? 1 : 0;
        Imsg opened = open(new Authenticator(KEY), wire, count);
        assertNotNull(opened);
        assertArrayEquals(message.encode(), opened.encode());
        if (data.length > 1) {
            int at = (data[0] & 0xff | (data[1] & 0xff) << 8) % wire.length;
            wire[at] ^= (byte) (1 << (data[0] & 7));
            assertNull(open(new Authenticator(KEY), wire, count), "a changed bit at " + at);
        }
    }

    private static Imsg message(byte[] data) {
        int type = data.length == 0 ? 0 : data[0];
        int room = Imsg.MAX_PAYLOAD_BYTES - Authenticator.TAG_BYTES;
        return new Imsg(type, type < 0, 5, 6, Arrays.copyOf(data, Math.min(data.length, room)));
    }

    private static @Nullable Imsg open(Authenticator opener, byte[] wire, int descriptors) {
        try {
            return opener.open(wire, wire.length, descriptors);
        } catch (ImsgException e) {
            return null;
        }
    }

    static List<byte[]> packets() {
        byte[] otherKey = new byte[32];
        otherKey[0] = 1;
        byte[] sealed = new Authenticator(otherKey).seal(new Imsg(7, true, 1, 2, new byte[9]));
        return List.of(new byte[0], new byte[16], sealed, Arrays.copyOf(sealed, 33));
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
