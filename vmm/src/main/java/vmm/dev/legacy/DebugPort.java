package vmm.dev.legacy;

import java.util.function.Consumer;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The port that firmware writes its messages to, character by character. It reads as 0xe9, by which
 * firmware knows that somebody listens.
 */
public final class DebugPort implements PortDevice {
    /** The port. */
    public static final int PORT = 0x402;

    private static final int LISTENING = 0xe9;
    private static final int LINE_LENGTH = 200;

    private final Consumer<String> lines;
    private final StringBuilder line = new StringBuilder();

    /** {@code lines} hears complete lines, without what does not print. */
    public DebugPort(Consumer<String> lines) {
        this.lines = lines;
    }

    /** Registers the port. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, 1, this);
    }

    @Override
    public int portRead(int offset, int size) {
        return LISTENING;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        char c = (char) (value & 0xff);
        if (c >= ' ' && c < 0x7f) {
            line.append(c);
        }
        if (c == '\n' || line.length() == LINE_LENGTH) {
            flush();
        }
    }

    private void flush() {
        if (!line.isEmpty()) {
            lines.accept(line.toString());
            line.setLength(0);
        }
    }
}
