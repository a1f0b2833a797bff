package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.LAST_PLACE;

/** Rows of the x87 unit, SDM volume 2 appendix A, tables. */
public final class X87Rows {
    private static final int A = Family.X87_ARITHMETIC << 6;

    /** The eight operations of the arithmetic opcodes, in the order of ModRM.reg. */
    public static final int ADD = 0,
            MULTIPLY = 1,
            COMPARE = 2,
            COMPARE_POP = 3,
            SUBTRACT = 4,
            SUBTRACT_REVERSED = 5,
            DIVIDE = 6,
            DIVIDE_REVERSED = 7;

    /** Added to the operations above: where the second operand is, and where the result goes. */
    public static final int ST0_FLOAT = A,
            ST0_INTEGER = A + 8,
            ST0_STI = A + 16,
            STI_ST0 = A + 24,
            STI_ST0_POP = A + 32;

    public static final int FCOMPP = STI_ST0 + COMPARE,
            FUCOMPP = STI_ST0 + COMPARE_POP,
            FUCOM = STI_ST0_POP + COMPARE,
            FUCOMP = STI_ST0_POP + COMPARE_POP;
    public static final int FCOMI = A + 40,
            FCOMIP = A + 41,
            FUCOMI = A + 42,
            FUCOMIP = A + 43,
            FTST = A + 44,
            FXAM = A + 45,
            FCHS = A + 46,
            FABS = A + 47,
            FSQRT = A + 48,
            FRNDINT = A + 49,
            FSCALE = A + 50,
            FXTRACT = A + 51,
            FPREM = A + 52,
            FPREM1 = A + 53,
            F2XM1 = A + 54,
            FYL2X = A + 55,
            FYL2XP1 = A + 56,
            FPTAN = A + 57,
            FPATAN = A + 58,
            FSIN = A + 59,
            FCOS = A + 60,
            FSINCOS = A + 61;

    private static final int M = Family.X87_MOVE << 6;
    public static final int FLD_FLOAT = M,
            FLD_EXTENDED = M + 1,
            FLD_ST = M + 2,
            FILD = M + 3,
            FBLD = M + 4,
            FLD1 = M + 5,
            FLDL2T = M + 6,
            FLDL2E = M + 7,
            FLDPI = M + 8,
            FLDLG2 = M + 9,
            FLDLN2 = M + 10,
            FLDZ = M + 11,
            FST_FLOAT = M + 12,
            FSTP_FLOAT = M + 13,
            FSTP_EXTENDED = M + 14,
            FST_ST = M + 15,
            FSTP_ST = M + 16,
            FIST = M + 17,
            FISTP = M + 18,
            FISTTP = M + 19,
            FBSTP = M + 20,
            FXCH = M + 21,
            FCMOVB = M + 22,
            FCMOVE = M + 23,
            FCMOVBE = M + 24,
            FCMOVU = M + 25,
            FCMOVNB = M + 26,
            FCMOVNE = M + 27,
            FCMOVNBE = M + 28,
            FCMOVNU = M + 29,
            FSTPNCE = M + 30;

    private static final int C = Family.X87_CONTROL << 6;
    public static final int FNOP = C,
            FNINIT = C + 1,
            FNCLEX = C + 2,
            FLDCW = C + 3,
            FNSTCW = C + 4,
            FNSTSW = C + 5,
            FNSTSW_AX = C + 6,
            FLDENV = C + 7,
            FNSTENV = C + 8,
            FRSTOR = C + 9,
            FNSAVE = C + 10,
            FFREE = C + 11,
            FFREEP = C + 12,
            FINCSTP = C + 13,
            FDECSTP = C + 14,
            WAIT = C + 15,
            FNDISI = C + 16;

    private X87Rows() {}

    static void define(Table t) {
        arithmetic(t);
        compare(t);
        functions(t);
        load(t);
        store(t);
        conditionalMove(t);
        control(t);
    }

    private static void arithmetic(Table t) {
        for (int n = ADD; n <= DIVIDE_REVERSED; n++) {
            String registers = String.format("%02X+i", 0xc0 + 8 * n);
            t.row("D8 /" + n, ST0_FLOAT + n, "ST0 Md");
            t.row("DC /" + n, ST0_FLOAT + n, "ST0 Mq");
            t.row("DA /" + n, ST0_INTEGER + n, "ST0 Md");
            t.row("DE /" + n, ST0_INTEGER + n, "ST0 Mw");
            t.row("D8 " + registers, ST0_STI + n, "ST0 STi");
            if (n != COMPARE && n != COMPARE_POP) {
                t.row("DC " + registers, STI_ST0 + n, "STi ST0");
                t.row("DE " + registers, STI_ST0_POP + n, "STi ST0");
            }
        }
    }

    private static void compare(Table t) {
        t.row("DC D0+i", ST0_STI + COMPARE, "ST0 STi"); // alias of D8 D0
        t.row("DC D8+i", ST0_STI + COMPARE_POP, "ST0 STi"); // alias of D8 D8
        t.row("DE D0+i", ST0_STI + COMPARE_POP, "ST0 STi"); // alias of D8 D8
        t.row("DE D9", FCOMPP, "ST0 STi");
        t.row("DA E9", FUCOMPP, "ST0 STi");
        t.row("DD E0+i", FUCOM, "ST0 STi");
        t.row("DD E8+i", FUCOMP, "ST0 STi");
        t.row("DB F0+i", FCOMI, "ST0 STi");
        t.row("DF F0+i", FCOMIP, "ST0 STi");
        t.row("DB E8+i", FUCOMI, "ST0 STi");
        t.row("DF E8+i", FUCOMIP, "ST0 STi");
        t.row("D9 E4", FTST, "ST0");
        t.row("D9 E5", FXAM, "ST0");
    }

