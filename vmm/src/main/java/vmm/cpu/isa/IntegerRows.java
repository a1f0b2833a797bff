package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.DEFAULT_64;
import static vmm.cpu.isa.Facts.ENDS_BLOCK;
import static vmm.cpu.isa.Facts.FORCE_64;
import static vmm.cpu.isa.Facts.LOCKABLE;
import static vmm.cpu.isa.Facts.NOT_64;
import static vmm.cpu.isa.Facts.NOT_TESTABLE;
import static vmm.cpu.isa.Facts.ONLY_64;
import static vmm.cpu.isa.Facts.UNDEFINED_AF;
import static vmm.cpu.isa.Facts.UNDEFINED_CF;
import static vmm.cpu.isa.Facts.UNDEFINED_OF;
import static vmm.cpu.isa.Facts.UNDEFINED_PF;
import static vmm.cpu.isa.Facts.UNDEFINED_SF;
import static vmm.cpu.isa.Facts.UNDEFINED_ZF;

/**
 * Rows of the general-purpose instructions that need no privilege, SDM volume 2 appendix A.
 *
 * <p>Names end in the operands' order: {@code RM_REG} has its destination in ModRM.rm. A fixed
 * accumulator counts as ModRM.rm of a register form, see {@link Row}.
 */
public final class IntegerRows {
    /**
     * The eight operations of opcodes 00..3F, in the order of those; each is the first of three
     * numbers, see {@link #RM_REG}.
     */
    public static final int ADD = 0,
            OR = 3,
            ADC = 6,
            SBB = 9,
            AND = 12,
            SUB = 15,
            XOR = 18,
            CMP = 21;

    /** Added to the operations above. */
    public static final int RM_REG = 0, REG_RM = 1, RM_IMM = 2;

    public static final int TEST_RM_REG = 24,
            TEST_RM_IMM = 25,
            INC = 26,
            DEC = 27,
            NEG = 28,
            NOT = 29,
            DAA = 30,
            DAS = 31,
            AAA = 32,
            AAS = 33,
            AAM = 34,
            AAD = 35,
            CBW = 36,
            CWD = 37,
            ADCX = 38,
            ADOX = 39;

    private static final int SH = Family.SHIFT << 6;

    /** The eight operations of groups 2, in the order of ModRM.reg; plus 8 with the count in CL. */
    public static final int ROL = SH,
            ROR = SH + 1,
            RCL = SH + 2,
            RCR = SH + 3,
            SHL = SH + 4,
            SHR = SH + 5,
            SAR = SH + 7;

    /** Added to the operations above. */
    public static final int BY_CL = 8;

    public static final int SHLD = SH + 16,
            SHRD = SH + 17,
            SHLD_CL = SH + 18,
            SHRD_CL = SH + 19,
            SARX = SH + 20,
            SHLX = SH + 21,
            SHRX = SH + 22,
            RORX = SH + 23;

    private static final int MV = Family.MOVE << 6;
    public static final int MOV_RM_REG = MV,
            MOV_REG_RM = MV + 1,
            MOV_RM_IMM = MV + 2,
            MOV_REG_IMM = MV + 3,
            MOVZX_8 = MV + 4,
            MOVZX_16 = MV + 5,
            MOVSX_8 = MV + 6,
            MOVSX_16 = MV + 7,
            MOVSXD = MV + 8,
            LEA = MV + 9,
            BSWAP = MV + 10,
            MOVBE_LOAD = MV + 11,
            MOVBE_STORE = MV + 12,
            XLAT = MV + 13,
            NOP = MV + 14;

    /** The first of 16, by condition. */
    public static final int CMOV = MV + 16, SET = MV + 32;

    private static final int BR = Family.BRANCH << 6;

    /** The first of 16, by condition. */
    public static final int JCC = BR;

    public static final int JMP = BR + 16,
            JMP_RM = BR + 17,
            CALL = BR + 18,
            CALL_RM = BR + 19,
            RET = BR + 20,
            RET_IMM = BR + 21,
            LOOPNE = BR + 22,
            LOOPE = BR + 23,
            LOOP = BR + 24,
            JCXZ = BR + 25,
            BOUND = BR + 26,
            UD = BR + 27;

