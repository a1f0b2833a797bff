package vmm.cpu.isa;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A {@link Row} parsed: what the decoder compares and what it fetches. */
public final class Form {
    /** Values of {@link #prefix}; {@link #NO_PREFIX} is the manual's NP. */
    public static final int ANY_PREFIX = 0, NO_PREFIX = 1, PREFIX_66 = 2, PREFIX_F3 = 3;

    public static final int PREFIX_F2 = 4;

    /** Values of {@link #operand}. */
    public static final int ANY = 0, MEMORY = 1, REGISTER = 2, OFFSET = 3;

    /** Values of {@link #size} that depend on prefixes; others are the size in bytes. */
    public static final int SIZE_V = -1, SIZE_Y = -2, SIZE_VECTOR = -3;

    /** Values of {@link #immediate} and {@link #immediate2}. */
    public static final int IMM_NONE = 0, IMM_B = 1, IMM_W = 2, IMM_Z = 3, IMM_V = 4, IMM_ONE = 5;

    public static final int IMM_REGISTER = 6, IMM_FAR = 7, IMM_OFFSET = 8, JUMP_B = 9, JUMP_Z = 10;

    /** Register class of ModRM.reg and ModRM.rm: which extensions apply. */
    public static final int GENERAL = 0, MMX = 1, SEGMENT = 2, DEBUG = 3, CONTROL = 4;

    public final Row row;
    public final int op;
    public final int facts;
    public final int map;
    public final int opcode;

    /** 8 if the opcode's low bits name a register, else 1. */
    public final int opcodeCount;

    public final boolean modRm;
    public final int prefix;

    /** Required ModRM.reg, or -1. */
    public final int digit;

    /** Range of the whole ModRM byte, or {@code first > last} if it is not fixed. */
    public final int modRmFirst;

    public final int modRmLast;

    /** Required W bit (REX or VEX), or -1. */
    public final int w;

    /** Required VEX.L, or -1. */
    public final int vexL;

    /**
     * Whether a general register is an operand: outside 64-bit mode VEX.W is then ignored, since
     * there are no 64-bit registers.
     */
    public final boolean general;

    public final int operand;
    public final int size;
    public final int immediate;
    public final int immediate2;
    public final int regClass;
    public final int rmClass;

    /** Whether the opcode's low bits are the register operand. */
    public final boolean opcodeRegister;

    /** Whether VEX.vvvv is an operand; if not it must be 1111. */
    public final boolean usesVvvv;

    /** Orders the candidates for an opcode: the highest is tried first. */
    final int specificity;

    private Form(Row row, Encoding e, Operands o) {
        this.row = row;
        op = row.op();
        facts = row.facts();
        map = e.map;
        opcode = e.opcode;
        opcodeCount = e.plusR ? 8 : 1;
        prefix = e.prefix;
        digit = e.digit;
        modRmFirst = e.modRmFirst;
        modRmLast = e.modRmLast;
        w = e.w;
        vexL = e.vexL;
        // PCMPESTRI and PCMPESTRM have theirs in EAX and EDX or RAX and RDX.
        general = o.general || row.encoding().matches("VEX .* 0F 3A 6[01]");
        operand = o.operand;
        size = o.size;
        immediate = o.immediate;
        immediate2 = o.immediate2;
        regClass = o.regClass;
        rmClass = o.rmClass;
        opcodeRegister = e.plusR;
        usesVvvv = o.usesVvvv;
        modRm = o.modRm || digit >= 0 || modRmFirst <= modRmLast;
        specificity =
                (modRmFirst <= modRmLast ? 16 : 0)
                        + (prefix != ANY_PREFIX ? 8 : 0)
                        + (digit >= 0 ? 4 : 0)
                        + (operand == MEMORY || operand == REGISTER ? 2 : 0)
                        + (w >= 0 || vexL >= 0 ? 1 : 0);
    }

    static Form parse(Row row) {
        return new Form(row, new Encoding(row), new Operands(row));
    }

    /** Whether the row has all {@code bits} of {@link Facts}. */
    public boolean is(int bits) {
        return (facts & bits) == bits;
    }

    /** The encoding column. */
    private static final class Encoding {
        int map;
        int opcode;
        boolean plusR;
        int prefix;
        int digit = -1;
        int modRmFirst = 1;
        int modRmLast;
        int w = -1;
        int vexL = -1;

        Encoding(Row row) {
            Deque<String> parts = new ArrayDeque<>(List.of(row.encoding().split(" ")));
            boolean vex = take(parts, "VEX");
            selectors(parts);
            if (take(parts, "0F")) {
                map = take(parts, "38") ? Table.MAP_0F38 : Table.MAP_0F;
                if (map == Table.MAP_0F && parts.size() > 1 && take(parts, "3A")) {
                    map = Table.MAP_0F3A;
                }
            }
            map |= vex ? Table.VEX : 0;
            String code = parts.remove();
            plusR = code.endsWith("+r");
            opcode = Integer.parseInt(code.substring(0, 2), 16);
            tail(parts);
            if (!parts.isEmpty()) {
                throw new IllegalArgumentException(row.toString());
            }
        }

        private static boolean take(Deque<String> parts, String word) {
            if (parts.size() > 1 && word.equals(parts.peek())) {
                parts.remove();
                return true;
            }
            return false;
        }

