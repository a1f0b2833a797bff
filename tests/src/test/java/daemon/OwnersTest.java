package daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.posix.Processes;

/** Other users than the daemon's, who are real users to the kernel, with vmctl. */
class OwnersTest {
    private static final int OWNER = 4321;
    private static final int OTHER = 4322;
    private static final int GROUP = 4400;

    @TempDir Path folder;

    private Path socket = Path.of("");

    @BeforeEach
    void install() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0 && Files.exists(Path.of("/usr/bin/setpriv")));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Installed.in(folder);
        socket = folder.resolve("vmd.sock");
    }

    private String vmctl(int uid, String... words) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "setpriv",
                                "--reuid=" + uid,
                                "--regid=" + GROUP,
                                "--clear-groups",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                folder.resolve("lib") + "/*",
                                "vmctl.Main",
                                "-s",
                                socket.toString()));
        command.addAll(List.of(words));
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // What it does without is of no interest here.
        return process.waitFor() + " " + said.replaceAll("(?m)^vmctl: starting without .*\n", "");
    }

    @Test
    void ownersMayDoWhatIsTheirsAndNothingElse() throws Exception {
        Path kernel = TinyGuest.sleeping(folder);
        String text =
                "socket owner \"%d:%d\"\n".formatted(OWNER, GROUP)
                        + "vm t {\n disable\n memory 32M\n boot \"%s\"\n owner %d\n"
                                .formatted(kernel, OWNER)
                        + " allow instance { memory }\n}\n"
                        + "vm roots {\n disable\n memory 32M\n boot \"%s\"\n}\n".formatted(kernel);
        try (Vmd vmd = Vmd.ready(folder, text)) {
            assertEquals(
                    "1 vmctl: start vm command failed: Operation not permitted\n",
                    vmctl(OWNER, "start", "roots"));
            assertEquals(
                    "1 vmctl: start vm command failed: Operation not permitted\n",
                    vmctl(OWNER, "start", "-b", kernel.toString(), "mine"));
            assertEquals(
                    "1 vmctl: command failed: Operation not permitted\n", vmctl(OWNER, "reload"));
            vmd.awaitLine("denied request 121 from uid 4321");
            assertEquals(
                    "1 vmctl: start vm command failed: "
                            + "vm \"t\" no permission to create vm instance\n",
                    vmctl(OTHER, "start", "-t", "t", "n"));
            assertEquals(
                    "1 vmctl: start vm command failed: "
                            + "vm \"n\" no permission to set boot image\n",
                    vmctl(OWNER, "start", "-t", "t", "-b", kernel.toString(), "n"));
            String started = vmctl(OWNER, "start", "-t", "t", "-m", "48M", "n");
            assertEquals(
                    "0 vmctl: started vm 3 successfully, tty",
                    started.substring(0, started.indexOf(" /dev/")));
            assertEquals(
                    "1 vmctl: start vm command failed: Too many processes\n",
                    vmctl(OWNER, "start", "-t", "t", "n"));
            assertEquals(
                    "1 stopping vm n: failed: Operation not permitted\n",
                    vmctl(OTHER, "stop", "n"));
            assertEquals("0 stopping vm n: terminated vm 3\n", vmctl(OWNER, "stop", "-fw", "n"));
        }
    }
}
