package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import vmd.posix.Devices;
import vmd.posix.Errno;
import vmd.posix.Fd;
import vmd.posix.Memory;
import vmd.posix.PosixException;
import vmd.posix.ThreadSignal;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.Vcpu;

/**
 * A virtual processor in the kernel, and the loop around KVM_RUN.
 *
 * <p>What other threads want, they note first ({@link #kicked}, {@link #line}, {@link #attention})
 * and then look where the owner is ({@link #place}); the owner says first that it goes into the
 * guest and then looks at the notes. All are volatile, so at least one of the two sees the other:
 * either the owner does not go, or the other thread sends the signal that ends KVM_RUN, also one
 * that has not begun yet. docs/adr/0004-kick-by-pending-signal.md says why it is a signal.
 */
final class KvmVcpu implements Vcpu {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    private static final int OUTSIDE = 0, IN_GUEST = 1, ASLEEP = 2;
    private static final int MASK_BYTES = 8;

    /** Exits that one instruction may need to be completed; a page crossing needs a few. */
    private static final int MAX_FRAGMENTS = 64;

    private final KvmVm vm;
    private final Platform platform;
    private final @Nullable ExitTimes times;
    private final Fd fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment run;
    private final KvmTime time;

    // Notes for the owner, from any thread.
    private volatile boolean kicked;
    private volatile boolean line;
    private volatile boolean attention;

    private volatile int place = OUTSIDE;
    private volatile @Nullable Thread owner;
    private volatile @Nullable ThreadSignal signal;

    // The owner's own.

    /** Something has to be looked at before the guest runs: interrupts, HLT, an end. */
    private boolean busy = true;

    private boolean halted;

    /** The last exit was an access that the kernel completes at its next KVM_RUN. */
    private boolean completing;

    private @Nullable Exit ended;
    private String failure = "";

