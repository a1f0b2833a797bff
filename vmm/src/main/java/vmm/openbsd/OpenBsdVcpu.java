package vmm.openbsd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import vmd.posix.Errno;
import vmm.cpu.SingleStep;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/**
 * A virtual processor of vmm(4), and the loop around VMM_IOC_RUN.
 *
 * <p>Other threads leave a note and send VMM_IOC_INTR, which makes the kernel leave the guest. A
 * request that comes just before the guest is entered is overwritten by the entry; the kernel
 * returns by itself when the host's scheduler next wants the processor, and the note is seen then.
 */
final class OpenBsdVcpu implements Vcpu {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final long FLAG_IF = 1 << 9;
    private static final long RAX = Abi.EXIT_REGISTERS + Abi.STATE_GPRS;
    private static final long RIP = RAX + 8L * Abi.GPR_RIP;
    private static final long RFLAGS = RAX + 8L * Abi.GPR_RFLAGS;

    private final VmmDevice device;
    private final int vm;
    private final GuestMemory memory;
    private final Platform platform;
    private final SingleStep software;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment run = arena.allocate(Abi.RUN_SIZE, Long.BYTES);
    private final MemorySegment exit = arena.allocate(Abi.EXIT_SIZE, Long.BYTES);
    private final MemorySegment registers = arena.allocate(Abi.REGISTERS_SIZE, Long.BYTES);

    // Notes for the owner, from any thread.
    private volatile boolean kicked;
    private volatile boolean line;
    private volatile boolean inGuest;
    private volatile @Nullable Thread owner;

    private boolean halted;
    private boolean initialised;
    private @Nullable Exit ended;
    private String failure = "";

    OpenBsdVcpu(VmmDevice device, int vm, GuestMemory memory, Platform platform) {
        this.device = device;
        this.vm = vm;
        this.memory = memory;
        this.platform = platform;
        software = new SingleStep(memory, platform);
        run.set(U32, Abi.RUN_VM, vm);
        run.set(U64, Abi.RUN_EXIT, exit.address());
        run.set(U16, Abi.RUN_REASON, (short) Abi.NONE);
        registers.set(U32, Abi.VM, vm);
        registers.set(U64, Abi.REGISTERS_MASK, Abi.ALL_REGISTERS);
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
        LockSupport.unpark(owner);
        if (inGuest && Thread.currentThread() != owner) {
            try (Arena scratch = Arena.ofConfined()) {
                MemorySegment request = scratch.allocate(Abi.INTR_SIZE, Integer.BYTES);
                request.set(U32, Abi.VM, vm);
                request.set(U16, Abi.INTR_PENDING, (short) 1);
                device.ioctl(Abi.INTR, request);
            }
        }
    }

    // On the owner's thread

    @Override
    public Exit run() {
        owner = Thread.currentThread();
        while (true) {
            if (kicked) {
                kicked = false;
                return Exit.KICKED;
            }
            if (ended != null) {
                return ended;
            }
            if (halted && !line) {
                if ((exit.get(U64, RFLAGS) & FLAG_IF) == 0) {
                    return Exit.HALTED_FOREVER;
                }
                LockSupport.park(this);
                continue;
            }
            ended = enter();
        }
    }

    private @Nullable Exit enter() {
        boolean inject = line && run.get(U8, Abi.RUN_READY) != 0;
        if (inject) {
            run.set(U8, Abi.RUN_VECTOR, (byte) platform.acknowledgeInterrupt());
            halted = false;
        }
        run.set(U32, Abi.RUN_INJECT, inject ? Abi.INJECT_INTERRUPT : Abi.INJECT_NONE);
        inGuest = true;
        if (kicked && !inject) {
            inGuest = false;
            return null;
        }
        run.set(U8, Abi.RUN_PENDING, (byte) (line || kicked ? 1 : 0));
        int result = device.ioctl(Abi.RUN, run);
        inGuest = false;
        if (result < 0) {
            return -result == Errno.EINTR ? null : fail("VMM_IOC_RUN: " + Errno.text(-result));
        }
        return dispatch(run.get(U16, Abi.RUN_REASON) & 0xffff);
    }

    private @Nullable Exit dispatch(int reason) {
        switch (reason) {
            case Abi.VMX_IO, Abi.SVM_IO -> {
                return port();
            }
            case Abi.VMX_EPT_VIOLATION, Abi.SVM_NPF -> {
                return memoryFault();
            }
            case Abi.VMX_HLT, Abi.SVM_HLT -> halted = true;
            case Abi.VMX_TRIPLE_FAULT, Abi.SVM_SHUTDOWN -> {
                return Exit.TRIPLE_FAULT;
            }
            case Abi.TERMINATED -> {
                return fail("the machine was terminated");
            }
            default -> {
                // Interrupts, CPUID, model-specific registers: the kernel has done what is to do.
            }
        }
        return null;
    }

