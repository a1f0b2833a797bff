package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.ALIGNED;
import static vmm.cpu.isa.Facts.NOT_TESTABLE;

/** Rows of the SSE floating point instructions: arithmetic, comparison, conversion. */
public final class SseFloatRows {
    /** Forms of an operation of family SSE_FLOAT, in the low two bits of its number. */
    public static final int PS = 0, PD = 1, SS = 2, SD = 3;

    // Operations with four forms: number = kind + form.
    private static final int F = Family.SSE_FLOAT << 6;
    public static final int ADD = F,
            MUL = F + 4,
            SUB = F + 8,
            MIN = F + 12,
            DIV = F + 16,
            MAX = F + 20,
            SQRT = F + 24,
            CMP = F + 28,
            ROUND = F + 32,
            RSQRT = F + 36,
            RCP = F + 40;
    // ADDSUB, HADD, HSUB and DP have the packed forms only.
    public static final int ADDSUB = F + 44,
            HADD = F + 46,
            HSUB = F + 48,
            DP = F + 50,
            UCOMISS = F + 52,
            UCOMISD = F + 53,
            COMISS = F + 54,
            COMISD = F + 55;

    private static final int C = Family.SSE_CONVERT << 6;
    public static final int CVTPI2PS = C,
            CVTPI2PD = C + 1,
            CVTSI2SS = C + 2,
            CVTSI2SD = C + 3,
            CVTSI2SS_64 = C + 4,
            CVTSI2SD_64 = C + 5,
            CVTTPS2PI = C + 6,
            CVTTPD2PI = C + 7,
            CVTPS2PI = C + 8,
            CVTPD2PI = C + 9;
    public static final int CVTTSS2SI = C + 10,
            CVTTSD2SI = C + 11,
            CVTTSS2SI_64 = C + 12,
            CVTTSD2SI_64 = C + 13,
            CVTSS2SI = C + 14,
            CVTSD2SI = C + 15,
            CVTSS2SI_64 = C + 16,
            CVTSD2SI_64 = C + 17;
    public static final int CVTPS2PD = C + 18,
            CVTPD2PS = C + 19,
            CVTSS2SD = C + 20,
            CVTSD2SS = C + 21,
            CVTDQ2PS = C + 22,
            CVTPS2DQ = C + 23,
            CVTTPS2DQ = C + 24,
            CVTDQ2PD = C + 25,
            CVTPD2DQ = C + 26,
            CVTTPD2DQ = C + 27;

    private SseFloatRows() {}

