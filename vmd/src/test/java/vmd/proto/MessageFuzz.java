package vmd.proto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.provider.MethodSource;
import vmd.imsg.Imsg;
import vmd.imsg.ImsgException;

/**
 * Any payload of any type is refused, or is a message that says the same when it is written again.
 * An input is a type (two bytes), flags (one: bit 0 for a descriptor, the others choose the
 * direction) and the payload.
 */
class MessageFuzz {
    private static final int HEAD_BYTES = 3;

    /** All but the two between a client and the daemon, which have a target each. */
    private static final List<InternalMessagesTest.Direction> INTERNAL =
            InternalMessagesTest.directions().stream()
                    .filter(direction ->
                            !direction.messages().equals(ClientMessagesTest.requests()))
                    .filter(direction -> !direction.messages().equals(ClientMessagesTest.replies()))
                    .toList();

    @MethodSource("requests")
    @FuzzTest(maxDuration = "30m")
    void requestIsRefusedOrSaysTheSameAgain(byte[] data) {
        roundTrip(data, ClientRequest::decode);
    }

    @MethodSource("replies")
    @FuzzTest(maxDuration = "30m")
    void replyIsRefusedOrSaysTheSameAgain(byte[] data) {
        roundTrip(data, ClientReply::decode);
    }

    @MethodSource("internal")
    @FuzzTest(maxDuration = "30m")
    void internalMessageIsRefusedOrSaysTheSameAgain(byte[] data) {
        int flags = data.length < HEAD_BYTES ? 0 : data[2] & 0xff;
        roundTrip(data, INTERNAL.get((flags >> 1) % INTERNAL.size()).decoder());
    }

    private static void roundTrip(byte[] data, Function<Imsg, Message> decode) {
        if (data.length < HEAD_BYTES || data.length - HEAD_BYTES > Imsg.MAX_PAYLOAD_BYTES) {
            return;
        }
        ByteBuffer head = ByteBuffer.wrap(data);
        Imsg imsg =
                new Imsg(
                        head.getShort(),
                        (head.get() & 1) != 0,
                        0,
                        0,
                        Arrays.copyOfRange(data, HEAD_BYTES, data.length));
        Message message;
        try {
            message = decode.apply(imsg);
        } catch (ImsgException e) {
            return;
        }
        Imsg again = message.encode(0);
        assertEquals(imsg.type(), again.type());
        assertEquals(imsg.descriptor(), again.descriptor());
        assertArrayEquals(imsg.payload(), again.payload());
        assertEquals(message, decode.apply(again));
    }

    static List<byte[]> requests() {
        return inputs(ClientMessagesTest.requests(), 0);
    }

    static List<byte[]> replies() {
        return inputs(ClientMessagesTest.replies(), 0);
    }

    static List<byte[]> internal() {
        List<byte[]> inputs = new ArrayList<>();
        for (int direction = 0; direction < INTERNAL.size(); direction++) {
            inputs.addAll(inputs(INTERNAL.get(direction).messages(), direction << 1));
        }
        return inputs;
    }

    private static List<byte[]> inputs(List<? extends Message> messages, int direction) {
        List<byte[]> inputs = new ArrayList<>();
        for (Message message : messages) {
            Imsg imsg = message.encode(0);
            ByteArrayOutputStream input = new ByteArrayOutputStream();
            input.write(imsg.type() >> 8);
            input.write(imsg.type());
            input.write(direction | (imsg.descriptor() ? 1 : 0));
            input.writeBytes(imsg.payload());
            inputs.add(input.toByteArray());
        }
        return inputs;
    }
}
