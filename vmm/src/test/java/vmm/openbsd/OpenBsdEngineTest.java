package vmm.openbsd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import vmd.posix.Errno;
import vmd.posix.Memory;
import vmd.posix.PosixException;
import vmm.boot.EntryState;
import vmm.engine.CpuState;
import vmm.engine.Exit;
import vmm.engine.Platform;
import vmm.engine.SegmentState;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/** The engine against the interface's numbers; the real device has never been seen. */
final class OpenBsdEngineTest {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final int RAX = 0, RIP = 16, RFLAGS = 17;
    private static final long IF = 0x200;
    private static final long MIB = 1 << 20;

    private static final class Board implements Platform {
        final List<String> accesses = new ArrayList<>();
        int vector = 0x30;

        @Override
        public int portRead(int port, int size) {
            accesses.add("in %x %d".formatted(port, size));
            return 0x89abcdef;
        }

        @Override
        public void portWrite(int port, int size, int value) {
            accesses.add("out %x %d %x".formatted(port, size, value));
        }

        @Override
        public long mmioRead(long gpa, int size) {
            accesses.add("read %x %d".formatted(gpa, size));
            return 0x1122_3344_5566_7788L >>> 64 - 8 * size;
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {
            accesses.add("write %x %d %x".formatted(gpa, size, value & -1L >>> 64 - 8 * size));
        }

        @Override
        public int acknowledgeInterrupt() {
            accesses.add("acknowledge");
            return vector;
        }

        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public long wallClockNs() {
            return 0;
        }
    }

    private final RecordedDevice device = new RecordedDevice();
    private final Board board = new Board();
    private final OpenBsdEngine engine = new OpenBsdEngine(device, "a name");
    private final GuestMemory memory = engine.memory(GuestMemory.allocate(4 * MIB));
    private final Vcpu vcpu = engine.createVcpu(0, memory, board);

    OpenBsdEngineTest() {
        vcpu.state(start(0x1000));
    }

    /** Flat 32-bit protected mode at {@code rip}. */
    private static CpuState start(long rip) {
        CpuState reset = EntryState.reset(0x600);
        SegmentState[] segments = reset.segments().clone();
        for (int k = 0; k < 6; k++) {
            segments[k] = new SegmentState(0x18, 0, -1, 0xc093);
        }
        segments[1] = new SegmentState(0x10, 0, -1, 0xc09b);
        long[] control = {0x11, 0, 0, 0, 0, 1};
        return new CpuState(
                new long[16],
                rip,
                2 | IF,
                segments,
                0x500,
                0x1f,
                0x600,
                0x7ff,
                control,
                reset.debug(),
                reset.msrs(),
                reset.fxsave(),
                false);
    }

    private void port(int direction, int size, int port, int data, int length) {
        device.steps.add((run, exit) -> {
            exit.asSlice(0, 24).fill((byte) 0);
            exit.set(U8, 0, (byte) size);
            exit.set(U8, 1, (byte) direction);
            exit.set(U16, 6, (short) port);
            exit.set(U32, 8, data);
            exit.set(U8, 12, (byte) length);
            return Abi.VMX_IO;
        });
    }

    private void then(int reason) {
        device.steps.add((run, exit) -> reason);
    }

    /** The end of a recording: another thread wants attention. */
    private void kicked() {
        device.steps.add((run, exit) -> {
            vcpu.kick();
            return Abi.NONE;
        });
    }