    private static final int ST = Family.STACK << 6;
    public static final int PUSH_REG = ST,
            POP_REG = ST + 1,
            PUSH_RM = ST + 2,
            POP_RM = ST + 3,
            PUSH_IMM = ST + 4,
            PUSHA = ST + 5,
            POPA = ST + 6,
            ENTER = ST + 7,
            LEAVE = ST + 8;

    private static final int STRINGS = Family.STRING << 6;
    public static final int MOVS = STRINGS,
            CMPS = STRINGS + 1,
            STOS = STRINGS + 2,
            LODS = STRINGS + 3,
            SCAS = STRINGS + 4;

    private static final int BI = Family.BIT << 6;

    /** The four bit tests, in the order of group 8; plus 4 with an immediate bit number. */
    public static final int BT = BI, BTS = BI + 1, BTR = BI + 2, BTC = BI + 3;

    /** Added to the operations above. */
    public static final int BIT_IMM = 4;

    public static final int BSF = BI + 8,
            BSR = BI + 9,
            TZCNT = BI + 10,
            LZCNT = BI + 11,
            POPCNT = BI + 12,
            CRC32_8 = BI + 13,
            CRC32 = BI + 14,
            ANDN = BI + 15,
            BEXTR = BI + 16,
            BLSR = BI + 17,
            BLSMSK = BI + 18,
            BLSI = BI + 19,
            BZHI = BI + 20,
            PDEP = BI + 21,
            PEXT = BI + 22;

    private static final int MU = Family.MULTIPLY << 6;
    public static final int MUL = MU,
            IMUL = MU + 1,
            DIV = MU + 2,
            IDIV = MU + 3,
            IMUL_REG_RM = MU + 4,
            IMUL_REG_RM_IMM = MU + 5,
            MULX = MU + 6;

    private static final int FL = Family.FLAG << 6;
    public static final int CLC = FL,
            STC = FL + 1,
            CMC = FL + 2,
            CLD = FL + 3,
            STD = FL + 4,
            LAHF = FL + 5,
            SAHF = FL + 6,
            SALC = FL + 7,
            PUSHF = FL + 8,
            POPF = FL + 9;

    private static final int AT = Family.ATOMIC << 6;
    public static final int XCHG = AT,
            XADD = AT + 1,
            CMPXCHG = AT + 2,
            CMPXCHG8B = AT + 3,
            XCHG_RAX = AT + 4;

    private static final int PO = Family.PORT << 6;
    public static final int IN_IMM = PO,
            IN_DX = PO + 1,
            OUT_IMM = PO + 2,
            OUT_DX = PO + 3,
            INS = PO + 4,
            OUTS = PO + 5;

    private static final int UNDEFINED_ALL_BUT_CF_OF =
            UNDEFINED_SF | UNDEFINED_ZF | UNDEFINED_AF | UNDEFINED_PF;
    private static final int UNDEFINED_ALL = UNDEFINED_ALL_BUT_CF_OF | UNDEFINED_CF | UNDEFINED_OF;

    private IntegerRows() {}

    static void define(Table t) {
        arithmetic(t);
        immediateArithmetic(t);
        shifts(t);
        decimal(t);
        moves(t);
        conditionals(t);
        branches(t);
        stack(t);
        strings(t);
        bits(t);
        bitManipulation(t);
        multiplication(t);
        flags(t);
        atomics(t);
        ports(t);
        hints(t);
    }

    private static String hex(int opcode) {
        return Integer.toHexString(opcode | 0x100).substring(1);
    }

    /** Logical operations leave AF undefined. */
    private static int undefinedBy(int operation) {
        return operation == OR || operation == AND || operation == XOR ? UNDEFINED_AF : 0;
    }