        private void selectors(Deque<String> parts) {
            while (parts.size() > 1) {
                switch (parts.element()) {
                    case "NP" -> prefix = NO_PREFIX;
                    case "66" -> prefix = PREFIX_66;
                    case "F3" -> prefix = PREFIX_F3;
                    case "F2" -> prefix = PREFIX_F2;
                    case "W0" -> w = 0;
                    case "W1", "REX.W" -> w = 1;
                    case "L0" -> vexL = 0;
                    case "L1" -> vexL = 1;
                    default -> {
                        return;
                    }
                }
                parts.remove();
            }
        }

        private void tail(Deque<String> parts) {
            if (parts.isEmpty()) {
                return;
            }
            String word = parts.remove();
            if (word.startsWith("/")) {
                digit = Integer.parseInt(word.substring(1));
                return;
            }
            modRmFirst = Integer.parseInt(word.substring(0, 2), 16);
            modRmLast = word.endsWith("+i") ? modRmFirst + 7 : modRmFirst;
        }
    }

    /** The operand column. */
    private static final class Operands {
        private static final String MODRM_KINDS = "CDEGMNPQRSUVW";

        int operand = ANY;
        int size = SIZE_V;
        int immediate;
        int immediate2;
        int regClass;
        int rmClass;
        boolean modRm;
        boolean usesVvvv;
        boolean general;

        Operands(Row row) {
            boolean sized = false;
            boolean fixed = false;
            for (String code : row.operands().split(" ")) {
                if (code.isEmpty()) {
                    continue;
                }
                note(code);
                int own = sizeOf(code);
                boolean prefixSized = own == SIZE_V || own == SIZE_Y;
                if (own != 0 && (!sized || prefixSized && !fixed)) {
                    size = own;
                    sized = true;
                    fixed = prefixSized;
                }
            }
        }

        private void note(String code) {
            char kind = code.charAt(0);
            if (isModRm(code)) {
                modRm = true;
            }
            general |= "EGB".indexOf(kind) >= 0;
            switch (kind) {
                case 'M' -> operand = MEMORY;
                case 'R', 'U', 'N' -> operand = code.contains("/") ? ANY : REGISTER;
                case 'I', 'J', 'O', 'L', '1' -> immediate(code);
                case 'A' -> {
                    if (code.equals("Ap")) {
                        immediate(code);
                    }
                }
                case 'S' -> regClass = isModRm(code) ? SEGMENT : regClass;
                case 'C' -> regClass = isModRm(code) ? CONTROL : regClass;
                case 'D' -> regClass = isModRm(code) ? DEBUG : regClass;
                case 'P' -> regClass = MMX;
                case 'H', 'B' -> usesVvvv = true;
                default -> {}
            }
            if (kind == 'N' || kind == 'Q') {
                rmClass = MMX;
            }
        }

        /** Fixed registers look like operand codes: CL, DX, ST0, CS... */
        private static boolean isModRm(String code) {
            return MODRM_KINDS.indexOf(code.charAt(0)) >= 0
                    && (code.length() == 1
                            || Character.isLowerCase(code.charAt(1))
                            || code.charAt(1) == '/');
        }

        private void immediate(String code) {
            int kind =
                    switch (code) {
                        case "Ib" -> IMM_B;
                        case "Iw" -> IMM_W;
                        case "Iz" -> IMM_Z;
                        case "Iv" -> IMM_V;
                        case "1" -> IMM_ONE;
                        case "Lx", "Lb", "Lss", "Lsd", "Lps", "Lpd" -> IMM_REGISTER;
                        case "Ap" -> IMM_FAR;
                        case "Ob", "Ov" -> IMM_OFFSET;
                        case "Jb" -> JUMP_B;
                        case "Jz" -> JUMP_Z;
                        default -> throw new IllegalArgumentException(code);
                    };
            if (kind == IMM_OFFSET) {
                operand = OFFSET;
            }
            if (immediate == IMM_NONE) {
                immediate = kind;
            } else {
                immediate2 = kind;
            }
        }

        /** Size that the operand gives to the instruction, or 0 if it does not count. */
        private static int sizeOf(String code) {
            if (code.equals("AL")) {
                return 1;
            }
            if (code.equals("rAX")) {
                return SIZE_V;
            }
            boolean offset = "OZ".indexOf(code.charAt(0)) >= 0 && code.length() == 2;
            boolean string = "XY".indexOf(code.charAt(0)) >= 0;
            if (!isModRm(code) && !offset && !string && code.charAt(0) != 'B') {
                return 0;
            }
            if ("PQN".indexOf(code.charAt(0)) >= 0) {
                return 8;
            }
            if ("VWUH".indexOf(code.charAt(0)) >= 0) {
                return code.endsWith("y") ? SIZE_Y : SIZE_VECTOR;
            }
            String letters = code.substring(1).split("/")[0];
            return switch (letters) {
                case "v" -> SIZE_V;
                case "y" -> SIZE_Y;
                case "b" -> 1;
                case "w" -> 2;
                case "d", "ss" -> 4;
                case "q", "sd" -> 8;
                case "t" -> 10;
                case "dq", "qq", "x", "ps", "pd" -> SIZE_VECTOR;
                default -> 0; // no letter, z, p, s, a: the operand size
            };
        }
    }
}
