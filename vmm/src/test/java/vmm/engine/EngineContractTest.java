package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;
import vmm.mem.GuestMemory;

/** What every engine must do: machine code, and the exits, registers and memory that follow. */
class EngineContractTest {
    private static final String DONE = "e6 f4"; // out 0xf4, al

    @ParameterizedTest
    @EnumSource
    void realMode(EngineUnderTest engine) {
        engine.demand(Feature.REAL_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            // mov ax, 0x1234; mov bx, ax; add bx, 0x1111; mov ds, bx; mov [0], ax; mov cl, [0]
            String code = "b83412 89c3 81c31111 8edb a30000 8a0e0000";
            CpuState end = m.complete(m.real(), code + DONE);
            assertEquals(0x1234, end.gpr()[TestMachine.RAX]);
            assertEquals(0x2345, end.gpr()[TestMachine.RBX]);
            assertEquals(0x34, end.gpr()[TestMachine.RCX]);
            assertEquals(0x2345, end.segments()[3].selector());
            assertEquals(0x2_3450, end.segments()[3].base());
            assertEquals(0x1234, m.memory.read16(0x2_3450));
            assertEquals(0, end.control()[0] & 1);
            assertEquals(TestMachine.CODE + 20, end.rip());
        }
    }

    @ParameterizedTest
    @EnumSource
    void protectedMode(EngineUnderTest engine) {
        engine.demand(Feature.PROTECTED_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            m.memory.write32(0x2_0000, 0x1122_3344);
            // mov esi, 0x20000; mov eax, [esi]; rol eax, 8; mov [esi+4], eax; mov ebx, fs:[4];
            // push ebx; pop edi; xor edx, edx; mov ecx, 7; mov eax, 100; div ecx
            String code =
                    "be00000200 8b06 c1c008 894604 648b1d04000000 53 5f 31d2 b907000000"
                            + "b864000000 f7f1";
            CpuState end = m.complete(m.protectedMode(), code + DONE);
            assertEquals(0x2233_4411, end.gpr()[TestMachine.RBX]);
            assertEquals(0x2233_4411, end.gpr()[TestMachine.RDI]);
            assertEquals(14, end.gpr()[TestMachine.RAX]);
            assertEquals(2, end.gpr()[TestMachine.RDX]);
            assertEquals(TestMachine.STACK, end.gpr()[TestMachine.RSP]);
            assertEquals(0x2233_4411, m.memory.read32(TestMachine.STACK - 4));
        }
    }

