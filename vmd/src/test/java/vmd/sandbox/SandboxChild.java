package vmd.sandbox;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Processes;
import vmd.posix.SocketMessage;
import vmd.posix.Sockets;
import vmd.privsep.ChildProcess;
import vmd.privsep.Role;
import vmd.privsep.Spawner;
import vmd.privsep.StartUp;
import vmd.privsep.StartUpWords;

/** Enters the sandbox of a role as a real process does, tries what is forbidden, and reports. */
public final class SandboxChild {
    /** Left open on purpose. */
    static final String STRAY = "/etc/passwd";

    private static final Map<String, long[]> ATTEMPTS = new TreeMap<>();
    private static volatile Object sink = "";

    private SandboxChild() {}

    static {
        // Numbers of x86-64; arguments are such that a call that gets through fails otherwise.
        ATTEMPTS.put("execve", new long[] {59, 0, 0, 0});
        ATTEMPTS.put("execveat", new long[] {322, -1, 0, 0});
        ATTEMPTS.put("fork", new long[] {57, 0, 0, 0});
        ATTEMPTS.put("vfork", new long[] {58, 0, 0, 0});
        // Without CLONE_VM the flag of shared handlers is an error.
        ATTEMPTS.put("clone process", new long[] {56, 0x800, 0, 0});
        ATTEMPTS.put("clone3", new long[] {435, 0, 0, 0});
        ATTEMPTS.put("ptrace", new long[] {101, 0x4200, 0, 0});
        ATTEMPTS.put("mount", new long[] {165, 0, 0, 0});
        ATTEMPTS.put("finit_module", new long[] {313, -1, 0, 0});
        ATTEMPTS.put("bpf", new long[] {321, 99, 0, 0});
        ATTEMPTS.put("io_uring_setup", new long[] {425, 0, 0, 0});
        ATTEMPTS.put("setresuid", new long[] {117, -1, -1, -1});
        ATTEMPTS.put("unshare", new long[] {272, 0, 0, 0});
        ATTEMPTS.put("socket inet", new long[] {41, 2, 1, 0});
        ATTEMPTS.put("socket unix", new long[] {41, 1, 99, 0});
        ATTEMPTS.put("socket packet", new long[] {41, 17, 99, 0});
        ATTEMPTS.put("socketpair", new long[] {53, 1, 99, 0});
        ATTEMPTS.put("openat read", new long[] {257, -1, 0, 0});
        ATTEMPTS.put("openat create", new long[] {257, -1, 0, 0102});
        ATTEMPTS.put("unlink", new long[] {87, 0, 0, 0});
        ATTEMPTS.put("kill", new long[] {62, 0x7fffffff, 9, 0});
        ATTEMPTS.put("kill all", new long[] {62, -1, 0, 0});
        ATTEMPTS.put("tgkill parent", new long[] {234, 0x7fffffff, 0x7fffffff, 0});
        ATTEMPTS.put("map code", new long[] {9, 0, -1, 7});
        ATTEMPTS.put("raise a limit", new long[] {302, 0, 99, 0});
        ATTEMPTS.put("keyctl", new long[] {250, 99, 0, 0});
        ATTEMPTS.put("userfaultfd", new long[] {323, -1, 0, 0});
        ATTEMPTS.put("ioctl TIOCSTI", new long[] {16, -1, 0x5412, 0});
        ATTEMPTS.put("dumpable", new long[] {157, 4, 99, 0});
    }

    public static void main(String[] args) throws Exception {
        StartUp startUp = ChildProcess.begin(args);
        Role role = Role.valueOf(startUp.arguments().getFirst());
        try (Fd channel = ChildProcess.channel();
                Fd kept = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            FileIo.open(STRAY, FileIo.O_RDONLY).release();
            MethodHandle syscall = syscall();
            Sandbox.enter(role, List.of(kept.number()));
            StringBuilder report = new StringBuilder();
            if (role == Role.VMM) {
                report.append("machine=").append(startMachine(startUp)).append('\n');
            }
            for (Map.Entry<String, long[]> attempt : ATTEMPTS.entrySet()) {
                if (role == Role.VMM && attempt.getKey().endsWith("fork")) {
                    continue; // it would
                }
                report.append(attempt.getKey()).append('=');
                report.append(attempt(syscall, attempt.getValue())).append('\n');
            }
            report.append("kept=").append(FileIo.stat(kept).isCharacterDevice()).append('\n');
            report.append("runs=").append(stress(role)).append('\n');
            answer(channel, report.toString());
        }
    }

    /** What a process of the VM role reports that was started from inside this sandbox. */
    private static String startMachine(StartUp own) {
        StartUp startUp = new StartUp("vm/inner", own.account(), false, 0, List.of(Role.VM.name()));
        Spawner.Child child = StartUpWords.start(Role.VM, startUp, SandboxChild.class.getName());
        try (Fd channel = child.channel()) {
            SocketMessage message = new SocketMessage(8192);
            int length = message.receive(channel, true);
            Sockets.shutdown(channel);
            Processes.Exit exit = Processes.await(child.pid());
            return (length > 0 && exit.normal()) + " " + exit.code() + " " + exit.signal();
        }
    }

    private static void answer(Fd channel, String text) {
        SocketMessage message = new SocketMessage(8192);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, message.data(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        message.send(channel, bytes.length, null, true);
        message.receive(channel, true); // the other side looks at /proc and then hangs up
    }

    @SuppressWarnings("restricted")
    private static MethodHandle syscall() {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong n = ValueLayout.JAVA_LONG;
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(n, n, n, n, n, n, n),
                Linker.Option.captureCallState("errno"));
    }

    private static int attempt(MethodHandle syscall, long[] call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long result =
                    (long) syscall.invokeExact(state, call[0], call[1], call[2], call[3], 0L, 0L);
            return result == -1 ? state.get(ValueLayout.JAVA_INT, 0) : 0;
        } catch (Throwable t) {
            throw new IOException(t);
        }
    }

    /** Compilation, collection, threads, exceptions, lambdas, late classes: all must go on. */
    private static boolean stress(Role role) throws Exception {
        long sum = 0;
        for (int round = 0; round < 200; round++) {
            List<byte[]> garbage = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                garbage.add(new byte[4096 + i]);
            }
            sink = garbage;
            sum += garbage.stream().mapToLong(b -> b.length).sum();
            Thread thread = new Thread(() -> sink = new byte[100]);
            thread.start();
            thread.join();
        }
        System.gc();
        String text = String.format(Locale.ROOT, "%d %s", sum, new UUID(1, 2));
        if (role != Role.CONTROL && role != Role.PRIV) {
            // The others have opened, or may open, what the runtime's cryptography reads.
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            sink = MessageDigest.getInstance("SHA-256").digest(bytes);
        }
        try {
            return deep(0) < 0;
        } catch (StackOverflowError e) {
            return sum > 0;
        }
    }

    private static int deep(int n) {
        return n < 0 ? n : deep(n + 1) + 1;
    }

    static List<String> attempts() {
        return List.copyOf(ATTEMPTS.keySet());
    }
}
