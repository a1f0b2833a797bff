package vmm.cpu.isa;

import static vmm.cpu.isa.Family.vex;
import static vmm.cpu.isa.SseCryptoRows.*;
import static vmm.cpu.isa.SseFloatRows.*;
import static vmm.cpu.isa.SseRows.*;

/**
 * Rows of the SSE to SSE4.2, AES and PCLMULQDQ instructions under VEX, SDM volume 2 appendix A: the
 * same operations with a destination of their own ({@code Hx} is VEX.vvvv, the first source), with
 * 256 bits unless the row says L0, and with operands in memory at any address. {@link PackedRows}
 * has those of the packed integers.
 */
final class VexRows {
    private VexRows() {}

    static void define(Table t) {
        moves(t);
        scalarMoves(t);
        halves(t);
        shuffles(t);
        blends(t);
        extracts(t);
        extensions(t);
        strings(t);
        floats(t);
        comparisons(t);
        convertGeneral(t);
        convertPacked(t);
        crypto(t);
    }

    private static void moves(Table t) {
        t.row("VEX NP 0F 28", vex(MOVAPS), "Vx Wx", Facts.ALIGNED);
        t.row("VEX 66 0F 28", vex(MOVAPS), "Vx Wx", Facts.ALIGNED);
        t.row("VEX 66 0F 6F", vex(MOVAPS), "Vx Wx", Facts.ALIGNED);
        t.row("VEX 66 0F 38 2A", vex(MOVAPS), "Vx Mx", Facts.ALIGNED);
        t.row("VEX NP 0F 29", vex(MOVAPS_STORE), "Wx Vx", Facts.ALIGNED);
        t.row("VEX 66 0F 29", vex(MOVAPS_STORE), "Wx Vx", Facts.ALIGNED);
        t.row("VEX 66 0F 7F", vex(MOVAPS_STORE), "Wx Vx", Facts.ALIGNED);
        t.row("VEX NP 0F 2B", vex(MOVAPS_STORE), "Mx Vx", Facts.ALIGNED);
        t.row("VEX 66 0F 2B", vex(MOVAPS_STORE), "Mx Vx", Facts.ALIGNED);
        t.row("VEX 66 0F E7", vex(MOVAPS_STORE), "Mx Vx", Facts.ALIGNED);
        t.row("VEX NP 0F 10", vex(MOVUPS), "Vx Wx");
        t.row("VEX 66 0F 10", vex(MOVUPS), "Vx Wx");
        t.row("VEX F3 0F 6F", vex(MOVUPS), "Vx Wx");
        t.row("VEX F2 0F F0", vex(MOVUPS), "Vx Mx");
        t.row("VEX NP 0F 11", vex(MOVUPS_STORE), "Wx Vx");
        t.row("VEX 66 0F 11", vex(MOVUPS_STORE), "Wx Vx");
        t.row("VEX F3 0F 7F", vex(MOVUPS_STORE), "Wx Vx");
        t.row("VEX L0 66 0F F7", vex(MASKMOVDQU), "Vdq Udq");
        t.row("VEX L0 NP 0F AE /2", vex(LDMXCSR), "Md");
        t.row("VEX L0 NP 0F AE /3", vex(STMXCSR), "Md");
    }

    private static void scalarMoves(Table t) {
        // From a register they merge two sources.
        t.row("VEX F3 0F 10", vex(MOVSS), "Vx Md");
        t.row("VEX F3 0F 10", vex(MOVSS), "Vx Hx Ux");
        t.row("VEX F3 0F 11", vex(MOVSS_STORE), "Md Vx");
        t.row("VEX F3 0F 11", vex(MOVSS_STORE), "Ux Hx Vx");
        t.row("VEX F2 0F 10", vex(MOVSD), "Vx Mq");
        t.row("VEX F2 0F 10", vex(MOVSD), "Vx Hx Ux");
        t.row("VEX F2 0F 11", vex(MOVSD_STORE), "Mq Vx");
        t.row("VEX F2 0F 11", vex(MOVSD_STORE), "Ux Hx Vx");
        t.row("VEX L0 66 W0 0F 6E", vex(MOVD_FROM), "Vdq Ed");
        t.row("VEX L0 66 W1 0F 6E", vex(MOVQ_FROM), "Vdq Eq");
        t.row("VEX L0 66 W0 0F 7E", vex(MOVD_TO), "Ed Vd");
        t.row("VEX L0 66 W1 0F 7E", vex(MOVQ_TO), "Eq Vq");
        t.row("VEX L0 F3 0F 7E", vex(MOVQ), "Vq Wq");
        t.row("VEX L0 66 0F D6", vex(MOVQ_STORE), "Wq Vq");
    }

