package vmd.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.PosixException;

/**
 * The log of this process: warnings and information always, debug lines from verbosity 2 on.
 *
 * <p>In the foreground lines go to standard error, otherwise to syslog. There is one log per
 * process, as there is one standard error, so the methods are static. Control characters of a
 * message are made visible: what a guest or a client put into a name cannot forge a line.
 */
public final class Log {
    /** From this verbosity on debug lines are written. */
    public static final int DEBUG_VERBOSITY = 2;

    private static final int MAX_CHARS = 2000;

    /** Severities of syslog(3). */
    enum Severity {
        CRITICAL(2),
        ERROR(3),
        INFO(6),
        DEBUG(7);

        final int number;

        Severity(int number) {
            this.number = number;
        }
    }

    /** Where lines go. */
    interface Sink {
        void write(Severity severity, String line);

        /** Numbers of the descriptors that the sink needs. */
        List<Integer> descriptors();
    }

    private static volatile Sink sink = new StandardError(new FileOutputStream(FileDescriptor.err));
    private static volatile String prefix = "";
    private static volatile int verbosity;

    private Log() {}

    /**
     * Starts the log before any sandbox is entered. The identity says who speaks: empty for the
     * parent, else the role's name or {@code vm/NAME}.
     */
    public static void start(String identity, boolean foreground, int verbosity) {
        Log.prefix = identity.isEmpty() ? "" : identity + ": ";
        Log.verbosity = verbosity;
        if (!foreground) {
            Sink syslog = Syslog.open();
            sink = syslog == null ? sink : syslog;
        }
    }

    public static void verbosity(int verbosity) {
        Log.verbosity = verbosity;
    }

    public static int verbosity() {
        return verbosity;
    }

    /** Whether debug lines are written: ask before building an expensive one. */
    public static boolean debugging() {
        return verbosity >= DEBUG_VERBOSITY;
    }

    /** Numbers of the descriptors that a sandbox has to leave open for the log. */
    public static List<Integer> descriptors() {
        return sink.descriptors();
    }

    public static void warn(String message) {
        write(Severity.ERROR, message);
    }

    /** A warning with its cause: {@code message: text of errno}, or the cause's own message. */
    public static void warn(String message, Throwable cause) {
        write(Severity.ERROR, message + ": " + reason(cause));
        if (debugging()) {
            trace(cause);
        }
    }

    public static void info(String message) {
        write(Severity.INFO, message);
    }

    public static void debug(String message) {
        if (debugging()) {
            write(Severity.DEBUG, message);
        }
    }

    /** Says why the process ends; ending it is the caller's part. */
    public static void fatal(String message) {
        write(Severity.CRITICAL, "fatal: " + message);
    }

    /** As {@link #fatal(String)}, with its cause and, for errors in our own code, the place. */
    public static void fatal(String message, Throwable cause) {
        write(Severity.CRITICAL, "fatal: " + message + ": " + reason(cause));
        if (!(cause instanceof PosixException) || debugging()) {
            trace(cause);
        }
    }

    /** A warning that a guest or a client can cause, at most as often as the limit permits. */
    public static void warnLimited(RateLimit limit, String message) {
        if (limit.permit()) {
            long hidden = limit.takeSuppressed();
            String note = hidden == 0 ? "" : " (" + hidden + " such messages were suppressed)";
            write(Severity.ERROR, message + note);
        }
    }

    /** A thread that dies of an exception ends the process: better none than a lame one. */
    public static void exitOnUncaught() {
        Thread.setDefaultUncaughtExceptionHandler((thread, cause) -> {
            fatal("thread " + thread.getName(), cause);
            Runtime.getRuntime().halt(1);
        });
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    private static void trace(Throwable cause) {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text));
        for (String line : text.toString().split("\n", -1)) {
            if (!line.isBlank()) {
                write(Severity.DEBUG, line.replace("\t", "    "));
            }
        }
    }

    private static void write(Severity severity, String message) {
        sink.write(severity, prefix + visible(message));
    }

    static String visible(String message) {
        StringBuilder out = new StringBuilder(message.length());
        int end = Math.min(message.length(), MAX_CHARS);
        for (int i = 0; i < end; i++) {
            char c = message.charAt(i);
            if (c < ' ') {
                out.append('^').append((char) (c + '@'));
            } else if (c == 0x7f) {
                out.append("^?");
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append('?');
            } else {
                out.append(c);
            }
        }
        return end < message.length() ? out.append("...").toString() : out.toString();
    }

    /** Replaces the sink; for tests. Null puts standard error back. */
    static void sink(@Nullable Sink replacement) {
        sink =
                replacement == null
                        ? new StandardError(new FileOutputStream(FileDescriptor.err))
                        : replacement;
    }

    /** One write per line, so that the lines of several processes do not mix. */
    private record StandardError(FileOutputStream stream) implements Sink {
        @Override
        public void write(Severity severity, String line) {
            try {
                stream.write(("vmd: " + line + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // There is nobody left to tell: the reader of standard error is gone.
                return;
            }
        }

        @Override
        public List<Integer> descriptors() {
            return List.of(2);
        }
    }
}
