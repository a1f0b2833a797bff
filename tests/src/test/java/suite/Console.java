package suite;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A guest's console, driven by what it prints. */
final class Console implements AutoCloseable {
    private final Process process;
    private final OutputStream in;
    private final StringBuilder text = new StringBuilder();
    private final Thread reader;
    private int seen;

    Console(Process process) {
        this.process = process;
        in = process.getOutputStream();
        reader = Thread.ofPlatform().daemon().start(this::read);
    }

    private void read() {
        byte[] buffer = new byte[4096];
        try (InputStream out = process.getInputStream()) {
            for (int n = out.read(buffer); n >= 0; n = out.read(buffer)) {
                synchronized (text) {
                    text.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                    text.notifyAll();
                }
            }
        } catch (IOException e) {
            synchronized (text) {
                text.append("\n[console: ").append(e.getMessage()).append("]\n");
            }
        }
        synchronized (text) {
            text.notifyAll();
        }
    }

    /**
     * Waits for output that matches {@code pattern} after what was matched last; returns the match.
     */
    Matcher await(String pattern, long timeoutS) throws InterruptedException {
        Pattern compiled = Pattern.compile(pattern);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutS);
        synchronized (text) {
            while (true) {
                Matcher matcher = compiled.matcher(text.toString());
                if (matcher.find(seen)) {
                    seen = matcher.end();
                    return matcher;
                }
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (leftMs <= 0) {
                    throw new AssertionError(
                            "no '"
                                    + pattern
                                    + "' within "
                                    + timeoutS
                                    + " s; console said:\n"
                                    + text);
                }
                text.wait(leftMs);
            }
        }
    }

    void type(String line) throws IOException {
        in.write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        in.flush();
    }

    /** Runs a shell command in the guest and returns what it printed. */
    String run(String command, long timeoutS) throws IOException, InterruptedException {
        // The echo of this line has the quotes in the markers, what it prints has not.
        type("echo \"[\"\"[\"; " + command + "; echo \"]\"\"]$?\"");
        Matcher end = await("\\[\\[\\r?\\n((?s:.*?))\\]\\](\\d+)\\r?\\n", timeoutS);
        String output = end.group(1).replace("\r", "");
        if (!end.group(2).equals("0")) {
            throw new AssertionError(command + " ended with " + end.group(2) + ": " + output);
        }
        return output;
    }

    String all() {
        synchronized (text) {
            return text.toString();
        }
    }

    /** Waits for the end of the attachment. */
    int awaitEnd(long timeoutS) throws InterruptedException {
        if (!process.waitFor(timeoutS, TimeUnit.SECONDS)) {
            throw new AssertionError("the console did not end; it said:\n" + all());
        }
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        process.waitFor();
        reader.join();
    }
}
