package vmm.cpu.decode;

import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Form;
import vmm.cpu.isa.Table;

/**
 * Turns bytes into {@link Insn}, in 16, 32 and 64-bit code. SDM volume 2 chapter 2 for the format,
 * appendix A for the operand codes.
 */
public final class Decoder {
    /** Results of {@link #decode}. */
    public static final int OK = 0, UNDEFINED = 1, TOO_LONG = 2;

    private static final int MAX_LENGTH = 15;

    // 16-bit addressing, SDM volume 2 table 2-1: base and index by ModRM.rm.
    private static final int NO = Cpu.NO_REGISTER;
    private static final int[] BASE_16 = {
        Cpu.RBX, Cpu.RBX, Cpu.RBP, Cpu.RBP, Cpu.RSI, Cpu.RDI, Cpu.RBP, Cpu.RBX
    };
    private static final int[] INDEX_16 = {Cpu.RSI, Cpu.RDI, Cpu.RSI, Cpu.RDI, NO, NO, NO, NO};

    private final Table table;
    private @Nullable Form form;

    // The instruction that is being decoded.
    private Fetch fetch = position -> 0;
    private Insn insn = new Insn();
    private int position;
    private boolean tooLong;
    private boolean code64;
    private int codeSize;
    private boolean vexAllowed;
    private int rex;
    private boolean operandPrefix;
    private boolean addressPrefix;
    private int override;
    private int repeat;
    private boolean lock;
    private int modRm;
    private int map;
    private int vexL;
    private int vvvv;
    private int w;
    private boolean vex;

    public Decoder(Table table) {
        this.table = table;
    }

    /** The row of the last instruction that {@link #decode} found {@link #OK}. */
    public Form form() {
        if (form == null) {
            throw new IllegalStateException("nothing decoded");
        }
        return form;
    }

    /**
     * Decodes one instruction.
     *
     * @param codeSize default code size: 2, 4 or 8 (64-bit mode)
     * @param vexAllowed whether VEX prefixes are recognised: not in real and virtual-8086 mode
     * @return {@link #OK}, or why the instruction is none; then {@code into} is unusable
     */
    public int decode(Fetch fetch, int codeSize, boolean vexAllowed, Insn into) {
        this.fetch = fetch;
        this.codeSize = codeSize;
        this.vexAllowed = vexAllowed;
        code64 = codeSize == 8;
        insn = into;
        position = 0;
        tooLong = false;
        modRm = -1;
        map = Table.MAP_1;
        vexL = 0;
        vex = false;
        into.vvvv = 0;
        form = null;
        int opcode = prefixes();
        w = rex >> 3 & 1;
        opcode = escape(opcode);
        Form found = opcode < 0 ? null : select(opcode);
        if (found == null) {
            return tooLong ? TOO_LONG : UNDEFINED;
        }
        form = found;
        boolean valid = operands(found, opcode);
        if (tooLong) {
            return TOO_LONG;
        }
        into.length = (byte) position;
        return valid ? OK : UNDEFINED;
    }

    private int next() {
        if (position == MAX_LENGTH) {
            tooLong = true;
            return 0;
        }
        return fetch.fetch(position++);
    }

    /** Reads prefixes; returns the first byte that is none. */
    private int prefixes() {
        rex = 0;
        operandPrefix = false;
        addressPrefix = false;
        override = -1;
        repeat = 0;
        lock = false;
        while (true) {
            int b = next();
            switch (b) {
                case 0x26 -> override(Cpu.ES);
                case 0x2e -> override(Cpu.CS);
                case 0x36 -> override(Cpu.SS);
                case 0x3e -> override(Cpu.DS);
                case 0x64 -> override(Cpu.FS);
                case 0x65 -> override(Cpu.GS);
                case 0x66 -> operandPrefix = true;
                case 0x67 -> addressPrefix = true;
                case 0xf0 -> lock = true;
                case 0xf2, 0xf3 -> repeat = b;
                default -> {
                    if (!code64 || (b & 0xf0) != 0x40) {
                        return b;
                    }
                    rex = b;
                    continue;
                }
            }
            rex = 0; // counts only directly before the opcode
            if (tooLong) {
                return b;
            }
        }
    }

    private void override(int segment) {
        // ES, CS, SS and DS overrides are ignored in 64-bit mode and do not undo one of FS or GS.
        if (!code64 || segment >= Cpu.FS) {
            override = segment;
        }
    }

