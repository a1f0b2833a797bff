package intruder;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/**
 * What a guest would try that has got as far as native code in the process that it runs in. {@code
 * daemon.MatrixTest} makes a daemon whose {@code Sandbox} calls {@link #enter} when it has closed;
 * nothing in the product knows of it. What comes of each act is written to standard error, as
 * {@code intruder ROLE: ACT ERRNO}.
 */
public final class Intruder {
    /** Resource that says for how many seconds to go on. */
    static final String SECONDS = "intruder.seconds";

    private static final long PAUSE_MS = 100;
    private static final long AT_FDCWD = -100;
    private static final int RLIMIT_NOFILE = 7;

    @SuppressWarnings("restricted") // that is what it is for
    private static final MethodHandle SYSCALL =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG),
                            Linker.Option.captureCallState("errno"));

    private static volatile Object garbage = "";

    private final Map<String, Integer> results = new LinkedHashMap<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
    private final MemorySegment zeros = arena.allocate(4096);
    private final String role;

    private Intruder(String role) {
        this.role = role;
    }

    /** Called from within the sandbox, on the thread that has entered it. */
    public static void enter() {
        String main = System.getProperty("sun.java.command", "?").split(" ", 2)[0];
        String role = main.replaceAll("^vmd\\.|\\.Main$", "");
        Thread.ofPlatform().daemon().name("intruder").start(() -> new Intruder(role).run());
        Thread.ofPlatform().daemon().name("load").start(Intruder::load);
    }

    private void run() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds());
        int rounds = 0;
        do {
            acts();
            rounds++;
            pause(PAUSE_MS);
        } while (System.nanoTime() - end < 0);
        StringBuilder report = new StringBuilder();
        results.forEach(
                (act, errno) -> report.append("intruder %s: %s %d\n".formatted(role, act, errno)));
        report.append("intruder %s: done, %d rounds\n".formatted(role, rounds));
        System.err.print(report);
    }

    private static int seconds() {
        try (InputStream in = Intruder.class.getResourceAsStream(SECONDS)) {
            return in == null
                    ? 1
                    : Integer.parseInt(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return 1;
        }
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Numbers of x86-64. Each act is one that would do something if it were let. */
    private void acts() {
        long parent = call(110);
        act("open a file outside", 257, AT_FDCWD, string("/etc/hostname"), 0);
        act("write a device", 257, AT_FDCWD, string("/dev/zero"), 1);
        act("create a file", 257, AT_FDCWD, string("/tmp/intruder"), 0101, 0600);
        act("socket(AF_INET)", 41, 2, 1, 0);
        act("socket(AF_PACKET)", 41, 17, 3, 0);
        act("socket(AF_UNIX)", 41, 1, 1, 0);
        act("connect to the control socket", 42, 3, address("/var/run/vmd.sock"), 110);
        act("execve", 59, string("/usr/bin/true"), pointers("true"), pointers());
        act("fork", 57);
        act("ptrace the parent", 101, 0x4206, parent);
        act("read the parent's memory", 310, parent, zeros.address(), 1, zeros.address(), 1);
        // The supervisor may end its own, which is no rule of the filter but of Landlock.
        act("signal the parent", 62, parent, role.equals("vmm") ? 9 : 0);
        act("signal everybody", 62, -1, 0);
        for (long distance = 1; distance < 100; distance++) {
            act("signal another machine", 62, call(39) + distance, 0);
            act("signal another machine", 62, call(39) - distance, 0);
        }
        act("signal its group", 62, 0, 0);
        act("mount", 165, string("none"), string("/nonexistent"), string("tmpfs"));
        act("unshare", 272, 0x10000000);
        act("chroot", 161, string("/"));
        act("bpf", 321, 0, zeros.address(), 72);
        act("io_uring_setup", 425, 1, zeros.address());
        act("keyctl", 250, 0, -3, 1);
        act("userfaultfd", 323, 1);
        act("perf_event_open", 298, zeros.address(), 0, -1, -1);
        act("setuid 0", 105, 0);
        act("raise a limit", 302, 0, RLIMIT_NOFILE, highLimit());
        act("another architecture's entry", 0x40000000 | 59, 0, 0, 0);
        act("inject into a terminal", 16, 0, 0x5412, string("x"));
        act("a kernel module", 175, zeros.address(), 0, string(""));
        act("reboot", 169, 0, 0, 0);
        act("map code", 9, 0, 4096, 7, 0x22, -1);
        act("set the clock", 227, 1, zeros.address());
    }

    /** A struct sockaddr_un. */
    private long address(String path) {
        MemorySegment address = arena.allocate(110, 8);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
        address.setString(2, path);
        return address.address();
    }

    private long highLimit() {
        MemorySegment limit = arena.allocate(16, 8);
        limit.set(ValueLayout.JAVA_LONG, 0, 1 << 20);
        limit.set(ValueLayout.JAVA_LONG, 8, 1 << 20);
        return limit.address();
    }

    private long string(String text) {
        return arena.allocateFrom(text).address();
    }

    private long pointers(String... words) {
        MemorySegment vector = arena.allocate(8L * (words.length + 1), 8);
        for (int k = 0; k < words.length; k++) {
            vector.setAtIndex(ValueLayout.JAVA_LONG, k, string(words[k]));
        }
        return vector.address();
    }

    /** Notes how the act ended; one success stays noted. */
    private void act(String name, long number, long... arguments) {
        long result = call(number, arguments);
        int errno = result < 0 ? (int) -result : 0;
        results.merge(name, errno, Math::min);
    }

    private long call(long number, long... arguments) {
        long[] a = java.util.Arrays.copyOf(arguments, 6);
        try {
            long result =
                    (long) SYSCALL.invokeExact(state, number, a[0], a[1], a[2], a[3], a[4], a[5]);
            return result == -1 ? -state.get(ValueLayout.JAVA_INT, 0) : result;
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    /** Keeps the compilers and the collector busy. */
    private static void load() {
        try (InputStream in = Intruder.class.getResourceAsStream("Work.class")) {
            byte[] code = in == null ? new byte[0] : in.readAllBytes();
            while (true) {
                Class<?> work = MethodHandles.lookup().defineHiddenClass(code, true).lookupClass();
                IntUnaryOperator operator =
                        (IntUnaryOperator) work.getDeclaredConstructor().newInstance();
                long sum = 0;
                for (int k = 0; k < 20_000; k++) {
                    sum += operator.applyAsInt(k);
                }
                garbage = sum;
                byte[][] blocks = new byte[64][];
                for (int k = 0; k < blocks.length; k++) {
                    blocks[k] = new byte[8192 + k];
                }
                garbage = blocks;
                Thread.ofPlatform().start(() -> garbage = "").join();
                pause(2);
            }
        } catch (IOException | ReflectiveOperationException | InterruptedException e) {
            System.err.println("intruder: load " + e);
        }
    }
}
