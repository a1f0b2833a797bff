package vmm.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Runs cases on the host's own processor, in a process of its own: a small static program, written
 * here as machine code, that has nothing but a signal handler. A case ends with a trap (INT3 or a
 * fault); the kernel hands the handler all registers in the signal frame; the handler copies them
 * into the slot, puts the registers of the next slot into the frame and returns: the return from
 * the signal loads them. No library, no registers lost, and a fault of any kind is a result like
 * any other.
 */
final class HostProcess implements AutoCloseable {
    static final int SLOTS = 64;

    /**
     * Not what a case makes of its stack pointer, not even shifted: the kernel would take it for
     * the signal stack and end the process.
     */
    private static final long PROGRAM_LINEAR = 0x3579_0000L;

    private static final int STACK_BYTES = 0x10000;
    static final int SHARED_BYTES = Slot.CONTROL_BYTES + SLOTS * Slot.BYTES + Slot.EDGE_BYTES;

    private static final int CASE_TIMEOUT_S = 20;
    private static final ScheduledExecutorService WATCHES =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

    // Offsets in the control page: the slot being run, and the end of the slots to run.
    private static final int CURRENT = 0, END = 8;

    private final Path directory;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment shared;
    private final Process process;
    private final OutputStream commands;
    private final InputStream answers;

