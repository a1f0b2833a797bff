package vmctl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapesTest {
    /** Typed text ({@code |} is Enter), what the machine gets, and the last action. */
    @ParameterizedTest
    @CsvSource({
        "ls|, ls|, NONE",
        "~., '', LEAVE",
        "ls|~.rest, ls|, LEAVE",
        "a~., a~., NONE",
        "~~., ~., NONE",
        "~~~., ~~., NONE",
        "~x., ~x., NONE",
        "|~|~., |~|, LEAVE",
        "~?~., '', HELP",
        "a|~?, a|, HELP",
        "x|y|~~|, x|y|~|, NONE",
        "~, '', NONE",
    })
    void findsSequencesAtTheStartOfALine(String typed, String passed, Escapes.Action action) {
        for (char enter : new char[] {'\r', '\n'}) {
            ByteBuffer out = ByteBuffer.allocate(100);
            assertEquals(action, new Escapes().filter(bytes(typed.replace('|', enter)), out));
            assertEquals(passed.replace('|', enter), text(out));
        }
    }

    /** {@code ^} is ESC: what the terminal answers by itself is no typing, what a key sends is. */
    @ParameterizedTest
    @CsvSource({
        "ls|^[12;8R~., ls|^[12;8R, LEAVE",
        "^[1;1R~., ^[1;1R, LEAVE",
        "|^[?62;4c^[0n~., |^[?62;4c^[0n, LEAVE",
        "ls^[12;8R~., ls^[12;8R~., NONE",
        "|^[A~., |^[A~., NONE",
        "|^[3~., |^[3~., NONE",
        "|^R~., |^R~., NONE",
    })
    void answersOfTheTerminalKeepTheStartOfALine(
            String typed, String passed, Escapes.Action action) {
        ByteBuffer out = ByteBuffer.allocate(100);
        assertEquals(
                action,
                new Escapes().filter(bytes(typed.replace('|', '\r').replace('^', '\33')), out));
        assertEquals(passed.replace('|', '\r').replace('^', '\33'), text(out));
    }

    @Test
    void sequenceMayComeInPieces() {
        Escapes escapes = new Escapes();
        ByteBuffer out = ByteBuffer.allocate(100);
        assertEquals(Escapes.Action.NONE, escapes.filter(bytes("x\r"), out));
        assertEquals(Escapes.Action.NONE, escapes.filter(bytes("~"), out));
        assertEquals(Escapes.Action.LEAVE, escapes.filter(bytes("."), out));
        assertEquals("x\r", text(out));
    }

    @Test
    void goesOnBehindHelpAtTheStartOfALine() {
        Escapes escapes = new Escapes();
        ByteBuffer in = bytes("~?~.");
        ByteBuffer out = ByteBuffer.allocate(100);
        assertEquals(Escapes.Action.HELP, escapes.filter(in, out));
        assertEquals(Escapes.Action.LEAVE, escapes.filter(in, out));
    }

    @Test
    void tildeAtTheEndOfTheInputIsPassed() {
        Escapes escapes = new Escapes();
        ByteBuffer out = ByteBuffer.allocate(100);
        escapes.filter(bytes("a\n~"), out);
        escapes.end(out);
        escapes.end(out);
        assertEquals("a\n~", text(out));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(ByteBuffer out) {
        return new String(out.array(), 0, out.position(), StandardCharsets.US_ASCII);
    }
}