    /** Follows 0F, 0F 38, 0F 3A, VEX; returns the opcode byte, or -1 for an undefined prefix. */
    private int escape(int first) {
        switch (first) {
            case 0x0f -> {
                map = Table.MAP_0F;
                int second = next();
                if (second == 0x38 || second == 0x3a) {
                    map = second == 0x38 ? Table.MAP_0F38 : Table.MAP_0F3A;
                    return next();
                }
                return second;
            }
            case 0xc4, 0xc5 -> {
                int second = next();
                if (code64 || vexAllowed && (second & 0xc0) == 0xc0) {
                    return vexPrefix(first, second);
                }
                modRm = second;
                return first;
            }
            case 0x62 -> {
                modRm = code64 ? -1 : next();
                return first; // EVEX is not supported: BOUND is all that there is
            }
            default -> {
                return first;
            }
        }
    }

    private int vexPrefix(int first, int second) {
        if (rex != 0 || operandPrefix || repeat != 0 || lock) {
            return -1;
        }
        vex = true;
        w = 0;
        int last = second;
        rex = ~second >> 5 & 4; // R
        map = Table.VEX | Table.MAP_0F;
        if (first == 0xc4) {
            rex = ~second >> 5 & 7; // R X B
            int mapSelect = second & 0x1f;
            if (mapSelect < 1 || mapSelect > 3) {
                return -1;
            }
            map = Table.VEX | mapSelect;
            last = next();
            w = last >> 7;
            rex |= w << 3;
        }
        if (!code64) {
            rex = 0;
        }
        vvvv = ~last >> 3 & 15;
        insn.vvvv = (byte) (code64 ? vvvv : vvvv & 7);
        vexL = last >> 2 & 1;
        operandPrefix = (last & 3) == 1;
        repeat = (last & 3) == 2 ? 0xf3 : (last & 3) == 3 ? 0xf2 : 0;
        return next();
    }