    HostProcess() throws IOException {
        directory = Files.createTempDirectory("conformance");
        Path memoryFile = directory.resolve("shared");
        try (FileChannel channel =
                FileChannel.open(
                        memoryFile,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(new byte[1]), SHARED_BYTES - 1);
            shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, SHARED_BYTES, arena);
        }
        Path program = directory.resolve("host");
        Files.write(program, program(memoryFile.toString()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        process =
                new ProcessBuilder(program.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        commands = process.getOutputStream();
        answers = process.getInputStream();
        awaitAnswer();
    }

    Slot slot(int index) {
        return new Slot(shared, index);
    }

    /** Memory of all slots, the control page in front. */
    MemorySegment shared() {
        return shared;
    }

    /** Runs slots 0 .. count-1 and returns when all are done. */
    void run(int count) throws IOException {
        shared.set(
                ValueLayout.JAVA_LONG,
                END,
                Slot.SHARED_LINEAR + Slot.CONTROL_BYTES + (long) count * Slot.BYTES);
        commands.write(1);
        commands.flush();
        awaitAnswer();
    }

    /** A case that does not end on the host would never be answered: the watch ends the process. */
    private void awaitAnswer() throws IOException {
        var watch = WATCHES.schedule(process::destroyForcibly, CASE_TIMEOUT_S, TimeUnit.SECONDS);
        int answer = answers.read();
        watch.cancel(false);
        if (answer < 0) {
            throw new IOException(
                    "the host process died at slot 0x"
                            + Long.toHexString(shared.get(ValueLayout.JAVA_LONG, CURRENT)));
        }
    }

    @Override
    public void close() throws IOException {
        commands.close();
        process.destroyForcibly();
        arena.close();
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /**
     * A static ELF64 executable: one writable and executable segment with headers, code, the path
     * of the shared file, and a signal stack.
     */
    private static byte[] program(String sharedPath) {
        byte[] code = code(HostFeatures.has("avx"));
        byte[] path = (sharedPath + "\0").getBytes(StandardCharsets.UTF_8);
        int headers = 64 + 56;
        ByteBuffer elf =
                ByteBuffer.allocate(headers + code.length + path.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        elf.putShort((short) 2)
                .putShort((short) 62)
                .putInt(1)
                .putLong(PROGRAM_LINEAR + headers)
                .putLong(64)
                .putLong(0);
        elf.putInt(0)
                .putShort((short) 64)
                .putShort((short) 56)
                .putShort((short) 1)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0);
        elf.putInt(1).putInt(7).putLong(0).putLong(PROGRAM_LINEAR).putLong(PROGRAM_LINEAR);
        elf.putLong(elf.capacity()).putLong(elf.capacity() + STACK_BYTES).putLong(0x1000);
        elf.put(code).put(path);
        return elf.array();
    }

    private static byte[] code(boolean avx) {
        Assembly a = new Assembly(PROGRAM_LINEAR + 64 + 56);
        // DS and ES, which 32-bit code needs
        a.bytes(0xb8).imm32(Slot.USER_DATA).bytes(0x8e, 0xd8, 0x8e, 0xc0);
        // open(path, O_RDWR); mmap(SHARED, RWX, MAP_SHARED | MAP_FIXED)
        a.bytes(0xbf).abs32("path").bytes(0xbe).imm32(2).bytes(0xb8).imm32(2).syscall();
        a.bytes(0x49, 0x89, 0xc0)
                .bytes(0xbf)
                .imm32((int) Slot.SHARED_LINEAR)
                .bytes(0xbe)
                .imm32(SHARED_BYTES);
        a.bytes(0xba)
                .imm32(7)
                .bytes(0x41, 0xba)
                .imm32(0x11)
                .bytes(0x45, 0x31, 0xc9)
                .bytes(0xb8)
                .imm32(9)
                .syscall();
        // sigaltstack({stack, 0, size})
        a.bytes(0xbf).abs32("altstack").bytes(0x31, 0xf6).bytes(0xb8).imm32(131).syscall();
        // rt_sigaction(sig, &action, NULL, 8) for SIGILL SIGTRAP SIGBUS SIGFPE SIGSEGV
        for (int signal : new int[] {4, 5, 7, 8, 11}) {
            a.bytes(0xbf)
                    .imm32(signal)
                    .bytes(0xbe)
                    .abs32("action")
                    .bytes(0x31, 0xd2)
                    .bytes(0x41, 0xba)
                    .imm32(8);
            a.bytes(0xb8).imm32(13).syscall();
        }
        a.bytes(0xcc);
        handler(a, avx);
        a.label("restorer").bytes(0xb8).imm32(15).syscall();
        a.align(8);
        // SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER
        a.label("action").abs64("handler").imm64(0x4C00_0004L).abs64("restorer").imm64(0);
        a.label("altstack").abs64("stack").imm64(0).imm64(STACK_BYTES - 0x800);
        a.label("path");
        a.labelAt("stack", 0x400);
        return a.assemble();
    }

    /**
     * {@code handler(signal, info, context)}: RDX points at the frame, its registers at +40, the
     * pointer to the FXSAVE image (the XSAVE area in fact) at +224.
     */
    private static void handler(Assembly a, boolean avx) {
        a.label("handler").bytes(0x49, 0x89, 0xd4); // mov r12, rdx
        a.bytes(0x48, 0x8b, 0x1c, 0x25)
                .imm32((int) Slot.SHARED_LINEAR + CURRENT); // mov rbx, [current]
        a.bytes(0x48, 0x85, 0xdb).jump(0x74, "wait"); // test rbx, rbx; jz wait
        a.bytes(0x49, 0x8d, 0x74, 0x24, 40); // lea rsi, [r12+40]
        a.bytes(0x48, 0x8d, 0xbb).imm32(Slot.OUT); // lea rdi, [rbx+OUT]
        a.bytes(0xb9).imm32(23).bytes(0xf3, 0x48, 0xa5); // rep movsq
        a.bytes(0x49, 0x8b, 0xb4, 0x24).imm32(224); // mov rsi, [r12+224]
        int outBytes = avx ? Slot.OUT_YMM + Slot.YMM_BYTES : Slot.FX_BYTES;
        a.bytes(0x48, 0x8d, 0xbb)
                .imm32(Slot.OUT_FX)
                .bytes(0xb9)
                .imm32(outBytes / 8)
                .bytes(0xf3, 0x48, 0xa5);
        a.bytes(0x48, 0x81, 0xc3).imm32(Slot.BYTES); // add rbx, BYTES
        a.label("next")
                .bytes(0x48, 0x3b, 0x1c, 0x25)
                .imm32((int) Slot.SHARED_LINEAR + END)
                .jump(0x72, "start"); // cmp rbx, [end]; jb start
        a.label("wait")
                .bytes(0x48, 0xc7, 0x04, 0x25)
                .imm32((int) Slot.SHARED_LINEAR + CURRENT)
                .imm32(0);
        a.bytes(0xbf)
                .imm32(1)
                .bytes(0xbe)
                .abs32("path")
                .bytes(0xba)
                .imm32(1)
                .bytes(0xb8)
                .imm32(1)
                .syscall(); // write(1, path, 1)
        a.bytes(0x31, 0xff)
                .bytes(0xbe)
                .abs32("altstack")
                .bytes(0xba)
                .imm32(1)
                .bytes(0x31, 0xc0)
                .syscall(); // read(0, ., 1)
        a.bytes(0x85, 0xc0).jump(0x7f, "go"); // test eax, eax; jg go
        a.bytes(0x31, 0xff).bytes(0xb8).imm32(231).syscall(); // exit_group(0)
        a.label("go")
                .bytes(0xbb)
                .imm32((int) Slot.SHARED_LINEAR + Slot.CONTROL_BYTES)
                .jump(0xeb, "next");
        a.label("start")
                .bytes(0x48, 0x89, 0x1c, 0x25)
                .imm32((int) Slot.SHARED_LINEAR + CURRENT); // mov [current], rbx
        a.bytes(0x48, 0x8d, 0x73, Slot.IN)
                .bytes(0x49, 0x8d, 0x7c, 0x24, 40)
                .bytes(0xb9)
                .imm32(19)
                .bytes(0xf3, 0x48, 0xa5);
        a.bytes(0x48, 0x8d, 0xb3).imm32(Slot.IN_FX).bytes(0x49, 0x8b, 0xbc, 0x24).imm32(224);
        a.bytes(0xb9).imm32(Slot.FX_IN_BYTES / 8).bytes(0xf3, 0x48, 0xa5);
        if (avx) {
            a.bytes(0x48, 0x8d, 0xb3).imm32(Slot.IN_YMM); // lea rsi, [rbx+IN_YMM]
            a.bytes(0x48, 0x81, 0xc7).imm32(Slot.OUT_YMM - Slot.FX_IN_BYTES); // add rdi, ...
            a.bytes(0xb9).imm32(Slot.YMM_BYTES / 8).bytes(0xf3, 0x48, 0xa5);
        }
        a.bytes(0x49, 0x8b, 0xbc, 0x24)
                .imm32(224)
                .bytes(0x48, 0x83, 0x8f)
                .imm32(Slot.XSTATE_BV)
                .bytes(avx ? 7 : 3); // or qword [fpstate+512], ...
        a.bytes(0xc3);
    }
}
