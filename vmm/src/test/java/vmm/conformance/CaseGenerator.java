package vmm.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.decode.Decoder;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.IntegerRows;
import vmm.cpu.isa.SseRows;
import vmm.cpu.isa.Table;

/**
 * Builds cases from table rows: an encoding, registers and memory, such that what it touches lies
 * in its own slot (most of the time).
 */
final class CaseGenerator {
    private static final int TRIES = 60;
    private static final int MISALIGNED_MASK = 1 << 17;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final Decoder decoder;
    private final int codeSize;
    private Random random = new Random(0);
    private Slot slot;
    private int modRmAt;

    CaseGenerator(Table table, Slot first) {
        this(table, first, 8);
    }

    /** {@code codeSize} is 8 for 64-bit code and 4 for 32-bit code. */
    CaseGenerator(Table table, Slot first, int codeSize) {
        this.codeSize = codeSize;
        decoder = new Decoder(table);
        slot = first;
    }

    /**
     * Fills {@code slot} with a case of row {@code form}; the same seed gives the same case. Null
     * if no valid encoding was found.
     */
    @org.jspecify.annotations.Nullable
    Case generate(Form form, long seed, Slot slot) {
        this.slot = slot;
        random = new Random(seed);
        Case made = new Case(form);
        made.seed = seed;
        for (int attempt = 0; attempt < TRIES; attempt++) {
            byte[] code = encode(form);
            if (decoder.decode(position -> code[position] & 0xff, codeSize, true, made.insn)
                            != Decoder.OK
                    || decoder.form() != form) {
                continue;
            }
            made.code = code;
            if (fill(made)) {
                return made;
            }
        }
        return null;
    }

    private byte[] encode(Form form) {
        byte[] code = new byte[32];
        random.nextBytes(code);
        int at = (form.map & Table.VEX) != 0 ? vexPrefix(form, code) : legacyPrefixes(form, code);
        modRmAt = at;
        if (form.modRm) {
            code[at] = (byte) modRm(form);
        }
        return code;
    }

    /** VEX prefix of two or three bytes, and opcode, SDM volume 2 section 2.3.5. */
    private int vexPrefix(Form form, byte[] code) {
        int w = form.w >= 0 ? form.w : random.nextInt(2);
        int l = form.vexL >= 0 ? form.vexL : random.nextInt(2);
        int vvvv = form.usesVvvv ? random.nextInt(16) : 15;
        int prefix =
                switch (form.prefix) {
                    case Form.PREFIX_66 -> 1;
                    case Form.PREFIX_F3 -> 2;
                    case Form.PREFIX_F2 -> 3;
                    default -> 0;
                };
        if (w == 0 && form.map == (Table.VEX | Table.MAP_0F) && random.nextBoolean()) {
            code[0] = (byte) 0xc5;
            code[1] = (byte) (random.nextInt(2) << 7 | vvvv << 3 | l << 2 | prefix | notLds());
            code[2] = (byte) form.opcode;
            return 3;
        }
        code[0] = (byte) 0xc4;
        code[1] = (byte) (random.nextInt(8) << 5 | form.map & ~Table.VEX | notLds());
        code[2] = (byte) (w << 7 | vvvv << 3 | l << 2 | prefix);
        code[3] = (byte) form.opcode;
        return 4;
    }

    /** Bits that make the byte behind C4 and C5 a ModRM of a register in 32-bit code. */
    private int notLds() {
        return codeSize == 8 ? 0 : 0xc0;
    }

