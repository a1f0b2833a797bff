package vmm.kvm;

import java.lang.foreign.MemorySegment;
import vmd.posix.Devices;
import vmd.posix.Fd;
import vmd.posix.PosixException;

/** Requests whose failure is an exception that names them. */
final class Kvm {
    private Kvm() {}

    static int check(String request, int result) {
        if (result < 0) {
            throw new PosixException("ioctl(" + request + ")", -result);
        }
        return result;
    }

    static int call(String name, Fd fd, long request, long argument) {
        return check(name, Devices.ioctl(fd, request, argument));
    }

    static int call(String name, Fd fd, long request, MemorySegment argument) {
        return check(name, Devices.ioctl(fd, request, argument));
    }

    /** What KVM says of a capability: 0 where it is missing, else a positive number. */
    static int capability(Fd fd, int capability) {
        return Math.max(0, Devices.ioctl(fd, Abi.CHECK_EXTENSION, capability));
    }
}