    static void define(Table t) {
        four(t, "0F 51", SQRT, "");
        four(t, "0F 58", ADD, "");
        four(t, "0F 59", MUL, "");
        four(t, "0F 5C", SUB, "");
        four(t, "0F 5D", MIN, "");
        four(t, "0F 5E", DIV, "");
        four(t, "0F 5F", MAX, "");
        four(t, "0F C2", CMP, " Ib");
        // Approximations: models differ in their bits.
        t.row("NP 0F 52", RSQRT + PS, "Vx Wx", ALIGNED, NOT_TESTABLE);
        t.row("F3 0F 52", RSQRT + SS, "Vss Wss", NOT_TESTABLE);
        t.row("NP 0F 53", RCP + PS, "Vx Wx", ALIGNED, NOT_TESTABLE);
        t.row("F3 0F 53", RCP + SS, "Vss Wss", NOT_TESTABLE);
        t.row("NP 0F 2E", UCOMISS, "Vss Wss");
        t.row("66 0F 2E", UCOMISD, "Vsd Wsd");
        t.row("NP 0F 2F", COMISS, "Vss Wss");
        t.row("66 0F 2F", COMISD, "Vsd Wsd");
        t.row("F2 0F D0", ADDSUB + PS, "Vx Wx", ALIGNED);
        t.row("66 0F D0", ADDSUB + PD, "Vx Wx", ALIGNED);
        t.row("F2 0F 7C", HADD + PS, "Vx Wx", ALIGNED);
        t.row("66 0F 7C", HADD + PD, "Vx Wx", ALIGNED);
        t.row("F2 0F 7D", HSUB + PS, "Vx Wx", ALIGNED);
        t.row("66 0F 7D", HSUB + PD, "Vx Wx", ALIGNED);
        t.row("66 0F 3A 08", ROUND + PS, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 3A 09", ROUND + PD, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 3A 0A", ROUND + SS, "Vss Wss Ib");
        t.row("66 0F 3A 0B", ROUND + SD, "Vsd Wsd Ib");
        t.row("66 0F 3A 40", DP + PS, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 3A 41", DP + PD, "Vdq Wdq Ib", ALIGNED);
        convertIntegers(t);
        convertFloats(t);
    }

    private static void four(Table t, String opcode, int kind, String immediate) {
        t.row("NP " + opcode, kind + PS, "Vx Wx" + immediate, ALIGNED);
        t.row("66 " + opcode, kind + PD, "Vx Wx" + immediate, ALIGNED);
        t.row("F3 " + opcode, kind + SS, "Vss Wss" + immediate);
        t.row("F2 " + opcode, kind + SD, "Vsd Wsd" + immediate);
    }

    private static void convertIntegers(Table t) {
        t.row("NP 0F 2A", CVTPI2PS, "Vq Qq");
        t.row("66 0F 2A", CVTPI2PD, "Vx Qq");
        t.row("F3 W0 0F 2A", CVTSI2SS, "Vss Ed");
        t.row("F3 REX.W 0F 2A", CVTSI2SS_64, "Vss Eq");
        t.row("F2 W0 0F 2A", CVTSI2SD, "Vsd Ed");
        t.row("F2 REX.W 0F 2A", CVTSI2SD_64, "Vsd Eq");
        t.row("NP 0F 2C", CVTTPS2PI, "Pq Wq");
        t.row("66 0F 2C", CVTTPD2PI, "Pq Wx", ALIGNED);
        t.row("F3 W0 0F 2C", CVTTSS2SI, "Gd Wss");
        t.row("F3 REX.W 0F 2C", CVTTSS2SI_64, "Gq Wss");
        t.row("F2 W0 0F 2C", CVTTSD2SI, "Gd Wsd");
        t.row("F2 REX.W 0F 2C", CVTTSD2SI_64, "Gq Wsd");
        t.row("NP 0F 2D", CVTPS2PI, "Pq Wq");
        t.row("66 0F 2D", CVTPD2PI, "Pq Wx", ALIGNED);
        t.row("F3 W0 0F 2D", CVTSS2SI, "Gd Wss");
        t.row("F3 REX.W 0F 2D", CVTSS2SI_64, "Gq Wss");
        t.row("F2 W0 0F 2D", CVTSD2SI, "Gd Wsd");
        t.row("F2 REX.W 0F 2D", CVTSD2SI_64, "Gq Wsd");
    }

    private static void convertFloats(Table t) {
        t.row("NP 0F 5A", CVTPS2PD, "Vx Wq");
        t.row("66 0F 5A", CVTPD2PS, "Vx Wx", ALIGNED);
        t.row("F3 0F 5A", CVTSS2SD, "Vsd Wss");
        t.row("F2 0F 5A", CVTSD2SS, "Vss Wsd");
        t.row("NP 0F 5B", CVTDQ2PS, "Vx Wx", ALIGNED);
        t.row("66 0F 5B", CVTPS2DQ, "Vx Wx", ALIGNED);
        t.row("F3 0F 5B", CVTTPS2DQ, "Vx Wx", ALIGNED);
        t.row("F3 0F E6", CVTDQ2PD, "Vx Wq");
        t.row("F2 0F E6", CVTPD2DQ, "Vx Wx", ALIGNED);
        t.row("66 0F E6", CVTTPD2DQ, "Vx Wx", ALIGNED);
    }
}