    private static void functions(Table t) {
        t.row("D9 E0", FCHS, "ST0");
        t.row("D9 E1", FABS, "ST0");
        t.row("D9 F0", F2XM1, "ST0", LAST_PLACE);
        t.row("D9 F1", FYL2X, "ST1 ST0", LAST_PLACE);
        t.row("D9 F2", FPTAN, "ST0", LAST_PLACE);
        t.row("D9 F3", FPATAN, "ST1 ST0", LAST_PLACE);
        t.row("D9 F9", FYL2XP1, "ST1 ST0", LAST_PLACE);
        t.row("D9 FB", FSINCOS, "ST0", LAST_PLACE);
        t.row("D9 FE", FSIN, "ST0", LAST_PLACE);
        t.row("D9 FF", FCOS, "ST0", LAST_PLACE);
        t.row("D9 F4", FXTRACT, "ST0");
        t.row("D9 F5", FPREM1, "ST0 ST1");
        t.row("D9 F8", FPREM, "ST0 ST1");
        t.row("D9 FA", FSQRT, "ST0");
        t.row("D9 FC", FRNDINT, "ST0");
        t.row("D9 FD", FSCALE, "ST0 ST1");
    }

    private static void load(Table t) {
        t.row("D9 /0", FLD_FLOAT, "ST0 Md");
        t.row("DD /0", FLD_FLOAT, "ST0 Mq");
        t.row("DB /5", FLD_EXTENDED, "ST0 Mt");
        t.row("D9 C0+i", FLD_ST, "ST0 STi");
        t.row("DB /0", FILD, "ST0 Md");
        t.row("DF /0", FILD, "ST0 Mw");
        t.row("DF /5", FILD, "ST0 Mq");
        t.row("DF /4", FBLD, "ST0 Mt");
        t.row("D9 E8", FLD1, "ST0");
        t.row("D9 E9", FLDL2T, "ST0");
        t.row("D9 EA", FLDL2E, "ST0");
        t.row("D9 EB", FLDPI, "ST0");
        t.row("D9 EC", FLDLG2, "ST0");
        t.row("D9 ED", FLDLN2, "ST0");
        t.row("D9 EE", FLDZ, "ST0");
    }

    private static void store(Table t) {
        t.row("D9 /2", FST_FLOAT, "Md ST0");
        t.row("DD /2", FST_FLOAT, "Mq ST0");
        t.row("D9 /3", FSTP_FLOAT, "Md ST0");
        t.row("DD /3", FSTP_FLOAT, "Mq ST0");
        t.row("DB /7", FSTP_EXTENDED, "Mt ST0");
        t.row("DD D0+i", FST_ST, "STi ST0");
        t.row("DD D8+i", FSTP_ST, "STi ST0");
        t.row("D9 D8+i", FSTPNCE, "STi ST0"); // not in the manual, but in every processor
        t.row("DF D0+i", FSTP_ST, "STi ST0"); // alias of DD D8
        t.row("DF D8+i", FSTP_ST, "STi ST0"); // alias of DD D8
        t.row("DB /2", FIST, "Md ST0");
        t.row("DF /2", FIST, "Mw ST0");
        t.row("DB /3", FISTP, "Md ST0");
        t.row("DF /3", FISTP, "Mw ST0");
        t.row("DF /7", FISTP, "Mq ST0");
        t.row("DB /1", FISTTP, "Md ST0");
        t.row("DF /1", FISTTP, "Mw ST0");
        t.row("DD /1", FISTTP, "Mq ST0");
        t.row("DF /6", FBSTP, "Mt ST0");
        t.row("D9 C8+i", FXCH, "ST0 STi");
        t.row("DD C8+i", FXCH, "ST0 STi"); // alias of D9 C8
        t.row("DF C8+i", FXCH, "ST0 STi"); // alias of D9 C8
    }

    private static void conditionalMove(Table t) {
        t.row("DA C0+i", FCMOVB, "ST0 STi");
        t.row("DA C8+i", FCMOVE, "ST0 STi");
        t.row("DA D0+i", FCMOVBE, "ST0 STi");
        t.row("DA D8+i", FCMOVU, "ST0 STi");
        t.row("DB C0+i", FCMOVNB, "ST0 STi");
        t.row("DB C8+i", FCMOVNE, "ST0 STi");
        t.row("DB D0+i", FCMOVNBE, "ST0 STi");
        t.row("DB D8+i", FCMOVNU, "ST0 STi");
    }

    private static void control(Table t) {
        t.row("D9 D0", FNOP, "");
        t.row("DB E3", FNINIT, "");
        t.row("DB E2", FNCLEX, "");
        t.row("DB E0", FNDISI, ""); // FNENI of the 8087
        t.row("DB E1", FNDISI, "");
        t.row("DB E4", FNDISI, ""); // FNSETPM of the 80287
        t.row("D9 /5", FLDCW, "Mw");
        t.row("D9 /7", FNSTCW, "Mw");
        t.row("DD /7", FNSTSW, "Mw");
        t.row("DF E0", FNSTSW_AX, "AX");
        t.row("D9 /4", FLDENV, "M");
        t.row("D9 /6", FNSTENV, "M");
        t.row("DD /4", FRSTOR, "M");
        t.row("DD /6", FNSAVE, "M");
        t.row("DD C0+i", FFREE, "STi");
        t.row("DF C0+i", FFREEP, "STi"); // not in the manual, but in every processor
        t.row("D9 F6", FDECSTP, "");
        t.row("D9 F7", FINCSTP, "");
        t.row("9B", WAIT, "");
    }
}
