package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.proto.Outcome;

class FirmwareFileTest {
    @TempDir Path folder;

    @Test
    void firstOfThePlacesThatExistsIsTaken() throws IOException, Refusal {
        Path second = Files.createFile(folder.resolve("second"));
        Path third = Files.createFile(folder.resolve("third"));
        List<Path> places = List.of(folder.resolve("first"), second, third);
        assertEquals(second.toString(), FirmwareFile.find(places));
    }

    @Test
    void allPlacesAreNamedWhereThereIsNone() {
        List<Path> places = List.of(Path.of("/no/first"), Path.of("/no/second"));
        Refusal refusal = assertThrows(Refusal.class, () -> FirmwareFile.find(places));
        assertEquals(Outcome.BIOS_MISSING, refusal.outcome().code());
        assertEquals(
                "there is no kernel (boot), and no firmware at /no/first or /no/second",
                refusal.outcome().message());
    }
}