    KvmVcpu(Fd kvm, KvmVm vm, Platform platform, @Nullable ExitTimes times) {
        this.vm = vm;
        this.platform = platform;
        this.times = times;
        fd = vm.createVcpu(0);
        boolean done = false;
        try (Arena scratch = Arena.ofConfined()) {
            int size = Kvm.call("KVM_GET_VCPU_MMAP_SIZE", kvm, Abi.GET_VCPU_MMAP_SIZE, 0);
            int access = Memory.PROT_READ | Memory.PROT_WRITE;
            run = Memory.map(arena, fd, 0, size, access, Memory.MAP_SHARED);
            int tscKhz = Math.max(0, Devices.ioctl(fd, Abi.GET_TSC_KHZ, 0));
            MemorySegment cpuid = KvmCpuid.encode(scratch, kvm, tscKhz);
            Kvm.call("KVM_SET_CPUID2", fd, Abi.SET_CPUID2, cpuid);
            time = new KvmTime(vm.fd(), fd, platform, tscKhz);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    // From any thread

    @Override
    public void interruptLine(boolean asserted) {
        line = asserted;
        if (asserted) {
            summon();
        }
    }

    @Override
    public void kick() {
        kicked = true;
        summon();
    }

    private void summon() {
        attention = true;
        int where = place;
        if (where == IN_GUEST) {
            ThreadSignal to = signal;
            if (to != null) {
                to.send();
            }
        } else if (where == ASLEEP) {
            LockSupport.unpark(owner);
        }
    }

    // On the owner's thread

    @Override
    public Exit run() {
        takeOver();
        time.starts();
        Exit exit = null;
        while (exit == null) {
            if (busy || attention) {
                exit = attend();
                if (exit != null) {
                    break;
                }
            }
            exit = enter();
        }
        time.stops();
        return exit;
    }

    private void takeOver() {
        if (owner == Thread.currentThread()) {
            return;
        }
        ThreadSignal own = ThreadSignal.blockHere();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment mask = scratch.allocate(Abi.SIGNAL_MASK_SET + MASK_BYTES, Long.BYTES);
            mask.set(U32, Abi.SIGNAL_MASK_LENGTH, MASK_BYTES);
            mask.set(U64, Abi.SIGNAL_MASK_SET, own.maskWhileWaiting());
            Kvm.call("KVM_SET_SIGNAL_MASK", fd, Abi.SET_SIGNAL_MASK, mask);
        }
        signal = own;
        owner = Thread.currentThread();
    }

    private @Nullable Exit enter() {
        place = IN_GUEST;
        if (attention) {
            place = OUTSIDE;
            return null;
        }
        completing = false;
        if (times != null) {
            times.enters();
        }
        int result = Devices.ioctl(fd, Abi.RUN, 0);
        if (times != null) {
            times.returned();
        }
        place = OUTSIDE;
        return result < 0 ? interrupted(-result) : dispatch(run.get(U32, Abi.RUN_EXIT_REASON));
    }

    private @Nullable Exit interrupted(int errno) {
        if (errno == Errno.EINTR || errno == Errno.EAGAIN) {
            ThreadSignal own = signal;
            if (own != null) {
                own.drain();
            }
            busy = true;
            return null;
        }
        return fail("KVM_RUN: " + Errno.text(errno));
    }

    /** Looks at all that was noted; says whether {@link #run} has to return. */
    private @Nullable Exit attend() {
        while (true) {
            attention = false;
            if (kicked) {
                kicked = false;
                Exit exit = complete();
                busy = true;
                return exit == null ? Exit.KICKED : exit;
            }
            if (ended != null) {
                return ended;
            }
            if (line && run.get(U8, Abi.RUN_READY_FOR_INTERRUPT) != 0) {
                inject();
            }
            if (!halted) {
                run.set(U8, Abi.RUN_REQUEST_INTERRUPT_WINDOW, (byte) (line ? 1 : 0));
                busy = line;
                return null;
            }
            if (run.get(U8, Abi.RUN_IF_FLAG) == 0) {
                return Exit.HALTED_FOREVER;
            }
            sleep();
        }
    }

    /** Gives the processor the vector that the interrupt controller has for it. */
    private void inject() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment vector = scratch.allocate(Abi.INTERRUPT_SIZE, Integer.BYTES);
            vector.set(U32, 0, platform.acknowledgeInterrupt());
            Kvm.call("KVM_INTERRUPT", fd, Abi.INTERRUPT, vector);
        }
        run.set(U8, Abi.RUN_READY_FOR_INTERRUPT, (byte) 0);
        halted = false;
    }

    private void sleep() {
        place = ASLEEP;
        while (!attention) {
            LockSupport.park(this);
        }
        place = OUTSIDE;
    }

    /** Lets the kernel finish the instruction whose access was the last exit. */
    private @Nullable Exit complete() {
        if (!completing) {
            return null;
        }
        run.set(U8, Abi.RUN_IMMEDIATE_EXIT, (byte) 1);
        try {
            for (int n = 0; n < MAX_FRAGMENTS; n++) {
                int result = Devices.ioctl(fd, Abi.RUN, 0);
                if (result < 0) {
                    completing = false;
                    return interrupted(-result);
                }
                Exit exit = dispatch(run.get(U32, Abi.RUN_EXIT_REASON));
                if (exit != null) {
                    return exit;
                }
            }
            return fail("an instruction does not end");
        } finally {
            run.set(U8, Abi.RUN_IMMEDIATE_EXIT, (byte) 0);
        }
    }

    // Exits

    private @Nullable Exit dispatch(int reason) {
        switch (reason) {
            case Abi.EXIT_IO -> port();
            case Abi.EXIT_MMIO -> mmio();
            case Abi.EXIT_IRQ_WINDOW_OPEN, Abi.EXIT_INTR -> busy = true;
            case Abi.EXIT_HLT -> {
                halted = true;
                busy = true;
            }
            case Abi.EXIT_SHUTDOWN -> {
                return end(Exit.TRIPLE_FAULT);
            }
            default -> {
                return fail(KvmFailure.reason(run));
            }
        }
        return null;
    }

    private Exit end(Exit exit) {
        ended = exit;
        busy = true;
        return exit;
    }

    private Exit fail(String reason) {
        failure = KvmFailure.describe(reason, fd, vm.memory());
        return end(Exit.FAILED);
    }

    private void port() {
        completing = true;
        int size = run.get(U8, Abi.RUN_IO_SIZE);
        int port = run.get(U16, Abi.RUN_IO_PORT) & 0xffff;
        int count = run.get(U32, Abi.RUN_IO_COUNT);
        long at = run.get(U64, Abi.RUN_IO_DATA_OFFSET);
        if (run.get(U8, Abi.RUN_IO_DIRECTION) == Abi.EXIT_IO_OUT) {
            for (int k = 0; k < count; k++) {
                platform.portWrite(port, size, (int) load(at + (long) k * size, size));
            }
        } else {
            for (int k = 0; k < count; k++) {
                store(at + (long) k * size, size, platform.portRead(port, size));
            }
        }
    }

    private void mmio() {
        completing = true;
        long gpa = run.get(U64, Abi.RUN_MMIO_GPA);
        int length = run.get(U32, Abi.RUN_MMIO_LENGTH);
        boolean writes = run.get(U8, Abi.RUN_MMIO_IS_WRITE) != 0;
        // Lengths like 3 come from accesses across a page: the parts of a power of two.
        for (int done = 0; done < length; ) {
            int size = Integer.highestOneBit(length - done);
            long at = (long) Abi.RUN_MMIO_DATA + done;
            if (writes) {
                platform.mmioWrite(gpa + done, size, load(at, size));
            } else {
                store(at, size, platform.mmioRead(gpa + done, size));
            }
            done += size;
        }
    }

    private long load(long at, int size) {
        return switch (size) {
            case 1 -> run.get(U8, at) & 0xff;
            case 2 -> run.get(U16, at) & 0xffff;
            case 4 -> run.get(U32, at) & 0xffff_ffffL;
            default -> run.get(U64, at);
        };
    }

    private void store(long at, int size, long value) {
        switch (size) {
            case 1 -> run.set(U8, at, (byte) value);
            case 2 -> run.set(U16, at, (short) value);
            case 4 -> run.set(U32, at, (int) value);
            default -> run.set(U64, at, value);
        }
    }

    // While the processor is not running

    @Override
    public CpuState state() {
        return KvmState.read(fd, halted);
    }

    @Override
    public void state(CpuState state) {
        if (completing) {
            complete(); // else the kernel would change the new registers
        }
        KvmState.write(fd, state);
        // The kernel takes CR8 from here, and says here whether interrupts are welcome; before the
        // first KVM_RUN that is for us to know.
        boolean accepts =
                (state.rflags() & 1 << 9) != 0
                        && !state.interruptShadow()
                        && state.pendingVector() < 0;
        run.set(U64, Abi.RUN_CR8, state.control()[4]);
        run.set(U8, Abi.RUN_IF_FLAG, (byte) ((state.rflags() & 1 << 9) != 0 ? 1 : 0));
        run.set(U8, Abi.RUN_READY_FOR_INTERRUPT, (byte) (accepts ? 1 : 0));
        halted = state.halted();
        ended = null;
        failure = "";
        busy = true;
    }

    @Override
    public void restartDirtyLog() {
        vm.restartDirtyLog();
    }

    @Override
    public void updateDirtyLog() {
        vm.updateDirtyLog();
    }

    @Override
    public String failure() {
        return failure;
    }

    @Override
    public long instructions() {
        return 0;
    }

    @Override
    public void close() {
        try {
            arena.close();
        } catch (IllegalStateException stillUsed) {
            throw new PosixException("processor still running", Errno.EBUSY);
        } finally {
            fd.close();
        }
    }
}
