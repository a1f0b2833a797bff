package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmm.dev.PortBus;

final class DebugConsoleTest {
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> exits = new ArrayList<>();
    private final PortBus bus = new PortBus();

    DebugConsoleTest() {
        new DebugConsole(c -> text.append((char) c)).attach(bus);
        new DebugExit(exits::add).attach(bus);
    }

    @Test
    void saysThatItListens() {
        assertEquals(0xe9, bus.read(0xe9, 1));
    }

    @Test
    void lineFeedStartsALine() {
        for (byte b : "one\ntwo\r\n\nthree".getBytes(StandardCharsets.US_ASCII)) {
            bus.write(0xe9, 1, b);
        }
        assertEquals("one\r\ntwo\r\n\r\nthree", text.toString());
    }

    @Test
    void exitTellsItsNumberInAnyWidth() {
        bus.write(0xf4, 1, 0x10);
        bus.write(0xf4, 2, 0xffff);
        bus.write(0xf4, 4, -1);
        assertEquals(List.of(0x10, 0xffff, -1), exits);
        assertEquals(0, bus.read(0xf4, 1));
    }
}