    @Test
    void sizesAreThoseInTheNumbers() {
        long[][] pairs = {
            {Abi.CREATE, Abi.CREATE_SIZE, 1, 0xc},
            {Abi.RUN, Abi.RUN_SIZE, 2, 0xc},
            {Abi.TERM, Abi.TERM_SIZE, 4, 0x8},
            {Abi.RESETCPU, Abi.RESET_SIZE, 5, 0x8},
            {Abi.INTR, Abi.INTR_SIZE, 6, 0x8},
            {Abi.READREGS, Abi.REGISTERS_SIZE, 7, 0xc},
            {Abi.WRITEREGS, Abi.REGISTERS_SIZE, 8, 0x8}
        };
        for (long[] pair : pairs) {
            assertEquals(pair[3] << 28 | pair[1] << 16 | 'V' << 8 | pair[2], pair[0]);
        }
        assertEquals(Abi.STATE_SEGMENTS, Abi.STATE_DEBUG + 8 * Abi.DEBUGS);
        assertEquals(Abi.STATE_GDTR, Abi.STATE_SEGMENTS + Abi.SEGMENT_SIZE * Abi.SEGMENTS);
        assertEquals(Abi.STATE_SIZE, Abi.STATE_IDTR + Abi.SEGMENT_SIZE);
        assertEquals(Abi.EXIT_CPL, Abi.EXIT_REGISTERS + Abi.STATE_SIZE);
    }

    @Test
    void machineIsMadeWithTheKernelsMemory() {
        assertEquals("a name", device.name);
        assertEquals(3, device.ranges.size());
        RecordedDevice.Range ram = device.ranges.getFirst();
        assertEquals(0, ram.gpa());
        assertEquals(4 * MIB, ram.bytes());
        memory.write32(0x2000, 0x12345678);
        assertEquals(0x12345678, ram.at().get(U32, 0x2000));
        assertEquals(Abi.MMIO, device.ranges.get(1).type());
        assertEquals(0xff00_0000L, device.ranges.get(2).gpa());
    }

    @Test
    void memoryAbove3GibMustAdjoin() {
        RecordedDevice other = new RecordedDevice();
        other.gap = 4096;
        OpenBsdEngine large = new OpenBsdEngine(other, "large");
        GuestMemory offered = GuestMemory.over(Memory.at(4096, GuestMemory.LOW_LIMIT + MIB));
        PosixException e = assertThrows(PosixException.class, () -> large.memory(offered));
        assertTrue(String.valueOf(e.getMessage()).contains("above 3 GiB"));
        assertEquals(RecordedDevice.MACHINE, other.terminated);
    }

    @Test
    void refusedRequestIsNamed() {
        RecordedDevice other = new RecordedDevice();
        other.nextErrno = Errno.ENOMEM;
        OpenBsdEngine refused = new OpenBsdEngine(other, "x");
        GuestMemory offered = GuestMemory.allocate(MIB);
        PosixException e = assertThrows(PosixException.class, () -> refused.memory(offered));
        assertTrue(String.valueOf(e.getMessage()).contains("VMM_IOC_CREATE"));
    }

    @Test
    void registersSurviveTheWayThroughTheKernel() {
        CpuState before = start(0x1234);
        for (int k = 0; k < 16; k++) {
            before.gpr()[k] = 0x0101_0101_0101_0101L * k;
        }
        for (int k = 0; k < 6; k++) {
            before.msrs()[k] = k == 0 ? 0x500 : 0x1000L + k;
            before.debug()[k] = 0x2000L + k;
        }
        vcpu.state(before);
        CpuState after = vcpu.state();
        assertArrayEquals(before.gpr(), after.gpr());
        assertEquals(before.rip(), after.rip());
        assertEquals(before.rflags(), after.rflags());
        assertArrayEquals(before.segments(), after.segments());
        assertEquals(before.gdtBase(), after.gdtBase());
        assertEquals(before.idtLimit(), after.idtLimit());
        assertArrayEquals(before.control(), after.control());
        assertArrayEquals(before.debug(), after.debug());
        for (int k = 0; k < 6; k++) {
            assertEquals(before.msrs()[k], after.msrs()[k]);
        }
        assertEquals(0x1234, device.register(RIP), "by the interface's index");
        assertEquals(0xc09b, device.registers.get(U32, 328 + 24 + 8), "CS access");
    }

    @Test
    void pagePointersAreLoadedInPaePaging() {
        CpuState state = start(0);
        state.control()[0] = 0x8000_0011L;
        state.control()[2] = 0x3000;
        state.control()[3] = 0x20;
        memory.write64(0x3018, 0x5001);
        vcpu.state(state);
        assertEquals(0x5001, device.registers.get(U64, 144 + 8 * 9));
    }

