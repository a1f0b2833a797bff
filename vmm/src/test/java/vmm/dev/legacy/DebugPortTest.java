package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vmm.dev.PortBus;

final class DebugPortTest {
    private final List<String> lines = new ArrayList<>();
    private final PortBus bus = new PortBus();

    DebugPortTest() {
        new DebugPort(lines::add).attach(bus);
    }

    private void print(String text) {
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            bus.write(DebugPort.PORT, 1, b);
        }
    }

    @Test
    void saysThatItListens() {
        assertEquals(0xe9, bus.read(DebugPort.PORT, 1));
    }

    @Test
    void givesLinesWithoutWhatDoesNotPrint() {
        print("one\r\n\n\u001b[31mtwo\u00ff\nrest");
        assertEquals(List.of("one", "[31mtwo"), lines);
    }

    @Test
    void endlessLineIsCut() {
        print("x".repeat(450));
        assertEquals(2, lines.size());
        assertEquals(200, lines.getFirst().length());
    }
}