    private @Nullable Form select(int opcode) {
        Form[] candidates = table.candidates(map, opcode);
        if (candidates.length == 0) {
            return null;
        }
        if (candidates[0].modRm && modRm < 0) {
            modRm = next();
        }
        for (Form candidate : candidates) {
            if (matches(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    private boolean matches(Form f) {
        if (f.modRm && !modRmMatches(f)) {
            return false;
        }
        boolean prefixMatches =
                switch (f.prefix) {
                    case Form.NO_PREFIX -> repeat == 0 && !operandPrefix;
                    case Form.PREFIX_66 -> repeat == 0 && operandPrefix;
                    case Form.PREFIX_F3 -> repeat == 0xf3;
                    case Form.PREFIX_F2 -> repeat == 0xf2;
                    default -> true;
                };
        return prefixMatches
                && (f.w < 0 || f.w == (f.general && !code64 ? 0 : w))
                && (f.vexL < 0 || f.vexL == vexL)
                && !f.is(code64 ? Facts.NOT_64 : Facts.ONLY_64);
    }

    private boolean modRmMatches(Form f) {
        boolean register = modRm >= 0xc0;
        if (f.modRmFirst <= f.modRmLast) {
            return modRm >= f.modRmFirst && modRm <= f.modRmLast;
        }
        // MOV to and from CR and DR ignore the mod field, SDM volume 2 MOV.
        boolean any =
                f.operand == Form.ANY || f.regClass == Form.CONTROL || f.regClass == Form.DEBUG;
        return (f.digit < 0 || f.digit == (modRm >> 3 & 7))
                && (any || (f.operand == Form.REGISTER) == register);
    }

    /** Fills in everything behind the opcode; false if the operands make it undefined. */
    private boolean operands(Form f, int opcode) {
        Insn i = insn;
        i.op = (short) f.op;
        i.rex = rex != 0 && !vex;
        i.repeat = (short) (f.prefix >= Form.PREFIX_F3 || vex ? 0 : repeat);
        i.lock = lock;
        i.wide = vexL != 0;
        int operandSize = operandSize(f);
        i.size = (byte) size(f, operandSize);
        i.addressSize = (byte) addressSize();
        i.addressMask = i.addressSize == 8 ? -1 : i.addressSize == 4 ? 0xffff_ffffL : 0xffffL;
        i.memory = false;
        i.base = NO;
        i.index = NO;
        i.scale = 0;
        i.displacement = 0;
        i.ripRelative = false;
        i.segment = (byte) (override < 0 ? Cpu.DS : override);
        i.reg = (byte) (f.opcodeRegister ? opcode & 7 | (rex & 1) << 3 : 0);
        i.rm = i.reg;
        i.opcode = (short) ((opcode & 7) << 8 | modRm & 0xff);
        boolean valid = true;
        if (f.modRm) {
            valid = modRm(f);
        }
        i.immediate = immediate(f.immediate, operandSize);
        i.immediate2 = 0;
        if (f.immediate == Form.IMM_FAR) {
            i.immediate2 = (int) bytes(2) & 0xffff;
        } else if (f.immediate2 != Form.IMM_NONE) {
            i.immediate2 = (int) immediate(f.immediate2, operandSize);
        }
        return valid
                && !(lock && !(i.memory && f.is(Facts.LOCKABLE)))
                && !(vex && !f.usesVvvv && vvvv != 0);
    }

    private int operandSize(Form f) {
        // A prefix that selects the row does not change the operand size.
        boolean narrow = operandPrefix && f.prefix != Form.PREFIX_66 && !vex;
        if (code64) {
            if ((rex & 8) != 0 || f.is(Facts.FORCE_64)) {
                return 8;
            }
            return narrow ? 2 : f.is(Facts.DEFAULT_64) ? 8 : 4;
        }
        return narrow == (codeSize == 2) ? 4 : 2;
    }

    private int size(Form f, int operandSize) {
        return switch (f.size) {
            case Form.SIZE_V -> operandSize;
            case Form.SIZE_Y -> operandSize == 8 ? 8 : 4;
            case Form.SIZE_VECTOR -> vexL != 0 ? 32 : 16;
            default -> f.size;
        };
    }

    private int addressSize() {
        if (code64) {
            return addressPrefix ? 4 : 8;
        }
        return addressPrefix == (codeSize == 2) ? 4 : 2;
    }

    private boolean modRm(Form f) {
        Insn i = insn;
        int reg = modRm >> 3 & 7;
        i.reg =
                switch (f.regClass) {
                    case Form.MMX, Form.SEGMENT -> (byte) reg;
                    default -> (byte) (reg | (rex & 4) << 1);
                };
        boolean valid =
                switch (f.regClass) {
                    case Form.DEBUG -> i.reg < 8;
                    case Form.SEGMENT -> i.reg <= Cpu.GS;
                    default -> true;
                };
        if (modRm >= 0xc0 || f.regClass == Form.CONTROL || f.regClass == Form.DEBUG) {
            i.rm = (byte) (modRm & 7 | (f.rmClass == Form.MMX ? 0 : (rex & 1) << 3));
            return valid;
        }
        i.memory = true;
        if (f.is(Facts.VSIB)) {
            // SDM volume 2 section 2.3.12: 16-bit addressing and a missing SIB byte are #UD.
            valid = i.addressSize != 2 && (modRm & 7) == 4;
        }
        if (i.addressSize == 2) {
            address16();
        } else {
            address32(f.is(Facts.VSIB));
        }
        return valid;
    }

    private void address16() {
        Insn i = insn;
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (mod == 0 && rm == 6) {
            i.displacement = bytes(2);
            return;
        }
        i.base = (byte) BASE_16[rm];
        i.index = (byte) INDEX_16[rm];
        if (mod != 0) {
            i.displacement = mod == 1 ? bytes(1) : bytes(2);
        }
        stackSegment(i.base == Cpu.RBP);
    }

    private void address32(boolean vectorIndex) {
        Insn i = insn;
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (rm == 4) {
            int sib = next();
            int index = sib >> 3 & 7 | (rex & 2) << 2;
            i.index = (byte) (index == Cpu.RSP && !vectorIndex ? NO : index);
            i.scale = (byte) (sib >> 6);
            rm = sib & 7;
            if (rm == 5 && mod == 0) {
                i.displacement = bytes(4);
                return;
            }
        } else if (rm == 5 && mod == 0) {
            i.displacement = bytes(4);
            i.ripRelative = code64;
            return;
        }
        i.base = (byte) (rm | (rex & 1) << 3);
        if (mod != 0) {
            i.displacement = mod == 1 ? bytes(1) : bytes(4);
        }
        stackSegment(i.base == Cpu.RBP || i.base == Cpu.RSP);
    }

    private void stackSegment(boolean stack) {
        if (stack && override < 0) {
            insn.segment = Cpu.SS;
        }
    }

    private long immediate(int kind, int operandSize) {
        return switch (kind) {
            case Form.IMM_B, Form.JUMP_B -> bytes(1);
            case Form.IMM_W -> bytes(2);
            case Form.IMM_Z, Form.JUMP_Z -> bytes(Math.min(operandSize, 4));
            case Form.IMM_V -> bytes(operandSize);
            case Form.IMM_ONE -> 1;
            case Form.IMM_REGISTER -> bytes(1) >> 4 & (code64 ? 15 : 7);
            case Form.IMM_FAR -> {
                long offset = bytes(operandSize);
                yield operandSize == 2 ? offset & 0xffff : offset & 0xffff_ffffL;
            }
            case Form.IMM_OFFSET -> {
                insn.memory = true;
                insn.displacement = bytes(insn.addressSize);
                yield 0;
            }
            default -> 0;
        };
    }

    /** The next {@code count} bytes as a sign-extended number. */
    private long bytes(int count) {
        long value = 0;
        for (int k = 0; k < count; k++) {
            value |= (long) next() << 8 * k;
        }
        int shift = 64 - 8 * count;
        return value << shift >> shift;
    }
}