    private Exit fail(String reason) {
        failure =
                reason
                        + "\nrip=0x"
                        + Long.toHexString(exit.get(U64, RIP))
                        + " rflags=0x"
                        + Long.toHexString(exit.get(U64, RFLAGS))
                        + " rax=0x"
                        + Long.toHexString(exit.get(U64, RAX));
        return Exit.FAILED;
    }

    /**
     * One access: the kernel leaves it to us to go behind the instruction. String instructions,
     * which it does not take apart, are executed in software.
     */
    private @Nullable Exit port() {
        if (exit.get(U8, Abi.IO_STRING) != 0 || exit.get(U8, Abi.IO_REP) != 0) {
            return inSoftware();
        }
        int size = exit.get(U8, Abi.IO_BYTES);
        int port = exit.get(U16, Abi.IO_PORT) & 0xffff;
        if (size != 1 && size != 2 && size != 4) {
            return fail("port access of " + size + " bytes");
        }
        int mask = -1 >>> 32 - 8 * size;
        if (exit.get(U8, Abi.IO_DIRECTION) == Abi.OUT) {
            platform.portWrite(port, size, exit.get(U32, Abi.IO_DATA) & mask);
        } else {
            int value = platform.portRead(port, size) & mask;
            long rax = exit.get(U64, RAX);
            long merged = size == 4 ? value & 0xffff_ffffL : rax & ~mask | value;
            exit.set(U32, Abi.IO_DATA, (int) merged);
            exit.set(U64, RAX, merged);
        }
        exit.set(U64, RIP, exit.get(U64, RIP) + exit.get(U8, Abi.IO_LENGTH));
        return null;
    }

    private @Nullable Exit memoryFault() {
        return switch (exit.get(U8, Abi.FAULT_TYPE)) {
            case Abi.FAULT_HANDLED -> null;
            case Abi.FAULT_MMIO_ASSIST -> inSoftware();
            default -> fail("access to memory that is not the guest's");
        };
    }

    /** Lets the software processor execute the instruction at RIP. */
    private @Nullable Exit inSoftware() {
        CpuState after = software.execute(readRegisters());
        if (after == null) {
            return Exit.TRIPLE_FAULT;
        }
        writeRegisters(after);
        // Or the kernel would complete an input with half of RAX.
        exit.set(U8, Abi.IO_DIRECTION, (byte) Abi.OUT);
        return null;
    }

    private CpuState readRegisters() {
        device.call("VMM_IOC_READREGS", Abi.READREGS, registers);
        return RegisterState.read(state(registers), halted);
    }

    private static MemorySegment state(MemorySegment registers) {
        return registers.asSlice(Abi.REGISTERS_STATE, Abi.STATE_SIZE);
    }

    private void writeRegisters(CpuState state) {
        RegisterState.write(state(registers), state, memory);
        device.call("VMM_IOC_WRITEREGS", Abi.WRITEREGS, registers);
        // The kernel takes the general registers from here again when the guest goes on.
        exit.asSlice(Abi.EXIT_REGISTERS, Abi.STATE_SIZE).copyFrom(state(registers));
    }

    // While the processor is not running

    @Override
    public CpuState state() {
        return readRegisters();
    }

    @Override
    public void state(CpuState state) {
        if (!initialised) {
            MemorySegment reset = arena.allocate(Abi.RESET_SIZE, Long.BYTES);
            reset.set(U32, Abi.VM, vm);
            RegisterState.write(reset.asSlice(Abi.RESET_REGISTERS, Abi.STATE_SIZE), state, memory);
            device.call("VMM_IOC_RESETCPU", Abi.RESETCPU, reset);
            initialised = true;
        }
        writeRegisters(state);
        run.set(U16, Abi.RUN_REASON, (short) Abi.NONE);
        run.set(U8, Abi.RUN_READY, (byte) ((state.rflags() & FLAG_IF) != 0 ? 1 : 0));
        halted = state.halted();
        ended = null;
        failure = "";
    }

    @Override
    public void restartDirtyLog() {
        // The kernel keeps no log: see updateDirtyLog.
    }

    /** Any page may have been written. */
    @Override
    public void updateDirtyLog() {
        for (long at = 0; at < memory.ram().byteSize(); at += GuestMemory.PAGE_SIZE) {
            memory.markDirtyAt(at);
        }
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
        arena.close();
    }
}