    private static void halves(Table t) {
        // With a register operand these are VMOVHLPS and VMOVLHPS.
        t.row("VEX L0 NP 0F 12", vex(MOVLPS), "Vdq Hdq Wq");
        t.row("VEX L0 66 0F 12", vex(MOVLPS), "Vdq Hdq Mq");
        t.row("VEX L0 NP 0F 13", vex(MOVLPS_STORE), "Mq Vq");
        t.row("VEX L0 66 0F 13", vex(MOVLPS_STORE), "Mq Vq");
        t.row("VEX L0 NP 0F 16", vex(MOVHPS), "Vdq Hdq Wq");
        t.row("VEX L0 66 0F 16", vex(MOVHPS), "Vdq Hdq Mq");
        t.row("VEX L0 NP 0F 17", vex(MOVHPS_STORE), "Mq Vdq");
        t.row("VEX L0 66 0F 17", vex(MOVHPS_STORE), "Mq Vdq");
    }

    private static void shuffles(Table t) {
        t.row("VEX 66 0F 73 /3", vex(PSRLDQ_IB), "Hx Ux Ib");
        t.row("VEX 66 0F 73 /7", vex(PSLLDQ_IB), "Hx Ux Ib");
        t.row("VEX 66 0F 70", vex(PSHUFD), "Vx Wx Ib");
        t.row("VEX F2 0F 70", vex(PSHUFLW), "Vx Wx Ib");
        t.row("VEX F3 0F 70", vex(PSHUFHW), "Vx Wx Ib");
        t.row("VEX NP 0F C6", vex(SHUFPS), "Vx Hx Wx Ib");
        t.row("VEX 66 0F C6", vex(SHUFPD), "Vx Hx Wx Ib");
        // Reads 8 bytes of memory under VEX.128.
        t.row("VEX F2 0F 12", vex(MOVDDUP), "Vx Wx");
        t.row("VEX F3 0F 12", vex(MOVSLDUP), "Vx Wx");
        t.row("VEX F3 0F 16", vex(MOVSHDUP), "Vx Wx");
        int low = Family.op(Family.VEX_SHUFFLE, PackedRows.PUNPCKLDQ);
        int high = Family.op(Family.VEX_SHUFFLE, PackedRows.PUNPCKHDQ);
        t.row("VEX NP 0F 14", low, "Vx Hx Wx");
        t.row("VEX 66 0F 14", low + 1, "Vx Hx Wx");
        t.row("VEX NP 0F 15", high, "Vx Hx Wx");
        t.row("VEX 66 0F 15", high + 1, "Vx Hx Wx");
    }

    private static void blends(Table t) {
        t.row("VEX 66 0F 3A 0C", vex(BLENDPS), "Vx Hx Wx Ib");
        t.row("VEX 66 0F 3A 0D", vex(BLENDPD), "Vx Hx Wx Ib");
        t.row("VEX 66 0F 3A 0E", vex(PBLENDW), "Vx Hx Wx Ib");
        t.row("VEX 66 W0 0F 3A 4A", vex(BLENDVPS), "Vx Hx Wx Lx");
        t.row("VEX 66 W0 0F 3A 4B", vex(BLENDVPD), "Vx Hx Wx Lx");
        t.row("VEX 66 W0 0F 3A 4C", vex(PBLENDVB), "Vx Hx Wx Lx");
        t.row("VEX L0 66 0F 3A 21", vex(INSERTPS), "Vdq Hdq Wd Ib");
    }

    private static void extracts(Table t) {
        t.row("VEX 66 0F D7", vex(PMOVMSKB), "Gd Ux");
        t.row("VEX NP 0F 50", vex(MOVMSKPS), "Gd Ux");
        t.row("VEX 66 0F 50", vex(MOVMSKPD), "Gd Ux");
        t.row("VEX L0 66 0F C4", vex(PINSRW), "Vdq Hdq Ew Ib");
        t.row("VEX L0 66 0F C5", vex(PEXTRW_REG), "Gd Udq Ib");
        t.row("VEX L0 66 0F 3A 14", vex(PEXTRB), "Eb Vdq Ib");
        t.row("VEX L0 66 0F 3A 15", vex(PEXTRW), "Ew Vdq Ib");
        t.row("VEX L0 66 W0 0F 3A 16", vex(PEXTRD), "Ed Vdq Ib");
        t.row("VEX L0 66 W1 0F 3A 16", vex(PEXTRQ), "Eq Vdq Ib");
        t.row("VEX L0 66 0F 3A 17", vex(PEXTRD), "Ed Vdq Ib");
        t.row("VEX L0 66 0F 3A 20", vex(PINSRB), "Vdq Hdq Eb Ib");
        t.row("VEX L0 66 W0 0F 3A 22", vex(PINSRD), "Vdq Hdq Ed Ib");
        t.row("VEX L0 66 W1 0F 3A 22", vex(PINSRQ), "Vdq Hdq Eq Ib");
    }