    private int legacyPrefixes(Form form, byte[] code) {
        int at = 0;
        boolean branch = family(form) == Family.BRANCH;
        if (form.is(Facts.LOCKABLE) && random.nextInt(4) == 0) {
            code[at++] = (byte) 0xf0;
        }
        if (random.nextInt(10) == 0 && codeSize == 8) {
            code[at++] = 0x67;
        }
        switch (form.prefix) {
            case Form.PREFIX_66 -> code[at++] = 0x66;
            case Form.PREFIX_F2 -> code[at++] = (byte) 0xf2;
            case Form.PREFIX_F3 -> code[at++] = (byte) 0xf3;
            case Form.ANY_PREFIX -> {
                if (random.nextInt(4) == 0 && !branch) {
                    code[at++] = 0x66;
                }
                if (family(form) == Family.STRING && random.nextBoolean()) {
                    code[at++] = (byte) (0xf2 + random.nextInt(2));
                }
            }
            default -> {}
        }
        if (codeSize == 8
                && (form.w == 1
                        || form.w < 0 && random.nextInt(5) < 3
                        || form.w == 0 && random.nextBoolean())) {
            int rex = 0x40 | random.nextInt(16);
            code[at++] = (byte) (form.w == 1 ? rex | 8 : form.w == 0 ? rex & ~8 : rex);
        }
        return opcode(form, code, at);
    }

    private int opcode(Form form, byte[] code, int start) {
        int at = start;
        int map = form.map;
        if (map != Table.MAP_1) {
            code[at++] = 0x0f;
        }
        if (map == Table.MAP_0F38) {
            code[at++] = 0x38;
        } else if (map == Table.MAP_0F3A) {
            code[at++] = 0x3a;
        }
        code[at++] = (byte) (form.opcode + (form.opcodeCount == 8 ? random.nextInt(8) : 0));
        return at;
    }

    private int modRm(Form form) {
        if (form.modRmFirst <= form.modRmLast) {
            return form.modRmFirst + random.nextInt(form.modRmLast - form.modRmFirst + 1);
        }
        boolean memory =
                form.operand == Form.MEMORY
                        || form.operand != Form.REGISTER && random.nextBoolean();
        int mod = memory ? random.nextInt(3) : 3;
        int reg = form.digit >= 0 ? form.digit : random.nextInt(8);
        return mod << 6 | reg << 3 | random.nextInt(8);
    }

    /** Registers and memory; false if this encoding cannot be given a place to work on. */
    private boolean fill(Case made) {
        MemorySegment memory = slot.memory();
        memory.asSlice(0, Slot.CODE).fill((byte) 0);
        memory.asSlice(Slot.CODE, Slot.CODE_BYTES).fill((byte) 0xcc);
        for (long at = 0; at < Slot.DATA_BYTES; at += 8) {
            memory.set(LONG, Slot.DATA + at, Values.vector(random));
        }
        for (int r = 0; r < 16; r++) {
            gpr(r, Values.integer(random));
        }
        gpr(Cpu.RSP, slot.dataLinear() + 1024 + 8L * random.nextInt(32));
        slot.rip(slot.startLinear());
        slot.longMode(codeSize == 8);
        long flags = random.nextInt() & Cpu.ARITHMETIC_FLAGS | 0x202;
        slot.flags(
                family(made.form) == Family.STRING && random.nextBoolean()
                        ? flags | Cpu.FLAG_DF
                        : flags);
        floatingPoint(memory);
        implicitOperands(made);
        boolean placed = !made.insn.memory || memoryOperand(made);
        placed &= branchTarget(made) && defined(made);
        MemorySegment.copy(
                made.code, 0, memory, ValueLayout.JAVA_BYTE, Slot.START, made.insn.length);
        return placed;
    }

    /**
     * Whether the manual says what the result is: SHLD and SHRD by more than the operand's size
     * have none.
     */
    private boolean defined(Case made) {
        int op = made.form.op;
        if (made.insn.size != 2 || op < IntegerRows.SHLD || op > IntegerRows.SHRD_CL) {
            return true;
        }
        long count =
                op == IntegerRows.SHLD || op == IntegerRows.SHRD
                        ? made.insn.immediate
                        : slot.gpr(Cpu.RCX);
        return (count & 31) <= 16;
    }

