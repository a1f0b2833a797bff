package vmd.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Links C functions and calls them.
 *
 * <p>All functions are linked in one of two shapes, because linking a new shape costs about 10 ms
 * of start-up in every process and one more function of a known shape 0.25 ms (measured, JDK 25).
 * That is sound on the ABIs we run on (System V x86-64, AAPCS64): up to six integer or pointer
 * arguments travel in 64-bit registers, a callee that takes {@code int} looks at the low half, and
 * registers that it does not know of are ignored. Nothing with floating-point or by-value
 * structures passes here.
 *
 * <p>A result is the function's, or {@code -errno} where it was -1: errno is read from the state
 * captured with the call, never later.
 */
final class CLibrary {
    /** Any function whose arguments are numbers, or pointers that the caller keeps alive. */
    private static final FunctionDescriptor SCALARS =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG);

    /** f(number, buffer, number, number): the linker keeps the buffer alive during the call. */
    private static final FunctionDescriptor BUFFER =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG);

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final ThreadLocal<MemorySegment> CALL_STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private CLibrary() {}

    @SuppressWarnings("restricted")
    static MethodHandle scalars(String function) {
        return LINKER.downcallHandle(symbol(function), SCALARS, CAPTURE);
    }

    @SuppressWarnings("restricted")
    static MethodHandle buffer(String function) {
        return LINKER.downcallHandle(symbol(function), BUFFER, CAPTURE);
    }

    private static MemorySegment symbol(String function) {
        return LINKER.defaultLookup()
                .find(function)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + function));
    }

    static long call(MethodHandle handle, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = CALL_STATE.get();
        long result;
        try {
            result = (long) handle.invokeExact(state, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw unexpected(t);
        }
        return settle(result, state);
    }

    static long call(MethodHandle handle, long a, long b, long c) {
        return call(handle, a, b, c, 0, 0, 0);
    }

    static long call(MethodHandle handle, long a, long b) {
        return call(handle, a, b, 0, 0, 0, 0);
    }

    static long call(MethodHandle handle, long a) {
        return call(handle, a, 0, 0, 0, 0, 0);
    }

    static long call(MethodHandle handle) {
        return call(handle, 0, 0, 0, 0, 0, 0);
    }

    static long call(MethodHandle handle, long a, MemorySegment buffer, long c, long d) {
        MemorySegment state = CALL_STATE.get();
        long result;
        try {
            result = (long) handle.invokeExact(state, a, buffer, c, d);
        } catch (Throwable t) {
            throw unexpected(t);
        }
        return settle(result, state);
    }

    /** As {@link #call}, again while a signal interrupts it. */
    static long retry(MethodHandle handle, long a, MemorySegment buffer, long c, long d) {
        long result;
        do {
            result = call(handle, a, buffer, c, d);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** As {@link #call}, again while a signal interrupts it. */
    static long retry(MethodHandle handle, long a, long b, long c, long d) {
        long result;
        do {
            result = call(handle, a, b, c, d, 0, 0);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** The result, or an exception that names the call where it is a negative errno. */
    static long check(String call, long result) {
        if (result < 0) {
            throw new PosixException(call, (int) -result);
        }
        return result;
    }

    /** For functions that return errno itself, as posix_spawn does. */
    static void checkDirect(String call, long result) {
        if ((int) result != 0) {
            throw new PosixException(call, result < 0 ? (int) -result : (int) result);
        }
    }

    /** A C string; a path with a NUL inside would name another file than it seems to. */
    static MemorySegment string(Arena arena, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new PosixException("path", Errno.EINVAL);
        }
        return arena.allocateFrom(text);
    }

    /**
     * The low half decides: an {@code int} of -1 leaves the upper half undefined, and no call here
     * succeeds with a 64-bit result that ends in 32 ones (lengths are below 2 GiB, mappings
     * page-aligned).
     */
    private static long settle(long result, MemorySegment state) {
        if ((int) result == -1) {
            return -(long) (int) ERRNO.get(state, 0L);
        }
        return result;
    }

    private static RuntimeException unexpected(Throwable t) {
        if (t instanceof RuntimeException e) {
            return e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(t);
    }
}