    // Opcodes 00..3F, table A-2.
    private static void arithmetic(Table t) {
        for (int k = 0; k < 8; k++) {
            int op = 3 * k;
            int lockable = op == CMP ? 0 : LOCKABLE;
            int undefined = undefinedBy(op);
            t.row(hex(8 * k), op + RM_REG, "Eb Gb", lockable, undefined);
            t.row(hex(8 * k + 1), op + RM_REG, "Ev Gv", lockable, undefined);
            t.row(hex(8 * k + 2), op + REG_RM, "Gb Eb", undefined);
            t.row(hex(8 * k + 3), op + REG_RM, "Gv Ev", undefined);
            t.row(hex(8 * k + 4), op + RM_IMM, "AL Ib", undefined);
            t.row(hex(8 * k + 5), op + RM_IMM, "rAX Iz", undefined);
        }
        t.row("84", TEST_RM_REG, "Eb Gb", UNDEFINED_AF);
        t.row("85", TEST_RM_REG, "Ev Gv", UNDEFINED_AF);
        t.row("A8", TEST_RM_IMM, "AL Ib", UNDEFINED_AF);
        t.row("A9", TEST_RM_IMM, "rAX Iz", UNDEFINED_AF);
        t.row("66 0F 38 F6", ADCX, "Gy Ey");
        t.row("F3 0F 38 F6", ADOX, "Gy Ey");
    }

    // Groups 1, 3, 4 and 5, table A-6.
    private static void immediateArithmetic(Table t) {
        for (int k = 0; k < 8; k++) {
            int op = 3 * k + RM_IMM;
            int facts = undefinedBy(3 * k) | (3 * k == CMP ? 0 : LOCKABLE);
            t.row("80 /" + k, op, "Eb Ib", facts);
            t.row("81 /" + k, op, "Ev Iz", facts);
            t.row("82 /" + k, op, "Eb Ib", facts, NOT_64);
            t.row("83 /" + k, op, "Ev Ib", facts);
        }
        for (int k = 0; k < 2; k++) { // /1 is an undocumented copy of /0
            t.row("F6 /" + k, TEST_RM_IMM, "Eb Ib", UNDEFINED_AF);
            t.row("F7 /" + k, TEST_RM_IMM, "Ev Iz", UNDEFINED_AF);
        }
        t.row("F6 /2", NOT, "Eb", LOCKABLE);
        t.row("F7 /2", NOT, "Ev", LOCKABLE);
        t.row("F6 /3", NEG, "Eb", LOCKABLE);
        t.row("F7 /3", NEG, "Ev", LOCKABLE);
        t.row("FE /0", INC, "Eb", LOCKABLE);
        t.row("FF /0", INC, "Ev", LOCKABLE);
        t.row("FE /1", DEC, "Eb", LOCKABLE);
        t.row("FF /1", DEC, "Ev", LOCKABLE);
        t.row("40+r", INC, "Zv", NOT_64); // REX in 64-bit mode
        t.row("48+r", DEC, "Zv", NOT_64);
    }

    private static void shifts(Table t) {
        for (int k = 0; k < 8; k++) {
            boolean rotate = k < 4;
            int op = SH + (k == 6 ? 4 : k); // /6 is an undocumented SHL
            int one = rotate ? 0 : UNDEFINED_AF;
            int many = one | UNDEFINED_OF;
            t.row("C0 /" + k, op, "Eb Ib", many);
            t.row("C1 /" + k, op, "Ev Ib", many);
            t.row("D0 /" + k, op, "Eb 1", one);
            t.row("D1 /" + k, op, "Ev 1", one);
            t.row("D2 /" + k, op + BY_CL, "Eb CL", many);
            t.row("D3 /" + k, op + BY_CL, "Ev CL", many);
        }
        int undefined = UNDEFINED_OF | UNDEFINED_AF;
        t.row("0F A4", SHLD, "Ev Gv Ib", undefined);
        t.row("0F A5", SHLD_CL, "Ev Gv CL", undefined);
        t.row("0F AC", SHRD, "Ev Gv Ib", undefined);
        t.row("0F AD", SHRD_CL, "Ev Gv CL", undefined);
        t.row("VEX L0 F3 0F 38 F7", SARX, "Gy Ey By");
        t.row("VEX L0 66 0F 38 F7", SHLX, "Gy Ey By");
        t.row("VEX L0 F2 0F 38 F7", SHRX, "Gy Ey By");
        t.row("VEX L0 F2 0F 3A F0", RORX, "Gy Ey Ib");
    }