    private void floatingPoint(MemorySegment memory) {
        int masks = random.nextInt(8) == 0 ? random.nextInt(64) : 0x3f;
        memory.set(
                ValueLayout.JAVA_SHORT,
                Slot.IN_FX,
                (short) (0x40 | masks | random.nextInt(16) << 8));
        int status =
                (random.nextInt() & 0x4700)
                        | (random.nextInt(4) == 0 ? random.nextInt(64) & masks : 0);
        memory.set(
                ValueLayout.JAVA_SHORT, Slot.IN_FX + 2, (short) (status | random.nextInt(8) << 11));
        memory.set(
                ValueLayout.JAVA_BYTE,
                Slot.IN_FX + 4,
                (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0xff));
        int simd = random.nextInt(8) == 0 ? random.nextInt(64) : 0x3f;
        int mode = random.nextInt(3) == 0 ? random.nextInt() & 0xe040 : 0;
        memory.set(ValueLayout.JAVA_INT, Slot.IN_FX + 24, simd << 7 | mode);
        for (int r = 0; r < 8; r++) {
            int signExponent = Values.extendedExponent(random);
            memory.set(
                    LONG,
                    Slot.IN_FX + 32 + 16L * r,
                    Values.extendedSignificand(random, signExponent));
            memory.set(ValueLayout.JAVA_SHORT, Slot.IN_FX + 40 + 16L * r, (short) signExponent);
        }
        for (int at = 160; at < 416; at += 8) {
            memory.set(LONG, Slot.IN_FX + at, Values.vector(random));
        }
        for (int at = 0; at < Slot.YMM_BYTES; at += 8) {
            memory.set(LONG, Slot.IN_YMM + at, Values.vector(random));
        }
    }

    private void implicitOperands(Case made) {
        switch (family(made.form)) {
            case Family.STRING -> {
                gpr(Cpu.RSI, slot.dataLinear() + 768 + random.nextInt(64));
                gpr(Cpu.RDI, slot.dataLinear() + 1024 + random.nextInt(64));
                gpr(Cpu.RCX, random.nextInt(40));
            }
            case Family.STACK -> gpr(Cpu.RBP, slot.dataLinear() + 1024 + 8L * random.nextInt(32));
            case Family.BIT -> {
                if (made.insn.memory) {
                    gpr(made.insn.reg, random.nextInt(512) - 256);
                }
            }
            default -> {}
        }
        if (made.form.map == Table.MAP_1 && made.form.opcode == 0xd7) {
            gpr(Cpu.RBX, slot.dataLinear() + 256);
        }
        if (made.form.opcode == 0xf7 && (made.form.map & 3) == Table.MAP_0F) {
            gpr(Cpu.RDI, slot.dataLinear() + 256 + random.nextInt(16));
        }
    }

    /** Makes the memory operand point into the data of the slot, or now and then at nothing. */
    private boolean memoryOperand(Case made) {
        Insn i = made.insn;
        long target =
                slot.dataLinear()
                        + 128
                        + (random.nextBoolean() ? 64L * random.nextInt(20) : random.nextInt(1280));
        if (random.nextInt(24) == 0) {
            target = 0x5000_0000L + random.nextInt(0x1000);
        } else if (isVector(made.form)
                && !isMxcsrLoad(made.form) // what lies there may have the bit below
                && random.nextInt(12) == 0) {
            target = Slot.EDGE_LINEAR + Slot.EDGE_BYTES - random.nextInt(34);
        }
        if (made.form.is(Facts.VSIB)) {
            return vectorIndex(made, target);
        }
        if (isMxcsrLoad(made.form) && target < Slot.EDGE_LINEAR) {
            // This bit is reserved, but for AMD's processors.
            long at = target - slot.linear();
            ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED;
            slot.memory().set(layout, at, slot.memory().get(layout, at) & ~MISALIGNED_MASK);
        }
        if (i.ripRelative) {
            displacement(made, modRmAt + 1, target - (slot.startLinear() + i.length));
            return true;
        }
        if (i.base == Cpu.NO_REGISTER) {
            if (i.index != Cpu.NO_REGISTER) {
                gpr(i.index, 0);
            }
            if (made.form.modRm) {
                displacement(made, modRmAt + (hasSib(made) ? 2 : 1), target);
            } else {
                offset(made, target);
            }
            return true;
        }
        if (i.base == i.index || i.base == Cpu.RSP && family(made.form) == Family.STACK) {
            return false;
        }
        boolean bitTest = made.form.op >= IntegerRows.BT && made.form.op <= IntegerRows.BTC;
        if (bitTest && i.base == i.reg) {
            return false; // the address would be the bit's number too: far away, in another slot
        }
        long index = 0;
        if (i.index != Cpu.NO_REGISTER) {
            index = random.nextInt(33) - 16L;
            gpr(i.index, index);
        }
        gpr(i.base, target - i.displacement - (index << i.scale));
        return true;
    }

