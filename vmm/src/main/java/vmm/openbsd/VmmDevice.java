package vmm.openbsd;

import java.lang.foreign.MemorySegment;
import vmd.posix.Devices;
import vmd.posix.Fd;
import vmd.posix.PosixException;

/** The way to vmm(4): an open {@code /dev/vmm}, or a recording of one. */
interface VmmDevice {

    /** ioctl(2) with a structure for its argument; the result, or {@code -errno}. */
    int ioctl(long request, MemorySegment argument);

    /** The device behind {@code device}, which stays the caller's. */
    static VmmDevice of(Fd device) {
        return (request, argument) -> Devices.ioctl(device, request, argument);
    }

    /** A request whose failure is an exception that names it. */
    default void call(String name, long request, MemorySegment argument) {
        int result = ioctl(request, argument);
        if (result < 0) {
            throw new PosixException("ioctl(" + name + ")", -result);
        }
    }
}