    private static void decimal(Table t) {
        int ascii = UNDEFINED_OF | UNDEFINED_SF | UNDEFINED_ZF | UNDEFINED_PF;
        t.row("27", DAA, "", NOT_64, UNDEFINED_OF);
        t.row("2F", DAS, "", NOT_64, UNDEFINED_OF);
        t.row("37", AAA, "", NOT_64, ascii);
        t.row("3F", AAS, "", NOT_64, ascii);
        t.row("D4", AAM, "Ib", NOT_64, UNDEFINED_OF, UNDEFINED_AF, UNDEFINED_CF);
        t.row("D5", AAD, "Ib", NOT_64, UNDEFINED_OF, UNDEFINED_AF, UNDEFINED_CF);
    }

    private static void moves(Table t) {
        t.row("88", MOV_RM_REG, "Eb Gb");
        t.row("89", MOV_RM_REG, "Ev Gv");
        t.row("8A", MOV_REG_RM, "Gb Eb");
        t.row("8B", MOV_REG_RM, "Gv Ev");
        t.row("A0", MOV_REG_RM, "AL Ob");
        t.row("A1", MOV_REG_RM, "rAX Ov");
        t.row("A2", MOV_RM_REG, "Ob AL");
        t.row("A3", MOV_RM_REG, "Ov rAX");
        t.row("B0+r", MOV_REG_IMM, "Zb Ib");
        t.row("B8+r", MOV_REG_IMM, "Zv Iv");
        t.row("C6 /0", MOV_RM_IMM, "Eb Ib");
        t.row("C7 /0", MOV_RM_IMM, "Ev Iz");
        t.row("8D", LEA, "Gv M");
        t.row("0F B6", MOVZX_8, "Gv Eb");
        t.row("0F B7", MOVZX_16, "Gv Ew");
        t.row("0F BE", MOVSX_8, "Gv Eb");
        t.row("0F BF", MOVSX_16, "Gv Ew");
        t.row("63", MOVSXD, "Gv Ed", ONLY_64);
        t.row("98", CBW, "");
        t.row("99", CWD, "");
        t.row("0F C8+r", BSWAP, "Zv");
        t.row("0F 38 F0", MOVBE_LOAD, "Gv Mv");
        t.row("0F 38 F1", MOVBE_STORE, "Mv Gv");
        t.row("F3 0F 38 F0", UD, "Gv Mv", ENDS_BLOCK); // SDM volume 2 MOVBE
        t.row("F3 0F 38 F1", UD, "Mv Gv", ENDS_BLOCK);
        t.row("D7", XLAT, "");
    }

    private static void conditionals(Table t) {
        for (int condition = 0; condition < 16; condition++) {
            t.row("0F " + hex(0x40 + condition), CMOV + condition, "Gv Ev");
            t.row("0F " + hex(0x90 + condition), SET + condition, "Eb");
            t.row(hex(0x70 + condition), JCC + condition, "Jb", FORCE_64, ENDS_BLOCK);
            t.row("0F " + hex(0x80 + condition), JCC + condition, "Jz", FORCE_64, ENDS_BLOCK);
        }
    }

    private static void branches(Table t) {
        t.row("E8", CALL, "Jz", FORCE_64, ENDS_BLOCK);
        t.row("E9", JMP, "Jz", FORCE_64, ENDS_BLOCK);
        t.row("EB", JMP, "Jb", FORCE_64, ENDS_BLOCK);
        t.row("FF /2", CALL_RM, "Ev", FORCE_64, ENDS_BLOCK);
        t.row("FF /4", JMP_RM, "Ev", FORCE_64, ENDS_BLOCK);
        t.row("C2", RET_IMM, "Iw", FORCE_64, ENDS_BLOCK);
        t.row("C3", RET, "", FORCE_64, ENDS_BLOCK);
        t.row("E0", LOOPNE, "Jb", FORCE_64, ENDS_BLOCK);
        t.row("E1", LOOPE, "Jb", FORCE_64, ENDS_BLOCK);
        t.row("E2", LOOP, "Jb", FORCE_64, ENDS_BLOCK);
        t.row("E3", JCXZ, "Jb", FORCE_64, ENDS_BLOCK);
        t.row("62", BOUND, "Gv Ma", NOT_64);
        t.row("0F 0B", UD, "", ENDS_BLOCK);
        t.row("0F B9", UD, "Gv Ev", ENDS_BLOCK);
        t.row("0F FF", UD, "Gv Ev", ENDS_BLOCK);
    }