    /** The indices select elements around {@code target}, or now and then anywhere. */
    private boolean vectorIndex(Case made, long target) {
        Insn i = made.insn;
        boolean wideIndex = (made.form.opcode & 1) != 0;
        for (int half = 0; half < 4; half++) {
            int low = random.nextInt(33) - 16;
            int high = random.nextInt(33) - 16;
            long index = wideIndex ? low : (long) high << 32 | low & 0xffff_ffffL;
            if (random.nextInt(40) == 0) {
                // Nothing is mapped there, or the address is not canonical.
                index = wideIndex && random.nextBoolean() ? 1L << 59 : random.nextInt(1 << 27);
            }
            slot.vector(i.index, half, index);
        }
        if (i.base == Cpu.NO_REGISTER) {
            displacement(made, modRmAt + 2, target);
        } else {
            gpr(i.base, target - i.displacement);
        }
        return true;
    }

    private boolean hasSib(Case made) {
        return (made.code[modRmAt] & 7) == 4;
    }

    private void gpr(int register, long value) {
        slot.gpr(register, codeSize == 8 ? value : value & 0xffff_ffffL);
    }

    private static boolean isMxcsrLoad(Form form) {
        return form.op == SseRows.LDMXCSR
                || family(form) == Family.VEX_MOVE && Family.withoutVex(form.op) == SseRows.LDMXCSR;
    }

    private static boolean isVector(Form form) {
        return family(form) >= Family.SSE_MOVE && family(form) <= Family.SSE_CRYPTO
                || family(form) >= Family.AVX;
    }

    private static void displacement(Case made, int at, long value) {
        for (int k = 0; k < 4; k++) {
            made.code[at + k] = (byte) (value >> (8 * k));
        }
        made.insn.displacement = (int) value;
    }

    private static void offset(Case made, long value) {
        int bytes = made.insn.addressSize;
        for (int k = 0; k < bytes; k++) {
            made.code[made.insn.length - bytes + k] = (byte) (value >> (8 * k));
        }
    }

    /** Branches land somewhere in the slot's INT3s. */
    private boolean branchTarget(Case made) {
        if (family(made.form) != Family.BRANCH) {
            return true;
        }
        Insn i = made.insn;
        // behind or before the instruction, not into it: that could be a loop without end
        int distance = 16 + random.nextInt(Slot.CODE_BYTES / 2 - 64);
        long target = slot.startLinear() + (random.nextBoolean() ? distance : -distance);
        setIfData(slot.gpr(Cpu.RSP), target);
        if (made.form.immediate == Form.JUMP_Z) {
            long value = target - (slot.startLinear() + i.length);
            for (int k = 0; k < 4; k++) {
                made.code[i.length - 4 + k] = (byte) (value >> (8 * k));
            }
            return true;
        }
        if (made.form.immediate == Form.JUMP_B) {
            // never to itself: that would be a loop without end
            made.code[i.length - 1] =
                    (byte) (random.nextBoolean() ? random.nextInt(128) : -17 - random.nextInt(112));
        }
        if (!made.form.modRm) {
            return true;
        }
        if (!i.memory) {
            slot.gpr(i.rm, target);
            return i.rm != Cpu.RSP;
        }
        setIfData(address(i), target);
        return true;
    }

    private void setIfData(long at, long value) {
        if (at >= slot.dataLinear() && at < slot.dataLinear() + Slot.DATA_BYTES - 8) {
            slot.memory().set(LONG, at - slot.linear(), value);
        }
    }

    private long address(Insn i) {
        long base = i.base == Cpu.NO_REGISTER ? 0 : slot.gpr(i.base);
        long index = i.index == Cpu.NO_REGISTER ? 0 : slot.gpr(i.index);
        long rip = i.ripRelative ? slot.startLinear() + i.length : 0;
        return base + (index << i.scale) + i.displacement + rip & i.addressMask;
    }

    private static int family(Form form) {
        return form.op >> 6;
    }
}
