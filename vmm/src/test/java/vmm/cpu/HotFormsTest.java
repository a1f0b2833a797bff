package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmm.cpu.decode.Decoder;
import vmm.cpu.exec.Dispatch;
import vmm.cpu.isa.CpuLevel;
import vmm.cpu.isa.Table;
import vmm.engine.Exit;

/**
 * Blocks as the run loop has them, with frequent forms and fused pairs, do what their instructions
 * do one by one in the general form. {@code -Dhot.seed=N} repeats a run.
 */
class HotFormsTest {
    private static final int PROGRAMS = Integer.getInteger("hot.programs", 5_000);
    private static final Table TABLE = Table.standard(CpuLevel.V3);
    private static final long CODE_LIMITED = FlatMachine.CODE + 0xf_ffff;
    private static final int LENGTH = 5;

    /** Registers of the operands: not RSP, and RBX has the address of the data. */
    private static final int[] REGISTERS = {0, 1, 2, 5, 6, 7};

    private static final int[] ALU = {
        0x01, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x85, 0x03, 0x0b, 0x13, 0x1b, 0x23, 0x2b,
        0x33, 0x3b, 0x8b, 0x89, 0x00, 0x28, 0x38, 0x3a, 0x84, 0x88, 0x8a
    };

    /** DEC, SUB, ADD, TEST or CMP of ESI, and a jump that is taken as long as it is positive. */
    private static final int[][] COUNTING = {
        {0xff, 0xce, 0x75},
        {0xff, 0xce, 0x79},
        {0x83, 0xee, 0x01, 0x77},
        {0x83, 0xee, 0x01, 0x7f},
        {0x83, 0xc6, 0xff, 0x75},
        {0xff, 0xce, 0x85, 0xf6, 0x75},
        {0xff, 0xce, 0x83, 0xfe, 0x01, 0x7d},
    };