    @Test
    void portsOfEveryWidth() {
        device.register(RAX, 0xffff_ffff_ffff_0000L);
        port(0, 1, 0x3f8, 0x41, 1);
        port(0, 4, 0xcf8, 0x80000000, 2);
        port(1, 2, 0x1f0, 0xffff0000, 2);
        port(1, 4, 0xcfc, 0, 1);
        kicked();
        assertEquals(Exit.KICKED, vcpu.run());
        assertEquals(
                List.of("out 3f8 1 41", "out cf8 4 80000000", "in 1f0 2", "in cfc 4"),
                board.accesses);
        assertEquals(0x89abcdefL, device.register(RAX));
        assertEquals(0x1006, device.register(RIP), "behind all four instructions");
    }

    @Test
    void byteInputKeepsTheRestOfTheRegister() {
        device.register(RAX, 0x55667788);
        port(1, 1, 0x60, 0x55667788, 2);
        kicked();
        vcpu.run();
        assertEquals(0x556677efL, device.register(RAX));
    }

    private void code(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        memory.copyIn(0x1000, bytes, 0, bytes.length);
    }

    private void fault(int type, int reason) {
        device.steps.add((run, exit) -> {
            exit.set(U8, 0, (byte) type);
            return reason;
        });
    }

    @Test
    void deviceMemoryIsAccessedInSoftware() {
        code("a1000000e0 8803"); // mov eax,[0xe0000000]; mov [ebx],al
        device.register(3, 0xe000_0010L);
        fault(Abi.FAULT_MMIO_ASSIST, Abi.VMX_EPT_VIOLATION);
        fault(Abi.FAULT_MMIO_ASSIST, Abi.SVM_NPF);
        kicked();
        assertEquals(Exit.KICKED, vcpu.run());
        assertEquals(List.of("read e0000000 4", "write e0000010 1 44"), board.accesses);
        assertEquals(0x11223344, device.register(RAX));
        assertEquals(0x1007, device.register(RIP));
    }

    @Test
    void stringOutputIsExecutedInSoftware() {
        code("f36e"); // rep outsb
        device.register(1, 2);
        device.register(2, 0x402);
        device.register(6, 0x2000);
        memory.write16(0x2000, 0x4b4f);
        device.steps.add((run, exit) -> {
            exit.asSlice(0, 24).fill((byte) 0);
            exit.set(U8, 0, (byte) 1);
            exit.set(U8, 2, (byte) 1);
            exit.set(U8, 3, (byte) 1);
            return Abi.SVM_IO;
        });
        kicked();
        assertEquals(Exit.KICKED, vcpu.run());
        assertEquals(List.of("out 402 1 4f", "out 402 1 4b"), board.accesses);
        assertEquals(0x1002, device.register(RIP));
    }

    @Test
    void protectedMemoryEndsTheMachineWithItsRegisters() {
        fault(Abi.FAULT_HANDLED, Abi.VMX_EPT_VIOLATION);
        fault(Abi.FAULT_PROTECT, Abi.VMX_EPT_VIOLATION);
        assertEquals(Exit.FAILED, vcpu.run());
        assertTrue(vcpu.failure().contains("not the guest's"), vcpu.failure());
        assertTrue(vcpu.failure().contains("rip=0x1000"), vcpu.failure());
    }

    @Test
    void interruptIsGivenWhenTheGuestIsReady() {
        vcpu.interruptLine(true);
        device.steps.add((run, exit) -> {
            assertEquals(Abi.INJECT_INTERRUPT, run.get(U32, 16));
            assertEquals(0x30, run.get(U8, 8));
            vcpu.interruptLine(false);
            run.set(U8, 34, (byte) 0);
            return Abi.VMX_EXTERNAL_INTERRUPT;
        });
        device.steps.add((run, exit) -> {
            assertEquals(Abi.INJECT_NONE, run.get(U32, 16));
            assertEquals(0, run.get(U8, 20));
            vcpu.interruptLine(true);
            return Abi.NONE;
        });
        device.steps.add((run, exit) -> {
            assertEquals(Abi.INJECT_NONE, run.get(U32, 16), "not ready");
            assertEquals(1, run.get(U8, 20), "but pending");
            run.set(U8, 34, (byte) 1);
            return Abi.VMX_INTERRUPT_WINDOW;
        });
        device.steps.add((run, exit) -> {
            assertEquals(Abi.INJECT_INTERRUPT, run.get(U32, 16));
            vcpu.kick();
            return Abi.NONE;
        });
        assertEquals(Exit.KICKED, vcpu.run());
        assertEquals(List.of("acknowledge", "acknowledge"), board.accesses);
    }