    private static void stack(Table t) {
        t.row("50+r", PUSH_REG, "Zv", DEFAULT_64);
        t.row("58+r", POP_REG, "Zv", DEFAULT_64);
        t.row("FF /6", PUSH_RM, "Ev", DEFAULT_64);
        t.row("8F /0", POP_RM, "Ev", DEFAULT_64);
        t.row("68", PUSH_IMM, "Iz", DEFAULT_64);
        t.row("6A", PUSH_IMM, "Ib", DEFAULT_64);
        t.row("60", PUSHA, "", NOT_64);
        t.row("61", POPA, "", NOT_64);
        t.row("C8", ENTER, "Iw Ib", DEFAULT_64);
        t.row("C9", LEAVE, "", DEFAULT_64);
    }

    private static void strings(Table t) {
        t.row("A4", MOVS, "Yb Xb");
        t.row("A5", MOVS, "Yv Xv");
        t.row("A6", CMPS, "Xb Yb");
        t.row("A7", CMPS, "Xv Yv");
        t.row("AA", STOS, "Yb AL");
        t.row("AB", STOS, "Yv rAX");
        t.row("AC", LODS, "AL Xb");
        t.row("AD", LODS, "rAX Xv");
        t.row("AE", SCAS, "AL Yb");
        t.row("AF", SCAS, "rAX Yv");
    }

    private static void bits(Table t) {
        int undefined = UNDEFINED_OF | UNDEFINED_SF | UNDEFINED_AF | UNDEFINED_PF;
        for (int k = 0; k < 4; k++) {
            int lockable = k == 0 ? 0 : LOCKABLE;
            t.row("0F " + hex(0xa3 + 8 * k), BT + k, "Ev Gv", undefined, lockable);
            t.row("0F BA /" + (4 + k), BT + BIT_IMM + k, "Ev Ib", undefined, lockable);
        }
        t.row("0F BC", BSF, "Gv Ev", undefined, UNDEFINED_CF);
        t.row("0F BD", BSR, "Gv Ev", undefined, UNDEFINED_CF);
        t.row("F3 0F BC", TZCNT, "Gv Ev", undefined);
        t.row("F3 0F BD", LZCNT, "Gv Ev", undefined);
        t.row("F3 0F B8", POPCNT, "Gv Ev");
        t.row("F2 0F 38 F0", CRC32_8, "Gd Eb");
        t.row("F2 0F 38 F1", CRC32, "Gd Ev");
    }

    private static void bitManipulation(Table t) {
        int undefined = UNDEFINED_AF | UNDEFINED_PF;
        t.row("VEX L0 NP 0F 38 F2", ANDN, "Gy By Ey", undefined);
        t.row("VEX L0 NP 0F 38 F7", BEXTR, "Gy Ey By", undefined, UNDEFINED_SF);
        t.row("VEX L0 NP 0F 38 F3 /1", BLSR, "By Ey", undefined);
        t.row("VEX L0 NP 0F 38 F3 /2", BLSMSK, "By Ey", undefined);
        t.row("VEX L0 NP 0F 38 F3 /3", BLSI, "By Ey", undefined);
        t.row("VEX L0 NP 0F 38 F5", BZHI, "Gy Ey By", undefined);
        t.row("VEX L0 F2 0F 38 F5", PDEP, "Gy By Ey");
        t.row("VEX L0 F3 0F 38 F5", PEXT, "Gy By Ey");
    }

