package intruder;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import vmd.imsg.Channel;
import vmd.imsg.Imsg;
import vmd.posix.Fd;
import vmd.posix.SocketMessage;
import vmd.privsep.ChildProcess;
import vmd.privsep.StartUp;

/**
 * A child that has been taken over: {@code daemon.ImpostorTest} puts it in the place of a role's
 * main class. It has all that the real one has, the keys of its channel included, and sends what it
 * was told to.
 */
public final class Impostor {
    /** Resource that says what to send: the type of a message, or "raw" for bytes without a tag. */
    static final String OFFENCE = "impostor.offence";

    private Impostor() {}

    public static void main(String[] args) throws IOException {
        StartUp startUp = ChildProcess.begin(args);
        Fd socket = ChildProcess.channel();
        try (InputStream in = Impostor.class.getResourceAsStream(OFFENCE)) {
            String offence =
                    in == null ? "raw" : new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            if (offence.equals("raw")) {
                byte[] bytes = new Imsg(401, false, 0, 0, new byte[32]).encode();
                SocketMessage message = new SocketMessage(bytes.length);
                message.data().copyFrom(MemorySegment.ofArray(bytes));
                message.send(socket, bytes.length, null, true);
                while (message.receive(socket, true) > 0) {
                    continue; // until whoever found out hangs up
                }
            } else {
                Channel channel = Channel.towardsStarter(socket, startUp.name());
                int type = Integer.parseInt(offence);
                channel.start(
                        Runnable::run,
                        new Channel.Receiver() {
                            @Override
                            public void message(Imsg message, @Nullable Fd descriptor) {}

                            @Override
                            public void ended(@Nullable String fault) {}
                        });
                channel.send(new Imsg(type, false, 1, 0, new byte[8]), null);
                channel.awaitEnd(20_000);
            }
        }
    }
}