    @Test
    void haltedProcessorSleepsUntilAnInterrupt() throws InterruptedException {
        CountDownLatch halting = new CountDownLatch(1);
        device.steps.add((run, exit) -> {
            run.set(U8, 34, (byte) 1);
            halting.countDown();
            return Abi.VMX_HLT;
        });
        kicked();
        Exit[] exit = new Exit[1];
        Thread owner = Thread.ofPlatform().start(() -> exit[0] = vcpu.run());
        halting.await();
        vcpu.interruptLine(true);
        owner.join();
        assertEquals(Exit.KICKED, exit[0]);
        assertEquals(List.of("acknowledge"), board.accesses);
    }

    @Test
    void haltWithoutInterruptsIsForEver() {
        device.steps.add((run, exit) -> {
            device.register(RFLAGS, 2);
            return Abi.SVM_HLT;
        });
        assertEquals(Exit.HALTED_FOREVER, vcpu.run());
    }

    @Test
    void otherThreadMakesTheKernelLeaveTheGuest() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        VmmDevice blocking =
                (request, argument) -> {
                    if (request == Abi.INTR) {
                        assertEquals(1, argument.get(U16, 8));
                        asked.countDown();
                        return 0;
                    }
                    if (request == Abi.RUN) {
                        inside.countDown();
                        try {
                            asked.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        return -Errno.EINTR;
                    }
                    return device.ioctl(request, argument);
                };
        try (Vcpu other = new OpenBsdVcpu(blocking, RecordedDevice.MACHINE, memory, board)) {
            other.state(start(0x1000));
            Exit[] exit = new Exit[1];
            Thread owner = Thread.ofPlatform().start(() -> exit[0] = other.run());
            inside.await();
            other.kick();
            owner.join();
            assertEquals(Exit.KICKED, exit[0]);
        }
    }

    @Test
    void tripleFaultTerminationAndErrorsEndTheRun() {
        then(Abi.VMX_CPUID);
        then(Abi.SVM_MSR);
        then(Abi.VMX_TRIPLE_FAULT);
        assertEquals(Exit.TRIPLE_FAULT, vcpu.run());
        vcpu.state(start(0));
        then(Abi.SVM_SHUTDOWN);
        assertEquals(Exit.TRIPLE_FAULT, vcpu.run());
        vcpu.state(start(0));
        then(Abi.TERMINATED);
        assertEquals(Exit.FAILED, vcpu.run());
        vcpu.state(start(0));
        then(-Errno.EIO);
        assertEquals(Exit.FAILED, vcpu.run());
        assertTrue(vcpu.failure().startsWith("VMM_IOC_RUN: "), vcpu.failure());
    }

    @Test
    void romIsCopiedToItsPlaceBelow4Gib() {
        RecordedDevice other = new RecordedDevice();
        OpenBsdEngine made = new OpenBsdEngine(other, "rom");
        GuestMemory placed = made.memory(GuestMemory.allocate(4 * MIB));
        assertNull(placed.rom());
        placed.installRom(64 << 10).set(U8, 0xfff0, (byte) 0xea);
        made.createVcpu(0, placed, board).close();
        RecordedDevice.Range rom = other.ranges.getLast();
        assertEquals((byte) 0xea, rom.at().get(U8, rom.bytes() - 16));
        made.close();
        assertEquals(RecordedDevice.MACHINE, other.terminated);
    }
}
