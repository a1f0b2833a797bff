package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import vmd.posix.Devices;
import vmd.posix.Fd;
import vmm.engine.Platform;

/**
 * Lets a guest's time stand still while its machine does. KVM's clocks are those of the host and
 * run on; when the machine's clock has fallen behind the host's, the time-stamp counter and the
 * paravirtual clock are put back by as much. A kernel that cannot do this leaves a guest that sees
 * time jump, as after a suspend.
 */
final class KvmTime {
    /** Less than this is the time between two looks at two clocks. */
    private static final long TOLERANCE_NS = 1_000_000;

    private final Fd vm;
    private final Fd vcpu;
    private final Platform platform;
    private final long tscKhz;
    private long hostNs;
    private long machineNs;
    private boolean stopped;

    KvmTime(Fd vm, Fd vcpu, Platform platform, int tscKhz) {
        this.vm = vm;
        this.vcpu = vcpu;
        this.platform = platform;
        this.tscKhz = tscKhz;
    }

    /** The processor stops running. */
    void stops() {
        machineNs = platform.nowNs();
        hostNs = System.nanoTime();
        stopped = true;
    }

    /** The processor starts to run. */
    void starts() {
        if (!stopped) {
            return;
        }
        stopped = false;
        long lostNs = System.nanoTime() - hostNs - (platform.nowNs() - machineNs);
        if (lostNs > TOLERANCE_NS) {
            putBack(lostNs);
        }
    }

    private void putBack(long ns) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offset = arena.allocate(Long.BYTES, Long.BYTES);
            MemorySegment attribute = arena.allocate(Abi.DEVICE_ATTR_SIZE, Long.BYTES);
            attribute.set(ValueLayout.JAVA_INT, Abi.DEVICE_ATTR_GROUP, Abi.VCPU_TSC_CTRL);
            attribute.set(ValueLayout.JAVA_LONG, Abi.DEVICE_ATTR_ATTR, Abi.VCPU_TSC_OFFSET);
            attribute.set(ValueLayout.JAVA_LONG, Abi.DEVICE_ATTR_ADDRESS, offset.address());
            if (Devices.ioctl(vcpu, Abi.GET_DEVICE_ATTR, attribute) >= 0) {
                long ticks = (long) ((double) ns * tscKhz / 1e6);
                offset.set(ValueLayout.JAVA_LONG, 0, offset.get(ValueLayout.JAVA_LONG, 0) - ticks);
                Devices.ioctl(vcpu, Abi.SET_DEVICE_ATTR, attribute);
            }
            MemorySegment clock = arena.allocate(Abi.CLOCK_SIZE, Long.BYTES);
            if (Devices.ioctl(vm, Abi.GET_CLOCK, clock) >= 0) {
                long now = clock.get(ValueLayout.JAVA_LONG, Abi.CLOCK_NS);
                clock.fill((byte) 0);
                clock.set(ValueLayout.JAVA_LONG, Abi.CLOCK_NS, Math.max(0, now - ns));
                Devices.ioctl(vm, Abi.SET_CLOCK, clock);
            }
        }
    }
}