    @ParameterizedTest
    @EnumSource
    void paging(EngineUnderTest engine) {
        engine.demand(Feature.PAGING);
        try (TestMachine m = new TestMachine(engine)) {
            m.memory.write32(0, 0x5566_7788);
            // mov eax, [0x400000]; mov ebx, eax
            CpuState end = m.complete(m.paging(), "a100004000 89c3" + DONE);
            assertEquals(0x5566_7788, end.gpr()[TestMachine.RBX]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void longMode(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            // mov r8, 0x123456789abcdef0; lea r9, [r8+r8*2]; mov rax, ALIAS; mov [rax], r9;
            // mov r10, [DATA]; bswap r10
            String code = "49b8f0debc9a78563412 4f8d0c40 b800100040 4c8908 4c8b142500a00000 490fca";
            CpuState end = m.complete(m.longMode(), code + DONE);
            long product = 3 * 0x1234_5678_9abc_def0L;
            assertEquals(product, end.gpr()[9]);
            assertEquals(Long.reverseBytes(product), end.gpr()[10]);
            assertEquals(product, m.memory.read64(TestMachine.DATA));
            assertEquals(0x500, end.msrs()[0] & 0x500);
        }
    }

    @ParameterizedTest
    @EnumSource
    void portsOfEachWidth(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.PORT);
        try (TestMachine m = new TestMachine(engine)) {
            // in al, 0x50; mov dx, 0x51; in ax, dx; mov ebx, eax; mov dx, 0x52; in eax, dx;
            // mov ecx, eax; mov eax, 0xa1b2c3d4; out 0x60, al; mov dx, 0x61; out dx, ax;
            // out 0x62, eax
            String code =
                    "e450 66ba5100 66ed 89c3 66ba5200 ed 89c1 b8d4c3b2a1 e660 66ba6100 66ef e762";
            CpuState end = m.complete(m.longMode(), code + DONE);
            assertEquals(0x51, end.gpr()[TestMachine.RBX]);
            assertEquals(0xc0de_0052L, end.gpr()[TestMachine.RCX]);
            assertEquals(
                    List.of(
                            "in8 50",
                            "in16 51",
                            "in32 52",
                            "out8 60 d4",
                            "out16 61 c3d4",
                            "out32 62 a1b2c3d4"),
                    m.accesses);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stringsToPorts(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.PORT);
        try (TestMachine m = new TestMachine(engine)) {
            List<String> expected = new ArrayList<>();
            for (int k = 0; k < 5000; k++) {
                m.memory.write8(TestMachine.DATA + k, k * 7);
            }
            for (int k = 0; k < 5000; k++) {
                expected.add("out8 60 %x".formatted(k * 7 & 0xff));
            }
            for (int k = 0; k < 9; k++) {
                int at = TestMachine.DATA + 2 * k;
                expected.add("out16 60 %x".formatted(m.memory.read16(at)));
            }
            for (int k = 0; k < 5; k++) {
                int at = TestMachine.DATA + 18 + 4 * k;
                expected.add("out32 60 %x".formatted(m.memory.read32(at)));
            }
            // cld; mov esi, DATA; mov ecx, 5000; mov edx, 0x60; rep outsb;
            // mov esi, DATA; mov ecx, 9; rep outsw; mov ecx, 5; rep outsd
            String code =
                    "fc be00a00000 b988130000 ba60000000 f36e be00a00000 b909000000 f3666f"
                            + "b905000000 f36f";
            CpuState end = m.complete(m.longMode(), code + DONE);
            assertEquals(0, end.gpr()[TestMachine.RCX]);
            assertEquals(TestMachine.DATA + 18 + 20, end.gpr()[TestMachine.RSI]);
            assertEquals(expected, m.accesses);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stringsFromPorts(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.PORT);
        try (TestMachine m = new TestMachine(engine)) {
            // cld; mov edi, DATA + 1; mov ecx, 5000; mov edx, 0x50; rep insb;
            // mov edi, 0xe000; mov ecx, 9; rep insw; mov ecx, 5; rep insd; xor ecx, ecx; rep insd
            String code =
                    "fc bf01a00000 b988130000 ba50000000 f36c bf00e00000 b909000000 f3666d"
                            + "b905000000 f36d 31c9 f36d";
            CpuState end = m.complete(m.longMode(), code + DONE);
            assertEquals(0xe000 + 18 + 20, end.gpr()[TestMachine.RDI]);
            assertEquals(5014, m.accesses.size());
            assertEquals(0, m.memory.read8(TestMachine.DATA));
            assertEquals(0x50, m.memory.read8(TestMachine.DATA + 1));
            assertEquals(0x50, m.memory.read8(TestMachine.DATA + 5000));
            assertEquals(0, m.memory.read8(TestMachine.DATA + 5001));
            assertEquals(0x50, m.memory.read16(0xe000 + 16));
            assertEquals(0xc0de_0050, m.memory.read32(0xe000 + 18 + 16));
            assertEquals(0, m.memory.read32(0xe000 + 18 + 20));
        }
    }

    @ParameterizedTest
    @EnumSource
    void deviceMemoryOfEachWidth(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.MMIO);
        try (TestMachine m = new TestMachine(engine)) {
            // mov ebx, DEVICE; mov al, [rbx+1]; mov cx, [rbx+2]; mov edx, [rbx+4];
            // mov rsi, [rbx+8]; mov [rbx+0x11], al; mov [rbx+0x12], cx; mov [rbx+0x14], edx;
            // mov [rbx+0x18], rsi
            String code =
                    "bb00001000 8a4301 668b4b02 8b5304 488b7308 884311 66894b12 895314 48897318";
            CpuState end = m.complete(m.longMode(), code + DONE);
            assertEquals(0x11, end.gpr()[TestMachine.RAX]);
            assertEquals(0x2012, end.gpr()[TestMachine.RCX]);
            assertEquals(0x4040_2014L, end.gpr()[TestMachine.RDX]);
            assertEquals(0x8070_6050_4040_2018L, end.gpr()[TestMachine.RSI]);
            assertEquals(
                    List.of(
                            "read8 100001",
                            "read16 100002",
                            "read32 100004",
                            "read64 100008",
                            "write8 100011 11",
                            "write16 100012 2012",
                            "write32 100014 40402014",
                            "write64 100018 8070605040402018"),
                    m.accesses);
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptEndsALoop(EngineUnderTest engine) throws InterruptedException {
        engine.demand(Feature.LONG_MODE, Feature.INTERRUPT);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.HANDLER, "b977000000 4c8b3c24 48cf"); // mov ecx, 0x77; r15 = RIP
            Thread device =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (m.accesses.isEmpty()) {
                                    Thread.onSpinWait();
                                }
                                m.vcpu.interruptLine(true);
                            });
            // sti; out 0x60, al; l: inc eax; cmp ecx, 0; je l
            CpuState end = m.complete(m.longMode(), "fb e660 ffc0 83f900 74f9" + DONE);
            device.join();
            assertEquals(0x77, end.gpr()[TestMachine.RCX]);
            assertEquals(1, m.acknowledged());
            assertTrue(end.gpr()[15] >= TestMachine.CODE + 3, "interrupted in the loop");
            assertTrue(end.gpr()[15] <= TestMachine.CODE + 8, "interrupted in the loop");
            assertEquals(TestMachine.STACK, end.gpr()[TestMachine.RSP]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptWaitsForTheFlagAndOneInstructionMore(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.INTERRUPT);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.HANDLER, "b977000000 4c8b3c24 48cf");
            m.vcpu.interruptLine(true);
            // cli; out 0x60, al; mov ebx, 1; out 0x60, al; sti; mov ebx, 2;
            // l: cmp ecx, 0x77; jne l
            String code = "fa e660 bb01000000 e660 fb bb02000000 83f977 75fb";
            CpuState end = m.complete(m.longMode(), code + DONE);
            assertEquals(2, m.accesses.size());
            assertTrue(end.gpr()[15] >= TestMachine.CODE + 16, "after mov ebx, 2");
            assertEquals(2, end.gpr()[TestMachine.RBX]);
            assertEquals(1, m.acknowledged());
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptThatIsTakenBackIsNotDelivered(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.INTERRUPT);
        try (TestMachine m = new TestMachine(engine)) {
            m.vcpu.interruptLine(true);
            m.put(TestMachine.CODE, "fa e6f4 fb 90 90 e6f4"); // cli; done; sti; nop; nop; done
            m.vcpu.state(m.longMode());
            assertEquals(Exit.KICKED, m.runDone());
            m.vcpu.interruptLine(false);
            assertEquals(Exit.KICKED, m.runDone());
            assertEquals(0, m.acknowledged());
        }
    }

    @ParameterizedTest
    @EnumSource
    void haltWaitsForAnInterrupt(EngineUnderTest engine) throws InterruptedException {
        engine.demand(Feature.LONG_MODE, Feature.INTERRUPT);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.HANDLER, "b977000000 4c8b3c24 48cf");
            m.put(TestMachine.CODE, "e6f4 fb f4 bb05000000" + DONE); // done; sti; hlt; mov ebx, 5
            m.vcpu.state(m.longMode());
            assertEquals(Exit.KICKED, m.runDone());
            Thread runner = Thread.currentThread();
            Thread device =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (runner.getState() != Thread.State.WAITING) {
                                    Thread.onSpinWait();
                                }
                                m.vcpu.interruptLine(true);
                            });
            assertEquals(Exit.KICKED, m.runDone());
            device.join();
            assertEquals(5, m.vcpu.state().gpr()[TestMachine.RBX]);
            assertEquals(0x77, m.vcpu.state().gpr()[TestMachine.RCX]);
            assertEquals(TestMachine.CODE + 4, m.vcpu.state().gpr()[15], "behind HLT");
        }
    }

    @ParameterizedTest
    @EnumSource
    void haltWithoutInterruptsIsForEver(EngineUnderTest engine) {
        engine.demand(Feature.REAL_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.CODE, "fa f4"); // cli; hlt
            m.vcpu.state(m.real());
            assertEquals(Exit.HALTED_FOREVER, m.run());
            assertTrue(m.vcpu.state().halted());
            assertEquals(Exit.HALTED_FOREVER, m.run());
            m.complete(m.real(), DONE); // as after a reset
        }
    }

    @ParameterizedTest
    @EnumSource
    void kickWakesFromHalt(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.CODE, "fb f4" + DONE); // sti; hlt
            m.vcpu.state(m.longMode());
            Thread runner = Thread.currentThread();
            Thread.ofPlatform()
                    .start(() -> {
                        while (runner.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                        }
                        m.vcpu.kick();
                    });
            assertEquals(Exit.KICKED, m.run());
            assertTrue(m.vcpu.state().halted());
            m.put(TestMachine.HANDLER, "48cf");
            m.vcpu.interruptLine(true);
            assertEquals(Exit.KICKED, m.runDone());
            assertFalse(m.vcpu.state().halted());
        }
    }

    @ParameterizedTest
    @EnumSource
    void tripleFault(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            // lidt [0xb000]; mov rax, 0x8000000000; mov rax, [rax]
            m.put(TestMachine.CODE, "0f011c2500b00000 48b80000000080000000 488b00");
            m.vcpu.state(m.longMode());
            assertEquals(Exit.TRIPLE_FAULT, m.run());
            assertEquals(Exit.TRIPLE_FAULT, m.run());
            m.complete(m.longMode(), DONE); // as after a reset
        }
    }

    /**
     * add rax, 3; rol rbx, 5; xor rbx, rax; mov [DATA], rbx; movdqu xmm0, [DATA]; dec ecx; out
     * 0x60, al; jnz
     */
    private static final String COUNT =
            "4883c003 48c1c305 4831c3 48891c2500a00000 f30f6f042500a00000 ffc9 e660 75de";

    private static final int ROUNDS = 60;

    private static CpuState counting(TestMachine m) {
        CpuState start = m.longMode();
        start.gpr()[TestMachine.RCX] = ROUNDS;
        start.gpr()[TestMachine.RBX] = 0x0123_4567_89ab_cdefL;
        return start;
    }

    @ParameterizedTest
    @EnumSource
    void stateMovesInTheMiddle(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.SSE);
        moves(engine, engine);
    }

    @ParameterizedTest
    @EnumSource
    void stateMovesToAndFromAnotherEngine(EngineUnderTest engine) {
        EngineUnderTest other =
                engine == EngineUnderTest.SOFT ? EngineUnderTest.KVM : EngineUnderTest.SOFT;
        engine.demand(Feature.LONG_MODE, Feature.SSE);
        other.demand(Feature.LONG_MODE, Feature.SSE);
        moves(engine, other);
    }

    private static void moves(EngineUnderTest from, EngineUnderTest to) {
        try (TestMachine straight = new TestMachine(from);
                TestMachine first = new TestMachine(from);
                TestMachine second = new TestMachine(to)) {
            CpuState expected = straight.complete(counting(straight), COUNT + DONE);
            first.put(TestMachine.CODE, COUNT + DONE);
            second.put(TestMachine.CODE, COUNT + DONE);
            first.vcpu.state(counting(first));
            first.kickAt(ROUNDS / 3);
            assertEquals(Exit.KICKED, first.run());
            CpuState middle = first.vcpu.state();
            assertEquals(ROUNDS - ROUNDS / 3, middle.gpr()[TestMachine.RCX]);
            second.vcpu.state(middle);
            assertEquals(Exit.KICKED, second.runDone());
            CpuState end = second.vcpu.state();
            assertArrayEquals(expected.gpr(), end.gpr());
            assertSameVectors(expected.fxsave(), end.fxsave());
            assertEquals(expected.rflags(), end.rflags());
            assertEquals(ROUNDS, first.accesses.size() + second.accesses.size());
        }
    }

    /** All but the mask of MXCSR, which is what the processor has and not what it was told. */
    private static void assertSameVectors(byte[] expected, byte[] actual) {
        for (int k = 0; k < 416; k++) {
            if (k < 28 || k >= 32) {
                assertEquals(expected[k], actual[k], "fxsave " + k);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void allRegistersCanBeSetAndRead(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            CpuState plain = m.longMode();
            byte[] fxsave = plain.fxsave();
            for (int k = 160; k < 416; k++) {
                fxsave[k] = (byte) (k * 37); // XMM0..15
            }
            fxsave[4] = (byte) 0xff; // all x87 registers hold something
            for (int k = 0; k < 80; k++) {
                fxsave[32 + k / 10 * 16 + k % 10] = (byte) (k % 10 == 7 ? 0x80 + k : k * 11);
            }
            plain.segments()[4] = new SegmentState(0x10, 0x1234_5678_9000L, -1, 0xc093);
            plain.segments()[6] = new SegmentState(0x20, 0x7000, 0xfff, 0x82);
            plain.segments()[7] = new SegmentState(0x28, 0x7100, 0x67, 0x8b);
            CpuState state =
                    new CpuState(
                            LongStream.range(0, 16).map(k -> ~(k * 0x1111_2222_3333L)).toArray(),
                            0x9123,
                            0xad7,
                            plain.segments(),
                            0xffff_8000_0000_1000L,
                            0x77,
                            0xffff_8000_0000_2000L,
                            0x3ff,
                            new long[] {0x8005_0033L, 0x1234_5000L, 0x1000, 0x6a0, 5, 1},
                            new long[] {1, 2, 3, 4, 0xffff_0ff1L, 0x400},
                            new long[] {
                                0xd01, // EFER: SCE, LME, LMA, NXE
                                0x0023_0010_0000_0000L,
                                0xffff_8000_1234_0000L,
                                0xffff_8000_1234_1000L,
                                0x4_7700,
                                0x7fff_1234_5678L,
                                0x10,
                                0xffff_8000_1234_2000L,
                                0xffff_8000_1234_3000L,
                                0x0407_0506_0007_0106L,
                                0
                            },
                            fxsave,
                            true,
                            false,
                            -1);
            m.vcpu.state(state);
            CpuState read = m.vcpu.state();
            assertArrayEquals(state.gpr(), read.gpr());
            assertEquals(state.rip(), read.rip());
            assertEquals(state.rflags(), read.rflags());
            assertArrayEquals(state.segments(), read.segments());
            assertEquals(state.gdtBase(), read.gdtBase());
            assertEquals(state.gdtLimit(), read.gdtLimit());
            assertEquals(state.idtBase(), read.idtBase());
            assertEquals(state.idtLimit(), read.idtLimit());
            assertArrayEquals(state.control(), Arrays.copyOf(read.control(), 6));
            assertArrayEquals(state.debug(), read.debug());
            for (int k = 0; k < 10; k++) { // the last is the time-stamp counter, which runs
                assertEquals(state.msrs()[k], read.msrs()[k], "msr " + k);
            }
            assertSameVectors(state.fxsave(), read.fxsave());
            assertTrue(read.halted());
        }
    }

    @ParameterizedTest
    @EnumSource
    void vectorOnItsWayIsDelivered(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.INTERRUPT);
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.HANDLER, "b977000000 4c8b3c24 48cf");
            CpuState s = m.longMode();
            CpuState pending =
                    new CpuState(
                            s.gpr(),
                            s.rip(),
                            0x202,
                            s.segments(),
                            s.gdtBase(),
                            s.gdtLimit(),
                            s.idtBase(),
                            s.idtLimit(),
                            s.control(),
                            s.debug(),
                            s.msrs(),
                            s.fxsave(),
                            false,
                            false,
                            TestMachine.VECTOR);
            CpuState end = m.complete(pending, "90" + DONE);
            assertEquals(0x77, end.gpr()[TestMachine.RCX]);
            assertEquals(TestMachine.CODE, end.gpr()[15], "before the first instruction");
            assertEquals(0, m.acknowledged(), "it was acknowledged elsewhere");
        }
    }

    @ParameterizedTest
    @EnumSource
    void dirtyLog(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            // mov byte [0x10000], 1; mov byte [0x12fff], 1; done; mov byte [0x14000], 1; done
            m.put(TestMachine.CODE, "c604250000010001 c60425ff2f010001 e6f4");
            m.put(TestMachine.CODE + 18, "c604250040010001 e6f4");
            m.vcpu.state(m.longMode());
            m.vcpu.restartDirtyLog();
            m.memory.clearDirty();
            assertEquals(Exit.KICKED, m.runDone());
            m.vcpu.updateDirtyLog();
            assertEquals(List.of(0x1_0000L, 0x1_2000L), dirty(m.memory));

            m.vcpu.restartDirtyLog();
            m.memory.clearDirty();
            assertEquals(Exit.KICKED, m.runDone());
            m.vcpu.updateDirtyLog();
            assertEquals(List.of(0x1_4000L), dirty(m.memory));

            // The same page again, in a new interval.
            m.vcpu.restartDirtyLog();
            m.memory.clearDirty();
            m.complete(m.longMode(), "c604250040010002" + DONE);
            m.vcpu.updateDirtyLog();
            assertTrue(m.memory.isDirty(0x1_4000));
        }
    }

    /** Dirty pages but those of the tables, whose accessed bits change. */
    private static List<Long> dirty(GuestMemory memory) {
        return LongStream.iterate(0x7000, gpa -> gpa < TestMachine.DEVICE, gpa -> gpa + 0x1000)
                .filter(memory::isDirty)
                .boxed()
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void pauseOfAGuestThatNeverExits(EngineUnderTest engine) throws InterruptedException {
        engine.demand(Feature.LONG_MODE);
        int tries = 20;
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.CODE, "e660 ebfe"); // out 0x60, al; l: jmp l
            long[] kickedNs = new long[1];
            long[] tookNs = new long[tries];
            for (int k = 0; k < tries; k++) {
                m.accesses.clear();
                m.vcpu.state(m.longMode());
                Thread other =
                        Thread.ofPlatform()
                                .start(() -> {
                                    while (m.accesses.isEmpty()) {
                                        Thread.onSpinWait();
                                    }
                                    spin(3_000_000);
                                    kickedNs[0] = System.nanoTime();
                                    m.vcpu.kick();
                                });
                assertEquals(Exit.KICKED, m.run());
                long returnedNs = System.nanoTime();
                other.join();
                tookNs[k] = returnedNs - kickedNs[0];
            }
            Arrays.sort(tookNs);
            System.out.printf(
                    "pause on %s: median %d us, worst %d us%n",
                    engine, tookNs[tries / 2] / 1000, tookNs[tries - 1] / 1000);
            // A busy host keeps both threads waiting for a processor, often for longer than that;
            // what the engine itself needs shows in the best quarter.
            assertTrue(tookNs[tries / 4] < 10_000_000, () -> tookNs[tries / 4] + " ns");
        }
    }

    private static void spin(long ns) {
        long end = System.nanoTime() + ns;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void failureOfKvmHasReasonRegistersAndCode() {
        EngineUnderTest.KVM.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(EngineUnderTest.KVM)) {
            // KVM never executes what is not RAM: mov edx, DEVICE; jmp rdx
            m.put(TestMachine.CODE, "ba00001000 ffe2");
            m.vcpu.state(m.longMode());
            assertEquals(Exit.FAILED, m.run());
            String failure = m.vcpu.failure();
            assertTrue(failure.startsWith("KVM internal error, suberror 1"), failure);
            assertTrue(failure.contains("\nrip=0x100000 "), failure);
            assertTrue(failure.contains(" rdx=0x100000 "), failure);
            assertTrue(failure.contains("cs=0x18 base 0x0 "), failure);
            assertTrue(failure.contains("\ncode: no RAM at rip"), failure);
            assertEquals(Exit.FAILED, m.run());
            m.complete(m.longMode(), DONE); // new registers, a new life
            assertEquals("", m.vcpu.failure());
        }
    }
}
