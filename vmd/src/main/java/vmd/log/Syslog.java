package vmd.log;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmd.posix.Processes;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;

/**
 * Lines for the system's log: datagrams in the local form of RFC 3164, section 4.1 (without host
 * name), facility daemon, tag {@code vmd[pid]}.
 */
final class Syslog implements Log.Sink {
    private static final String PATH = "/dev/log";
    private static final int DAEMON = 3 << 3;
    private static final int MAX_BYTES = 2048;
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private final String path;
    private final int pid;

    /** Its rules are read at once, while files can still be opened. */
    private final ZoneId zone = ZonedDateTime.now().getZone();

    private final SocketMessage message = new SocketMessage(MAX_BYTES);
    private Fd socket;

    private Syslog(String path, Fd socket, int pid) {
        this.path = path;
        this.socket = socket;
        this.pid = pid;
    }

    /** Null where the system has no log socket. */
    static @Nullable Syslog open() {
        return open(PATH);
    }

    static @Nullable Syslog open(String path) {
        try {
            Fd socket = Sockets.connect(path, Sockets.SOCK_DGRAM);
            return new Syslog(path, socket, Processes.pid());
        } catch (PosixException e) {
            return null;
        }
    }

    @Override
    public synchronized void write(Log.Severity severity, String line) {
        byte[] bytes = format(severity, ZonedDateTime.now(zone), pid, line);
        int length = Math.min(bytes.length, MAX_BYTES);
        MemorySegment.copy(bytes, 0, message.data(), ValueLayout.JAVA_BYTE, 0, length);
        if (!send(length) && reconnect()) {
            send(length);
        }
    }

    /** False if the logger is gone; a line that would have to wait for it is lost instead. */
    private boolean send(int length) {
        try {
            message.send(socket, length, null, false);
            return true;
        } catch (PosixException e) {
            return false;
        }
    }

    /** The logger was started anew. A process in a sandbox cannot follow it and stays mute. */
    private boolean reconnect() {
        try {
            Fd again = Sockets.connect(path, Sockets.SOCK_DGRAM);
            socket.close();
            socket = again;
            return true;
        } catch (PosixException e) {
            return false;
        }
    }

    @Override
    public synchronized List<Integer> descriptors() {
        return List.of(socket.number());
    }

    static byte[] format(Log.Severity severity, ZonedDateTime at, int pid, String line) {
        StringBuilder s = new StringBuilder(64 + line.length());
        s.append('<').append(DAEMON | severity.number).append('>');
        s.append(MONTHS[at.getMonthValue() - 1]).append(' ');
        int day = at.getDayOfMonth();
        s.append(day < 10 ? " " : "").append(day).append(' ');
        two(s, at.getHour()).append(':');
        two(s, at.getMinute()).append(':');
        two(s, at.getSecond());
        s.append(" vmd[").append(pid).append("]: ").append(line);
        return s.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static StringBuilder two(StringBuilder s, int value) {
        return s.append(value < 10 ? "0" : "").append(value);
    }
}