    private static void multiplication(Table t) {
        t.row("F6 /4", MUL, "Eb", UNDEFINED_ALL_BUT_CF_OF);
        t.row("F7 /4", MUL, "Ev", UNDEFINED_ALL_BUT_CF_OF);
        t.row("F6 /5", IMUL, "Eb", UNDEFINED_ALL_BUT_CF_OF);
        t.row("F7 /5", IMUL, "Ev", UNDEFINED_ALL_BUT_CF_OF);
        t.row("F6 /6", DIV, "Eb", UNDEFINED_ALL);
        t.row("F7 /6", DIV, "Ev", UNDEFINED_ALL);
        t.row("F6 /7", IDIV, "Eb", UNDEFINED_ALL);
        t.row("F7 /7", IDIV, "Ev", UNDEFINED_ALL);
        t.row("0F AF", IMUL_REG_RM, "Gv Ev", UNDEFINED_ALL_BUT_CF_OF);
        t.row("69", IMUL_REG_RM_IMM, "Gv Ev Iz", UNDEFINED_ALL_BUT_CF_OF);
        t.row("6B", IMUL_REG_RM_IMM, "Gv Ev Ib", UNDEFINED_ALL_BUT_CF_OF);
        t.row("VEX L0 F2 0F 38 F6", MULX, "Gy By Ey");
    }

    private static void flags(Table t) {
        t.row("F5", CMC, "");
        t.row("F8", CLC, "");
        t.row("F9", STC, "");
        t.row("FC", CLD, "");
        t.row("FD", STD, "");
        t.row("9E", SAHF, "");
        t.row("9F", LAHF, "");
        t.row("D6", SALC, "", NOT_64);
        t.row("9C", PUSHF, "", DEFAULT_64, NOT_TESTABLE);
        // Afterwards a trap or an interrupt may be due, or a different alignment check.
        t.row("9D", POPF, "", DEFAULT_64, NOT_TESTABLE, ENDS_BLOCK);
    }

    private static void atomics(Table t) {
        t.row("86", XCHG, "Eb Gb", LOCKABLE);
        t.row("87", XCHG, "Ev Gv", LOCKABLE);
        t.row("90+r", XCHG_RAX, "Zv rAX");
        t.row("0F C0", XADD, "Eb Gb", LOCKABLE);
        t.row("0F C1", XADD, "Ev Gv", LOCKABLE);
        t.row("0F B0", CMPXCHG, "Eb Gb", LOCKABLE);
        t.row("0F B1", CMPXCHG, "Ev Gv", LOCKABLE);
        t.row("0F C7 /1", CMPXCHG8B, "My", LOCKABLE);
    }

    private static void ports(Table t) {
        t.row("E4", IN_IMM, "AL Ib", NOT_TESTABLE, ENDS_BLOCK);
        t.row("E5", IN_IMM, "rAX Ib", NOT_TESTABLE, ENDS_BLOCK);
        t.row("E6", OUT_IMM, "Ib AL", NOT_TESTABLE, ENDS_BLOCK);
        t.row("E7", OUT_IMM, "Ib rAX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("EC", IN_DX, "AL DX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("ED", IN_DX, "rAX DX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("EE", OUT_DX, "DX AL", NOT_TESTABLE, ENDS_BLOCK);
        t.row("EF", OUT_DX, "DX rAX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("6C", INS, "Yb DX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("6D", INS, "Yv DX", NOT_TESTABLE, ENDS_BLOCK);
        t.row("6E", OUTS, "DX Xb", NOT_TESTABLE, ENDS_BLOCK);
        t.row("6F", OUTS, "DX Xv", NOT_TESTABLE, ENDS_BLOCK);
    }

    // Prefetches, multi-byte NOP, ENDBR, CLDEMOTE: nothing to do, no access, no fault.
    private static void hints(Table t) {
        t.row("0F 0D", NOP, "M"); // AMD: no register form
        for (int opcode = 0x18; opcode <= 0x1f; opcode++) {
            t.row("0F " + hex(opcode), NOP, "Ev");
        }
    }
}
