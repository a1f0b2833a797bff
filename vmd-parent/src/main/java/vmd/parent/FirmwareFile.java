package vmd.parent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import vmd.proto.Outcome;

/** The firmware of machines that have no kernel: the first of the places where it may lie. */
final class FirmwareFile {
    /** Where OpenBSD has its own, and where Debian's seabios has its. */
    static final List<Path> PLACES =
            List.of(Path.of("/etc/firmware/vmm-bios"), Path.of("/usr/share/seabios/bios-256k.bin"));

    private FirmwareFile() {}

    static String find(List<Path> places) throws Refusal {
        for (Path place : places) {
            if (Files.exists(place)) {
                return place.toString();
            }
        }
        throw new Refusal(
                Outcome.BIOS_MISSING,
                "there is no kernel (boot), and no firmware at "
                        + String.join(" or ", places.stream().map(Path::toString).toList()));
    }
}
