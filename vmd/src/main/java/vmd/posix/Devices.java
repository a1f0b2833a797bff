package vmd.posix;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/** Requests to devices that have their own numbers and structures for them. */
public final class Devices {
    private static final MethodHandle IOCTL = CLibrary.scalars("ioctl");

    private Devices() {}

    /**
     * ioctl(2) with a number for its argument. The result, or {@code -errno}: a caller that runs a
     * guest meets EINTR too often for exceptions.
     */
    public static int ioctl(Fd device, long request, long argument) {
        return (int) CLibrary.call(IOCTL, device.number(), request, argument);
    }

    /** ioctl(2) with a structure for its argument; the result, or {@code -errno}. */
    public static int ioctl(Fd device, long request, MemorySegment argument) {
        try {
            return ioctl(device, request, argument.address());
        } finally {
            Reference.reachabilityFence(argument);
        }
    }
}