    private static void extensions(Table t) {
        // The source has half, a quarter or an eighth of the destination's size.
        t.row("VEX 66 0F 38 20", vex(PMOVSXBW), "Vx Wq");
        t.row("VEX 66 0F 38 21", vex(PMOVSXBD), "Vx Wd");
        t.row("VEX 66 0F 38 22", vex(PMOVSXBQ), "Vx Ww");
        t.row("VEX 66 0F 38 23", vex(PMOVSXWD), "Vx Wq");
        t.row("VEX 66 0F 38 24", vex(PMOVSXWQ), "Vx Wd");
        t.row("VEX 66 0F 38 25", vex(PMOVSXDQ), "Vx Wq");
        t.row("VEX 66 0F 38 30", vex(PMOVZXBW), "Vx Wq");
        t.row("VEX 66 0F 38 31", vex(PMOVZXBD), "Vx Wd");
        t.row("VEX 66 0F 38 32", vex(PMOVZXBQ), "Vx Ww");
        t.row("VEX 66 0F 38 33", vex(PMOVZXWD), "Vx Wq");
        t.row("VEX 66 0F 38 34", vex(PMOVZXWQ), "Vx Wd");
        t.row("VEX 66 0F 38 35", vex(PMOVZXDQ), "Vx Wq");
    }

    private static void strings(Table t) {
        t.row("VEX 66 0F 38 17", vex(PTEST), "Vx Wx");
        t.row("VEX L0 66 0F 38 41", vex(PHMINPOSUW), "Vdq Wdq");
        t.row("VEX 66 0F 3A 42", vex(MPSADBW), "Vx Hx Wx Ib");
        t.row("VEX L0 66 W0 0F 3A 60", vex(PCMPESTRM), "Vdq Wdq Ib");
        t.row("VEX L0 66 W0 0F 3A 61", vex(PCMPESTRI), "Vdq Wdq Ib");
        t.row("VEX L0 66 W1 0F 3A 60", vex(PCMPESTRM_64), "Vdq Wdq Ib", Facts.ONLY_64);
        t.row("VEX L0 66 W1 0F 3A 61", vex(PCMPESTRI_64), "Vdq Wdq Ib", Facts.ONLY_64);
        t.row("VEX L0 66 0F 3A 62", vex(PCMPISTRM), "Vdq Wdq Ib");
        t.row("VEX L0 66 0F 3A 63", vex(PCMPISTRI), "Vdq Wdq Ib");
    }

    private static void floats(Table t) {
        four(t, "0F 51", SQRT, "Vx Wx", "");
        four(t, "0F 58", ADD, "Vx Hx Wx", "");
        four(t, "0F 59", MUL, "Vx Hx Wx", "");
        four(t, "0F 5C", SUB, "Vx Hx Wx", "");
        four(t, "0F 5D", MIN, "Vx Hx Wx", "");
        four(t, "0F 5E", DIV, "Vx Hx Wx", "");
        four(t, "0F 5F", MAX, "Vx Hx Wx", "");
        four(t, "0F C2", CMP, "Vx Hx Wx", " Ib");
        t.row("VEX NP 0F 52", vex(RSQRT + PS), "Vx Wx", Facts.NOT_TESTABLE);
        t.row("VEX F3 0F 52", vex(RSQRT + SS), "Vss Hss Wss", Facts.NOT_TESTABLE);
        t.row("VEX NP 0F 53", vex(RCP + PS), "Vx Wx", Facts.NOT_TESTABLE);
        t.row("VEX F3 0F 53", vex(RCP + SS), "Vss Hss Wss", Facts.NOT_TESTABLE);
        t.row("VEX F2 0F D0", vex(ADDSUB + PS), "Vx Hx Wx");
        t.row("VEX 66 0F D0", vex(ADDSUB + PD), "Vx Hx Wx");
        t.row("VEX F2 0F 7C", vex(HADD + PS), "Vx Hx Wx");
        t.row("VEX 66 0F 7C", vex(HADD + PD), "Vx Hx Wx");
        t.row("VEX F2 0F 7D", vex(HSUB + PS), "Vx Hx Wx");
        t.row("VEX 66 0F 7D", vex(HSUB + PD), "Vx Hx Wx");
        t.row("VEX 66 0F 3A 08", vex(ROUND + PS), "Vx Wx Ib");
        t.row("VEX 66 0F 3A 09", vex(ROUND + PD), "Vx Wx Ib");
        t.row("VEX 66 0F 3A 0A", vex(ROUND + SS), "Vss Hss Wss Ib");
        t.row("VEX 66 0F 3A 0B", vex(ROUND + SD), "Vsd Hsd Wsd Ib");
        t.row("VEX 66 0F 3A 40", vex(DP + PS), "Vx Hx Wx Ib");
        t.row("VEX L0 66 0F 3A 41", vex(DP + PD), "Vdq Hdq Wdq Ib");
    }

