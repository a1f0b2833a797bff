package vmm.openbsd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import vmd.posix.Memory;

/**
 * A vmm(4) that keeps a machine's memory and registers as the kernel does and plays a recording of
 * exits. What it is asked is checked for the form of the interface and kept.
 */
final class RecordedDevice implements VmmDevice {
    static final int MACHINE = 7;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    /** What one VMM_IOC_RUN does: fills in the exit; returns the reason, or a negative errno. */
    interface Step {
        int play(MemorySegment run, MemorySegment exit);
    }

    record Range(long gpa, long bytes, int type, MemorySegment at) {}

    private final Arena arena = Arena.ofShared();
    final ArrayDeque<Step> steps = new ArrayDeque<>();
    final List<Range> ranges = new ArrayList<>();
    final List<Long> requests = new ArrayList<>();
    final MemorySegment registers = arena.allocate(568, 8);
    String name = "";
    int terminated;
    int nextErrno;
    long gap;

    @Override
    public synchronized int ioctl(long request, MemorySegment argument) {
        requests.add(request);
        if (nextErrno != 0) {
            return -nextErrno;
        }
        // The size is a part of the number; the kernel copies so much.
        MemorySegment a = Memory.at(argument.address(), request >>> 16 & 0x1fff);
        switch ((int) request & 0xff) {
            case 1 -> create(a);
            case 2 -> {
                return run(a);
            }
            case 4 -> terminated = a.get(U32, 0);
            case 5 -> registers.copyFrom(checked(a).asSlice(8, 568));
            case 6 -> checked(a);
            case 7 -> {
                check(a.get(U64, 8) == 0x1f);
                checked(a).asSlice(16, 568).copyFrom(registers);
            }
            case 8 -> registers.copyFrom(checked(a).asSlice(16, 568));
            default -> throw new AssertionError("request " + Long.toHexString(request));
        }
        return 0;
    }

    private static void check(boolean condition) {
        if (!condition) {
            throw new AssertionError("argument against the interface");
        }
    }

    private static MemorySegment checked(MemorySegment argument) {
        check(argument.get(U32, 0) == MACHINE && argument.get(U32, 4) == 0);
        return argument;
    }

    private void create(MemorySegment a) {
        int count = (int) a.get(U64, 0);
        check(count >= 1 && count <= 16 && a.get(U64, 8) == 1);
        name = a.getString(528);
        long ram = 0;
        for (int k = 0; k < count; k++) {
            ram += a.get(U32, 16 + 32L * k + 24) == 0 ? a.get(U64, 16 + 32L * k + 16) : 0;
        }
        // Ranges that do not adjoin are refused before anybody touches them.
        MemorySegment all = gap > 0 ? Memory.at(4096, ram + gap) : arena.allocate(ram, 4096);
        long at = 0;
        long end = 0;
        for (int k : order(count)) {
            MemorySegment range = a.asSlice(16 + 32L * k, 32);
            long bytes = range.get(U64, 16);
            int type = range.get(U32, 24);
            MemorySegment place = type == 0 ? all.asSlice(at, bytes) : MemorySegment.NULL;
            at += type == 0 ? bytes + (k == 0 ? gap : 0) : 0;
            range.set(U64, 8, place.address());
            ranges.add(new Range(range.get(U64, 0), bytes, type, place));
        }
        for (int k = 0; k < count; k++) {
            MemorySegment range = a.asSlice(16 + 32L * k, 32);
            check(range.get(U64, 0) >= end && range.get(U64, 0) % 4096 == 0);
            end = range.get(U64, 0) + range.get(U64, 16);
        }
        a.set(U32, 600, MACHINE);
    }

    /** RAM above 4 GiB behind RAM below 3 GiB, then the rest. */
    private static int[] order(int count) {
        return count == 4 ? new int[] {0, 3, 1, 2} : new int[] {0, 1, 2};
    }

    /** Enters the guest as the kernel does: what was completed outside is taken over first. */
    private int run(MemorySegment a) {
        checked(a);
        MemorySegment exit = Memory.at(a.get(U64, 24), 600);
        int last = a.get(U16, 32) & 0xffff;
        if (last == Abi.VMX_IO || last == Abi.SVM_IO) {
            if (exit.get(U8, 1) == 1) {
                registers.set(U64, 0, exit.get(U32, 8) & 0xffff_ffffL);
            }
            registers.set(U64, 8 * 16, exit.get(U64, 24 + 8 * 16));
        } else if (last == Abi.VMX_EPT_VIOLATION || last == Abi.SVM_NPF) {
            MemorySegment.copy(exit, 24, registers, 0, 18 * 8);
        }
        Step step = steps.poll();
        if (step == null) {
            throw new AssertionError("the recording is over");
        }
        int reason = step.play(a, exit);
        if (reason < 0) {
            return reason;
        }
        exit.asSlice(24, 568).copyFrom(registers);
        a.set(U16, 32, (short) reason);
        return 0;
    }

    long register(int index) {
        return registers.get(U64, 8L * index);
    }

    void register(int index, long value) {
        registers.set(U64, 8L * index, value);
    }
}