    private static final long TABLE_PAGE = 0x6000, UNMAPPED = FlatMachine.DATA + 0x4000;
    private static final long[] EDGES = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, -1, Long.MIN_VALUE
    };

    private final FlatMachine run = new FlatMachine(8 << 20, new NoDevices());
    private final FlatMachine general = new FlatMachine(8 << 20, new NoDevices());
    private final long seed = Long.getLong("hot.seed", new Random().nextLong());
    private final RandomGenerator random = new Random(seed);
    private boolean looping;
    private boolean calling;

    /** Whether the instruction has operands of 16 bits. */
    private boolean narrow;

    private ByteArrayOutputStream code = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(strings = {"64", "32", "32 limited"})
    void doWhatTheGeneralFormsDo(String mode) {
        for (int k = 0; k < PROGRAMS; k++) {
            code = new ByteArrayOutputStream();
            for (int n = 0; n < LENGTH; n++) {
                instruction(mode);
            }
            bytes(0x70 | random.nextInt(16), 2, 0xb0, 0x5a); // jump over mov al,0x5a
            int end = code.size();
            bytes(0xfa, 0xf4);
            compare(mode, end);
        }
    }

    /**
     * The same for loops, most of whose iterations are translated: RSI counts down to the end, and
     * memory is addressed with it. Some faults on the way, and some writes beside the code.
     */
    @ParameterizedTest
    @ValueSource(strings = {"64", "32", "64 faults", "64 code", "32 code", "32 based"})
    void loopsDoWhatTheirInstructionsDo(String mode) {
        run.interpreter.regions.threshold = 2;
        looping = true;
        for (int k = 0; k < PROGRAMS / 4; k++) {
            code = new ByteArrayOutputStream();
            for (int n = random.nextInt(1, LENGTH + 1); n > 0; n--) {
                instruction(mode);
            }
            bytes(COUNTING[random.nextInt(COUNTING.length)]);
            bytes(256 - code.size() - 1);
            int end = code.size();
            bytes(0xfa, 0xf4);
            compare(mode, end);
        }
    }

    /**
     * The same for loops of several blocks, with jumps forward and calls, all in one page; the
     * first two times or so in the interpreter, then as translated regions.
     */
    @ParameterizedTest
    @ValueSource(strings = {"64", "32", "64 faults", "64 code", "32 code", "32 based"})
    void regionsDoWhatTheirInstructionsDo(String mode) {
        run.interpreter.regions.threshold = 2;
        looping = true;
        calling = true;
        int translated = 0;
        for (int k = 0; k < PROGRAMS / 4; k++) {
            code = new ByteArrayOutputStream();
            compare(mode, several(mode));
            translated += run.interpreter.regions.count();
        }
        assertTrue(translated >= PROGRAMS / 16, translated + " regions");
    }

    /** Emits a loop of several blocks and what it calls; where it ends. */
    private int several(String mode) {
        List<Integer> calls = new ArrayList<>();
        for (int n = random.nextInt(2, 5); n > 0; n--) {
            instructions(mode);
            switch (random.nextInt(4)) {
                case 0 -> skip(mode);
                case 1 -> bytes(0xeb, 0);
                case 2 -> {
                    bytes(0xe8, 0, 0, 0, 0);
                    calls.add(code.size());
                }
                default -> bytes(0x9c, 0x9d); // PUSHF, POPF: a block that is not translated
            }
        }
        int[] counting = COUNTING[random.nextInt(COUNTING.length)].clone();
        int jump = counting[counting.length - 1];
        bytes(Arrays.copyOf(counting, counting.length - 1));
        bytes(0x0f, jump + 0x10);
        number(-code.size() - 4);
        int end = code.size();
        bytes(0xfa, 0xf4);
        for (int call : calls) {
            int target = code.size();
            instructions(mode);
            skip(mode);
            bytes(0xc3);
            patch(call, target);
        }
        return end;
    }

    private void instructions(String mode) {
        for (int n = random.nextInt(LENGTH); n > 0; n--) {
            instruction(mode);
        }
    }

    /** A conditional jump over some instructions. */
    private void skip(String mode) {
        ByteArrayOutputStream before = code;
        code = new ByteArrayOutputStream();
        instructions(mode);
        byte[] skipped = code.toByteArray();
        code = before;
        bytes(0x70 | random.nextInt(16), skipped.length);
        code.writeBytes(skipped);
    }

    private void number(int value) {
        bytes(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >>> 24);
    }

    /** Makes the call that ends at {@code call} one of {@code target}. */
    private void patch(int call, int target) {
        byte[] all = code.toByteArray();
        code = new ByteArrayOutputStream();
        code.write(all, 0, call - 4);
        number(target - call);
        code.write(all, call, all.length - call);
    }

    private void bytes(int... values) {
        for (int value : values) {
            code.write(value);
        }
    }

    private void anything(int count) {
        for (int n = 0; n < count; n++) {
            bytes(random.nextInt(256));
        }
    }

    private int register() {
        int register = REGISTERS[random.nextInt(REGISTERS.length)];
        boolean reserved = register == Cpu.RSI || register == Cpu.RDI; // RDI may mean BH
        return looping && reserved ? Cpu.RAX : register;
    }

    /** ModRM for a register, or for [rbx+disp8], or [rbx+rsi*4+disp8]. */
    private void operand(int reg, boolean memory) {
        if (memory && looping) {
            bytes(0x44 | reg << 3, 0xb3, random.nextInt(64));
        } else if (memory) {
            bytes(0x40 | reg << 3 | 3, random.nextInt(64));
        } else {
            bytes(0xc0 | reg << 3 | register());
        }
    }

    private void instruction(String mode) {
        boolean memory = random.nextInt(3) == 0;
        int kind = random.nextInt(17);
        boolean balanced = kind < 14 || !calling; // else what is popped may not be what was pushed
        narrow = random.nextInt(5) == 0 && balanced && kind != 15;
        if (narrow) {
            bytes(0x66);
        }
        if (mode.startsWith("64") && random.nextInt(2) == 0) {
            bytes(0x48);
            narrow = false;
        }
        switch (kind) {
            case 0, 1, 2 -> {
                bytes(ALU[random.nextInt(ALU.length)]);
                operand(register(), memory);
            }
            case 3 -> {
                bytes(0x83);
                operand(random.nextInt(8), memory);
                bytes(random.nextInt(256));
            }
            case 4 -> {
                bytes(0x80);
                operand(random.nextInt(8), memory);
                bytes(random.nextInt(256));
            }
            case 5 -> {
                bytes(random.nextBoolean() ? 0xc1 : 0xc0);
                operand(new int[] {0, 1, 4, 5, 7}[random.nextInt(5)], memory);
                bytes(random.nextInt(256));
            }
            case 6 -> {
                boolean test = random.nextBoolean();
                bytes(test ? 0xf6 : 0xf7);
                operand(test ? 0 : 2 + random.nextInt(4), memory);
                if (test) {
                    bytes(random.nextInt(256));
                }
            }
            case 7 -> {
                bytes(0x0f, new int[] {0xaf, 0xb6, 0xb7, 0xbe, 0xbf}[random.nextInt(5)]);
                operand(register(), memory);
            }
            case 8 -> {
                bytes(0x0f, (random.nextBoolean() ? 0x40 : 0x90) | random.nextInt(16));
                operand(register(), memory);
            }
            case 9 -> {
                bytes(0xff);
                operand(random.nextInt(2), memory);
            }
            case 10 -> {
                bytes(0xd3);
                operand(new int[] {0, 1, 4, 5, 7}[random.nextInt(5)], memory);
            }
            case 11 -> {
                boolean right = random.nextBoolean();
                boolean counter = random.nextBoolean();
                bytes(0x0f, (right ? 0xac : 0xa4) + (counter ? 1 : 0));
                operand(register(), memory);
                if (!counter) {
                    bytes(random.nextInt(256));
                }
            }
            case 12 -> {
                bytes(0x81);
                operand(random.nextInt(8), memory);
                anything(narrow ? 2 : 4);
            }
            case 13 -> {
                boolean move = random.nextBoolean();
                bytes(move ? 0xc7 : 0xf7);
                operand(0, memory);
                anything(narrow ? 2 : 4);
            }
            case 14 -> {
                bytes(0xff);
                operand(6, memory);
                bytes(0x58 | register());
            }
            case 15 -> {
                bytes(0x55);
                if (mode.startsWith("64")) {
                    bytes(0x48);
                }
                bytes(0x89, 0xe5, 0x50, 0xc9); // a frame, and LEAVE
            }
            default -> bytes(0x50 | register(), 0x58 | register());
        }
    }

    private void compare(String mode, int end) {
        long[] registers = new long[16];
        for (int r : REGISTERS) {
            registers[r] =
                    random.nextBoolean() ? random.nextLong() : EDGES[random.nextInt(EDGES.length)];
        }
        byte[] data = new byte[256];
        new Random(random.nextLong()).nextBytes(data);
        long flags = 2 | random.nextInt() & Cpu.ARITHMETIC_FLAGS;
        if (looping) {
            registers[Cpu.RSI] = random.nextInt(1, 300);
        }
        for (FlatMachine m : new FlatMachine[] {run, general}) {
            prepare(m, mode, registers, data, flags);
        }
        long before = run.cpu.instructions;
        Thread watch = Thread.ofPlatform().daemon().start(this::kickLater);
        Exit exit = run.interpreter.run();
        watch.interrupt();
        long count = oneByOne(general.cpu, FlatMachine.CODE + end);
        String what = mode + " " + HexFormat.of().formatHex(code.toByteArray()) + ", seed " + seed;
        boolean fault = general.cpu.rip != FlatMachine.CODE + end;
        assertEquals(fault ? Exit.TRIPLE_FAULT : Exit.HALTED_FOREVER, exit, what);
        assertEquals(general.cpu.rip, run.cpu.rip - (fault ? 0 : 2), what);
        assertArrayEquals(general.cpu.gpr, run.cpu.gpr, what);
        assertEquals(
                general.cpu.flags() & Cpu.ARITHMETIC_FLAGS,
                run.cpu.flags() & Cpu.ARITHMETIC_FLAGS,
                what);
        assertEquals(-1, memory(general).mismatch(memory(run)), what);
        assertEquals(count + (fault ? 1 : 2), run.cpu.instructions - before, what);
    }

    /** A program that does not end is stopped, and fails. */
    private void kickLater() {
        try {
            Thread.sleep(10_000);
            run.interpreter.kick();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The code's pages, the stack and the data. */
    private static MemorySegment memory(FlatMachine m) {
        return m.memory.ram().asSlice(FlatMachine.STACK_TOP - 0x1000, 0x8000);
    }

    private void prepare(FlatMachine m, String mode, long[] registers, byte[] data, long flags) {
        Cpu cpu = m.cpu;
        if (!mode.startsWith("64")) {
            cpu.efer = 0;
            cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_ET;
            int limit = mode.endsWith("limited") ? (int) CODE_LIMITED : -1;
            cpu.segment(Cpu.CS, 0x10, 0, limit, 0xc09b);
            for (int s : new int[] {Cpu.ES, Cpu.SS, Cpu.DS, Cpu.FS, Cpu.GS}) {
                boolean based = mode.endsWith("based") && s == Cpu.DS;
                cpu.segment(s, 0x18, based ? 0x40 : 0, -1, 0xc093);
            }
            cpu.modeChanged();
            cpu.mmu.flush();
        }
        long mask = mode.startsWith("64") ? -1 : 0xffff_ffffL;
        for (int r = 0; r < 16; r++) {
            cpu.gpr[r] = registers[r] & mask;
        }
        cpu.gpr[Cpu.RBX] = data(m, mode);
        cpu.idtLimit = 0;
        cpu.shutdown = false;
        m.memory.copyIn(FlatMachine.DATA, data, 0, data.length);
        m.load(code.toByteArray());
        cpu.flags(flags);
        cpu.halted = false;
        m.interpreter.stateChanged();
    }

    /** Where the data is: beside the code, or above a page that is not mapped. */
    private static long data(FlatMachine m, String mode) {
        if (mode.endsWith("code")) {
            return FlatMachine.CODE + 0x800;
        }
        if (!mode.endsWith("faults")) {
            return FlatMachine.DATA;
        }
        for (int k = 0; k < 512; k++) {
            m.memory.write64(TABLE_PAGE + 8 * k, FlatMachine.DATA + 0x1000L * k | 7);
        }
        m.memory.write64(TABLE_PAGE + (UNMAPPED - FlatMachine.DATA >> 9), 0);
        m.memory.write64(0x3008, TABLE_PAGE | 7);
        m.cpu.mmu.flush();
        return UNMAPPED + 0xe00;
    }

    /** Executes up to {@code end} or a fault without a block; how many instructions. */
    private static long oneByOne(Cpu cpu, long end) {
        long count = 0;
        Decoder decoder = new Decoder(TABLE);
        CodeReader reader = new CodeReader(cpu, cpu.mmu.memory());
        while (cpu.rip != end) {
            Insn i = new Insn();
            reader.start(cpu.rip, cpu.rip);
            assertEquals(Decoder.OK, decoder.decode(reader, cpu.codeSize, cpu.protectedMode(), i));
            long at = cpu.rip;
            cpu.rip += i.length;
            try {
                Dispatch.execute(cpu, i);
            } catch (GuestFault fault) {
                cpu.rip = at;
                return count;
            }
            count++;
        }
        return count;
    }
}