    private static void four(Table t, String opcode, int kind, String packed, String immediate) {
        t.row("VEX NP " + opcode, vex(kind + PS), packed + immediate);
        t.row("VEX 66 " + opcode, vex(kind + PD), packed + immediate);
        t.row("VEX F3 " + opcode, vex(kind + SS), "Vss Hss Wss" + immediate);
        t.row("VEX F2 " + opcode, vex(kind + SD), "Vsd Hsd Wsd" + immediate);
    }

    private static void comparisons(Table t) {
        t.row("VEX NP 0F 2E", vex(UCOMISS), "Vss Wss");
        t.row("VEX 66 0F 2E", vex(UCOMISD), "Vsd Wsd");
        t.row("VEX NP 0F 2F", vex(COMISS), "Vss Wss");
        t.row("VEX 66 0F 2F", vex(COMISD), "Vsd Wsd");
    }

    private static void convertGeneral(Table t) {
        t.row("VEX F3 W0 0F 2A", vex(CVTSI2SS), "Vss Hss Ed");
        t.row("VEX F3 W1 0F 2A", vex(CVTSI2SS_64), "Vss Hss Eq");
        t.row("VEX F2 W0 0F 2A", vex(CVTSI2SD), "Vsd Hsd Ed");
        t.row("VEX F2 W1 0F 2A", vex(CVTSI2SD_64), "Vsd Hsd Eq");
        t.row("VEX F3 W0 0F 2C", vex(CVTTSS2SI), "Gd Wss");
        t.row("VEX F3 W1 0F 2C", vex(CVTTSS2SI_64), "Gq Wss");
        t.row("VEX F2 W0 0F 2C", vex(CVTTSD2SI), "Gd Wsd");
        t.row("VEX F2 W1 0F 2C", vex(CVTTSD2SI_64), "Gq Wsd");
        t.row("VEX F3 W0 0F 2D", vex(CVTSS2SI), "Gd Wss");
        t.row("VEX F3 W1 0F 2D", vex(CVTSS2SI_64), "Gq Wss");
        t.row("VEX F2 W0 0F 2D", vex(CVTSD2SI), "Gd Wsd");
        t.row("VEX F2 W1 0F 2D", vex(CVTSD2SI_64), "Gq Wsd");
    }

    private static void convertPacked(Table t) {
        // Where the element sizes differ, VEX.L tells the size of the doubles.
        t.row("VEX NP 0F 5A", vex(CVTPS2PD), "Vx Wq");
        t.row("VEX 66 0F 5A", vex(CVTPD2PS), "Vx Wx");
        t.row("VEX F3 0F 5A", vex(CVTSS2SD), "Vsd Hsd Wss");
        t.row("VEX F2 0F 5A", vex(CVTSD2SS), "Vss Hss Wsd");
        t.row("VEX NP 0F 5B", vex(CVTDQ2PS), "Vx Wx");
        t.row("VEX 66 0F 5B", vex(CVTPS2DQ), "Vx Wx");
        t.row("VEX F3 0F 5B", vex(CVTTPS2DQ), "Vx Wx");
        t.row("VEX F3 0F E6", vex(CVTDQ2PD), "Vx Wq");
        t.row("VEX F2 0F E6", vex(CVTPD2DQ), "Vx Wx");
        t.row("VEX 66 0F E6", vex(CVTTPD2DQ), "Vx Wx");
    }

    private static void crypto(Table t) {
        t.row("VEX L0 66 0F 38 DB", vex(AESIMC), "Vdq Wdq");
        t.row("VEX 66 0F 38 DC", vex(AESENC), "Vx Hx Wx");
        t.row("VEX 66 0F 38 DD", vex(AESENCLAST), "Vx Hx Wx");
        t.row("VEX 66 0F 38 DE", vex(AESDEC), "Vx Hx Wx");
        t.row("VEX 66 0F 38 DF", vex(AESDECLAST), "Vx Hx Wx");
        t.row("VEX L0 66 0F 3A DF", vex(AESKEYGENASSIST), "Vdq Wdq Ib");
        t.row("VEX 66 0F 3A 44", vex(PCLMULQDQ), "Vx Hx Wx Ib");
    }
}
