package vmctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vmd.posix.EventFd;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Processes;
import vmd.posix.Terminals;

/** The console between real pseudo terminals: one is the machine's, one the user's. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsoleTest {
    /** A thread each: the common pool may have one worker only, and these wait in the kernel. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private final Terminals.Pty machine = Terminals.openPty();
    private final Terminals.Pty user = Terminals.openPty();
    private final FileIo.Pipe typed = FileIo.pipe();
    private final FileIo.Pipe shown = FileIo.pipe();
    private final EventFd resized = new EventFd();
    private final Fd line = open(machine.path(), FileIo.O_NONBLOCK);
    private final Fd terminal = open(user.path(), 0);
    private final Terminals.Settings before = Terminals.settings(terminal);

    @BeforeEach
    void rawLine() {
        Terminals.makeRawKeepingInput(line);
    }

    @AfterEach
    void close() {
        for (Fd fd :
                new Fd[] {
                    machine.master(),
                    user.master(),
                    typed.reader(),
                    typed.writer(),
                    shown.reader(),
                    shown.writer(),
                    line,
                    terminal
                }) {
            fd.close();
        }
        resized.close();
    }

    @Test
    void copiesBothWaysUntilTheUserLeaves() {
        CompletableFuture<Console.End> end = run(typed.reader());
        write(machine.master(), "login: ");
        assertEquals("login: ", read(shown.reader(), 7));
        write(typed.writer(), "root\n");
        assertEquals("root\n", read(machine.master(), 5));
        write(typed.writer(), "~.never sent");
        assertEquals(Console.End.LEFT, end.join());
    }

    @Test
    void endsWhenTheMachineIsGoneAndShowsAllItSaid() {
        write(machine.master(), "last words");
        CompletableFuture<Console.End> end = run(typed.reader());
        assertEquals("last words", read(shown.reader(), 10));
        machine.master().close();
        assertEquals(Console.End.HUNG_UP, end.join());
    }

    @Test
    void endOfAPipeLeavesTheConsoleOpenForOutput() {
        write(typed.writer(), "halt\n~");
        typed.writer().close();
        CompletableFuture<Console.End> end = run(typed.reader());
        assertEquals("halt\n~", read(machine.master(), 6));
        write(machine.master(), "halted");
        assertEquals("halted", read(shown.reader(), 6));
        machine.master().close();
        assertEquals(Console.End.HUNG_UP, end.join());
    }

    @Test
    void terminalThatIsGoneLeaves() {
        CompletableFuture<Console.End> end = run(terminal);
        write(user.master(), "x\n");
        assertEquals("x\n", read(machine.master(), 2));
        user.master().close();
        assertEquals(Console.End.LEFT, end.join());
    }

    @Test
    void inputWaitsForASlowMachineAndKeepsItsOrder() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 60_000; i++) {
            text.append(i).append('\n');
        }
        CompletableFuture<Console.End> end = run(typed.reader());
        CompletableFuture<Void> writer =
                CompletableFuture.runAsync(() -> write(typed.writer(), text.toString()), THREADS);
        assertEquals(text.toString(), read(machine.master(), text.length()));
        writer.join();
        write(typed.writer(), "~.");
        assertEquals(Console.End.LEFT, end.join());
    }

    @Test
    void helpIsForTheUserOnly() {
        CompletableFuture<Console.End> end = run(typed.reader());
        write(typed.writer(), "~?x");
        assertTrue(read(shown.reader(), 60).contains("~.  leave the console"));
        assertEquals("x", read(machine.master(), 1));
        write(typed.writer(), "\n~.");
        assertEquals(Console.End.LEFT, end.join());
    }

    @Test
    void sizeOfTheUsersTerminalIsPassedOn() {
        Terminals.windowSize(terminal, new Terminals.WindowSize(51, 132));
        CompletableFuture<Console.End> end = run(terminal);
        resized.signal();
        write(user.master(), "x\n");
        // The size went first: one thread does one after the other.
        assertEquals("x\n", read(machine.master(), 2));
        assertEquals(new Terminals.WindowSize(51, 132), Terminals.windowSize(line));
        write(user.master(), "~.\n");
        assertEquals(Console.End.LEFT, end.join());
    }

    @Test
    void rawTerminalIsRestoredWhenClosed() {
        try (RawTerminal _ = new RawTerminal(terminal)) {
            assertFalse(asBefore());
        }
        assertTrue(asBefore());
    }

    @Test
    void signalsRestoreTheTerminal() throws IOException, InterruptedException {
        for (int signal : new int[] {Processes.SIGTERM, Processes.SIGHUP, Processes.SIGINT}) {
            Process process = attachInProcess();
            write(machine.master(), "up");
            // Raw mode comes before the first byte that is shown.
            assertEquals("up", read(user.master(), 2));
            assertFalse(asBefore());
            assertTrue(Processes.kill((int) process.pid(), signal));
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals(128 + signal, process.exitValue());
            assertTrue(asBefore());
        }
    }

    @Test
    void windowChangeSignalReachesTheMachine() throws IOException, InterruptedException {
        Process process = attachInProcess();
        write(machine.master(), "up");
        assertEquals("up", read(user.master(), 2));
        Terminals.windowSize(terminal, new Terminals.WindowSize(44, 99));
        // Not the process's controlling terminal, so that the kernel sends nothing by itself.
        assertTrue(Processes.kill((int) process.pid(), 28));
        while (Terminals.windowSize(line).columns() != 99) {
            Thread.onSpinWait();
        }
        write(user.master(), "~.");
        assertEquals(0, process.waitFor());
        assertTrue(asBefore());
    }

    /** The whole command's loop in a process whose input and output are the user's terminal. */
    private Process attachInProcess() throws IOException {
        return new ProcessBuilder(
                        // Tests that run in the background may have been born deaf to SIGINT.
                        "env",
                        "--default-signal",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ConsoleAttach.class.getName(),
                        machine.path())
                .redirectInput(new File(user.path()))
                .redirectOutput(new File(user.path()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private CompletableFuture<Console.End> run(Fd input) {
        Console console = new Console(input, shown.writer(), line, resized);
        return CompletableFuture.supplyAsync(console::run, THREADS);
    }

    private boolean asBefore() {
        return Terminals.settings(terminal).equals(before);
    }

    private static Fd open(String path, int flags) {
        return FileIo.open(path, FileIo.O_RDWR | FileIo.O_NOCTTY | flags);
    }

    private static void write(Fd fd, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            long done = 0;
            while (done < bytes.length) {
                done += FileIo.write(fd, memory.asSlice(done));
            }
        }
    }

    private static String read(Fd fd, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(count);
            int done = 0;
            while (done < count) {
                int n = FileIo.read(fd, memory.asSlice(done));
                assertTrue(n > 0, "end of file");
                done += n;
            }
            return new String(memory.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        }
    }
}
