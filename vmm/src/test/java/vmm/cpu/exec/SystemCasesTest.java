package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every line of {@code system/cases.txt}. */
class SystemCasesTest {
    @Test
    void everyCaseDoesWhatTheManualSays() throws IOException {
        List<String> wrong = new ArrayList<>();
        List<SystemCases.Line> lines = SystemCases.lines();
        for (SystemCases.Line line : lines) {
            String found = SystemCases.run(line);
            if (found != null) {
                wrong.add(found);
            }
        }
        assertTrue(lines.size() > 300);
        assertEquals("", String.join("\n", wrong));
    }
}
