package vmd.conf;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartCheckTest {
    private static final long HOST_BYTES = 4L << 30;

    @TempDir Path directory;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.writeString(directory.resolve("bsd"), "kernel");
        Files.write(directory.resolve("a.img"), new byte[512]);
        Files.write(
                directory.resolve("q.img"), new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3});
        Files.createDirectory(directory.resolve("folder"));
    }

    private StartCheck.Report check(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("vm.conf"), text);
        ParseResult result = Parser.parse(file, Map.of(), directory, Accounts.ofFiles());
        assertEquals(List.of(), result.errors());
        return StartCheck.check(requireNonNull(result.configuration()), HOST_BYTES);
    }

    private List<String> errors(String text) throws IOException {
        return check(text).errors().stream().map(this::shown).toList();
    }

    private List<String> warnings(String text) throws IOException {
        return check(text).warnings().stream().map(this::shown).toList();
    }

    private String shown(Object line) {
        return line.toString().replace(directory.toString(), "DIR");
    }

    @Test
    void machineThatCanStartIsRight() throws IOException {
        StartCheck.Report report = check("vm a {\n boot bsd\n disk \"a.img\"\n memory 4G\n}\n");
        assertEquals(new StartCheck.Report(List.of(), List.of()), report);
    }

    @Test
    void folderIsNoFile() throws IOException {
        String text =
                "vm a {\n boot \"folder\"\n initrd \"folder\"\n disk \"folder\"\n cdrom \"folder\"\n}\n";
        assertEquals(
                List.of(
                        "DIR/vm.conf:1: vm \"a\": kernel 'DIR/folder' is not a regular file",
                        "DIR/vm.conf:1: vm \"a\": initrd 'DIR/folder' is not a regular file",
                        "DIR/vm.conf:1: vm \"a\": cdrom 'DIR/folder' is not a regular file",
                        "DIR/vm.conf:4: vm \"a\": disk 'DIR/folder' is not a regular file"),
                errors(text));
    }

    @Test
    void cdromMustBeThereWhenTheMachineStarts() throws IOException {
        assertEquals(
                List.of("DIR/vm.conf:1: vm \"a\": cdrom 'DIR/x.iso': No such file or directory"),
                errors("vm a { cdrom \"x.iso\" }\n"));
    }

    @Test
    void memoryOfTheHostIsTheLimit() throws IOException {
        assertEquals(
                List.of("DIR/vm.conf:1: vm \"a\": memory is more than the host has (4.0G)"),
                errors("vm a {\n boot bsd\n memory 4097M\n}\n"));
    }

    @Test
    void switchMustBeDefinedAndEnabled() throws IOException {
        String text =
                "switch on { interface bridge0 }\n"
                        + "switch off {\n interface bridge1\n disable\n}\n"
                        + "vm a {\n boot bsd\n interface switch on\n interface switch off\n}\n"
                        + "vm b {\n boot bsd\n interface switch none\n}\n";
        assertEquals(
                List.of(
                        "DIR/vm.conf:6: vm \"a\": switch \"off\" not found",
                        "DIR/vm.conf:11: vm \"b\": switch \"none\" not found"),
                errors(text));
    }

    @Test
    void diskOfTwoMachinesThatStartIsAWarning() throws IOException {
        String text =
                "vm a { disk \"a.img\" }\nvm b { disk \"a.img\" }\n"
                        + "vm c {\n disable\n disk \"a.img\"\n}\n";
        assertEquals(
                List.of("DIR/vm.conf:2: vm \"b\": disk 'DIR/a.img' is used by vm \"a\" too"),
                warnings(text));
    }

    @Test
    void everyStatementWithoutMachineryIsNamed() throws IOException {
        for (String[] line :
                new String[][] {
                    {"sev", "sev"},
                    {"seves", "seves"},
                    {"vcpus 2", "vcpus 2"},
                    {"boot device net", "boot device"},
                    {"cdrom \"a.img\"", "cdrom"},
                    {"disk \"q.img\"", "disk format qcow2"},
                    {"interfaces 1", "interface"},
                    {"local interface", "local interface"}
                }) {
            assertEquals(
                    List.of(
                            "DIR/vm.conf:1: vm \"a\": will not start: "
                                    + line[1]
                                    + " is not supported yet"),
                    warnings("vm a {\n boot bsd\n " + line[0] + "\n}\n"));
        }
    }
}
