package vmd.conf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScaledNumberTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "512, 512",
        "512B, 512",
        "1K, 1024",
        "512M, 536870912",
        "512m, 536870912",
        "1.5G, 1610612736",
        "' 2M', 2097152",
        "'\t3k', 3072",
        "+4K, 4096",
        "-1M, -1048576",
        "1.9, 1",
        "0.5K, 512",
        ".5K, 512",
        "7E, 8070450532247928832",
        "9223372036854775807, 9223372036854775807",
        "1.99999999999999999999K, 2047",
    })
    void parsesBytes(String text, long bytes) throws ScaledNumber.Invalid {
        assertEquals(bytes, ScaledNumber.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "M", "1GB", "1Q", "1 M", "x", "-", "--1", ".", "1.M2", "1.2.3M", "512MM"
            })
    void refusesWhatIsNoNumber(String text) {
        var e = assertThrows(ScaledNumber.Invalid.class, () -> ScaledNumber.parse(text));
        assertEquals("Invalid argument", e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"8E", "9223372036854775808", "9999999999T", "7.9999999999E9"})
    void refusesWhatDoesNotFit(String text) {
        assertThrows(ScaledNumber.Invalid.class, () -> ScaledNumber.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0B",
        "1, 1B",
        "1023, 1023B",
        "1024, 1.0K",
        "536870912, 512M",
        "1073741824, 1.0G",
        "137438953472, 128G",
        "36490445, 34.8M",
        "104752742, 99.9M",
        "104857600, 100M",
        "104815657, 100M",
        "1073741823, 1.0G",
        "1072693248, 1023M",
        "-2048, -2.0K",
        "9223372036854775807, 8.0E",
        "541065216, 516M",
    })
    void formatsInSixCharacters(long bytes, String text) {
        assertEquals(text, ScaledNumber.format(bytes));
    }
}
