package vmd.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;

@SuppressWarnings("try") // a logger that goes away early is a case here
class LogTest {
    private final List<String> lines = new ArrayList<>();
    private long nowNs;

    @BeforeEach
    void capture() {
        Log.start("vm/a", true, 0);
        Log.sink(
                new Log.Sink() {
                    @Override
                    public void write(Log.Severity severity, String line) {
                        lines.add(severity + " " + line);
                    }

                    @Override
                    public List<Integer> descriptors() {
                        return List.of();
                    }
                });
    }

    @AfterEach
    void release() {
        Log.sink(null);
        Log.start("", true, 0);
    }

    @Test
    void debugLinesNeedVerbosityTwo() {
        Log.debug("hidden");
        Log.verbosity(1);
        Log.debug("hidden");
        Log.verbosity(2);
        Log.debug("shown");
        Log.info("startup");
        assertEquals(List.of("DEBUG vm/a: shown", "INFO vm/a: startup"), lines);
    }

    @Test
    void warningNamesItsCause() {
        Log.warn("disk", new PosixException("/x", Errno.EACCES));
        Log.fatal("gone");
        assertEquals(
                List.of("ERROR vm/a: disk: /x: Permission denied", "CRITICAL vm/a: fatal: gone"),
                lines);
    }

    @Test
    void hostileTextStaysOnItsLineAndIsBounded() {
        Log.warn("name \n\u001b[2J\u007f\u0085\u202e");
        assertEquals("ERROR vm/a: name ^J^[[2J^???", lines.get(0));
        assertEquals(2003, Log.visible("x".repeat(5000)).length());
    }

    @Test
    void limitPermitsABurstThenOnePerIntervalAndCountsTheRest() {
        RateLimit limit = new RateLimit(2, 1000, () -> nowNs);
        for (int i = 0; i < 5; i++) {
            Log.warnLimited(limit, "bad descriptor");
        }
        assertEquals(2, lines.size());
        nowNs = 1999;
        Log.warnLimited(limit, "bad descriptor");
        assertEquals("ERROR vm/a: bad descriptor (3 such messages were suppressed)", lines.get(2));
        assertFalse(limit.permit());
        nowNs = 2000;
        assertTrue(limit.permit());
    }

    @Test
    void syslogLineHasPriorityTimeTagAndText() {
        ZonedDateTime at = ZonedDateTime.of(2026, 3, 4, 5, 6, 7, 0, ZoneOffset.UTC);
        assertArrayEquals(
                "<30>Mar  4 05:06:07 vmd[42]: startup".getBytes(StandardCharsets.UTF_8),
                Syslog.format(Log.Severity.INFO, at, 42, "startup"));
    }

    @Test
    void syslogFollowsALoggerThatWasStartedAnew(@TempDir Path folder) throws Exception {
        String path = folder.resolve("log").toString();
        assertNull(Syslog.open(path));
        Fd first = Sockets.bind(path, Sockets.SOCK_DGRAM);
        Syslog syslog = Syslog.open(path);
        assertNotNull(syslog);
        syslog.write(Log.Severity.INFO, "one");
        assertTrue(received(first).endsWith("]: one"));
        first.close();
        Files.delete(Path.of(path));
        syslog.write(Log.Severity.INFO, "lost");
        try (Fd second = Sockets.bind(path, Sockets.SOCK_DGRAM)) {
            syslog.write(Log.Severity.INFO, "two");
            assertTrue(received(second).endsWith("]: two"));
        }
    }

    private static String received(Fd logger) {
        SocketMessage message = new SocketMessage(256);
        int n = message.receive(logger, false);
        byte[] bytes = message.data().asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
