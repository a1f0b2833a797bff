package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.ALIGNED;
import static vmm.cpu.isa.Facts.NOT_TESTABLE;

/**
 * Rows of the SSE to SSE4.2 instructions that move, shuffle and extract, SDM volume 2 appendix A.
 * {@link #define} adds the rows of the other classes of the vector unit too.
 */
public final class SseRows {
    private static final int M = Family.SSE_MOVE << 6;
    public static final int MOVAPS = M,
            MOVAPS_STORE = M + 1,
            MOVUPS = M + 2,
            MOVUPS_STORE = M + 3,
            MOVSS = M + 4,
            MOVSS_STORE = M + 5,
            MOVSD = M + 6,
            MOVSD_STORE = M + 7,
            MOVLPS = M + 8,
            MOVLPS_STORE = M + 9,
            MOVHPS = M + 10,
            MOVHPS_STORE = M + 11,
            MOVD_FROM = M + 12,
            MOVQ_FROM = M + 13,
            MOVD_TO = M + 14,
            MOVQ_TO = M + 15;
    public static final int MOVQ = M + 16,
            MOVQ_STORE = M + 17,
            MOVNTI_32 = M + 18,
            MOVNTI_64 = M + 19,
            MASKMOVDQU = M + 20,
            LDMXCSR = M + 21,
            STMXCSR = M + 22,
            FXSAVE = M + 23,
            FXRSTOR = M + 24,
            FXSAVE64 = M + 25,
            FXRSTOR64 = M + 26;

    // Family SSE_SHUFFLE, after the numbers that PackedRows uses.
    private static final int S = Family.SSE_SHUFFLE << 6;
    public static final int PSRLDQ_IB = S + 36,
            PSLLDQ_IB = S + 37,
            PSHUFD = S + 38,
            PSHUFLW = S + 39,
            PSHUFHW = S + 40,
            SHUFPS = S + 41,
            SHUFPD = S + 42,
            MOVDDUP = S + 43,
            MOVSLDUP = S + 44,
            MOVSHDUP = S + 45;
    public static final int BLENDPS = S + 46,
            BLENDPD = S + 47,
            PBLENDW = S + 48,
            PBLENDVB = S + 49,
            BLENDVPS = S + 50,
            BLENDVPD = S + 51,
            INSERTPS = S + 52;

    private static final int I = Family.SSE_INTEGER_MORE << 6;
    public static final int PMOVMSKB = I,
            MOVMSKPS = I + 1,
            MOVMSKPD = I + 2,
            PINSRB = I + 3,
            PINSRW = I + 4,
            PINSRD = I + 5,
            PINSRQ = I + 6,
            PEXTRB = I + 7,
            PEXTRW = I + 8,
            PEXTRW_REG = I + 9,
            PEXTRD = I + 10,
            PEXTRQ = I + 11;
    public static final int PMOVSXBW = I + 12,
            PMOVSXBD = I + 13,
            PMOVSXBQ = I + 14,
            PMOVSXWD = I + 15,
            PMOVSXWQ = I + 16,
            PMOVSXDQ = I + 17,
            PMOVZXBW = I + 18,
            PMOVZXBD = I + 19,
            PMOVZXBQ = I + 20,
            PMOVZXWD = I + 21,
            PMOVZXWQ = I + 22,
            PMOVZXDQ = I + 23;
    public static final int PHMINPOSUW = I + 24,
            MPSADBW = I + 25,
            PTEST = I + 26,
            PCMPESTRM = I + 27,
            PCMPESTRI = I + 28,
            PCMPESTRM_64 = I + 29,
            PCMPESTRI_64 = I + 30,
            PCMPISTRM = I + 31,
            PCMPISTRI = I + 32;

    private SseRows() {}

    static void define(Table t) {
        PackedRows.define(t);
        MmxRows.define(t);
        SseFloatRows.define(t);
        SseCryptoRows.define(t);
        moves(t);
        partialMoves(t);
        state(t);
        shuffles(t);
        blends(t);
        extracts(t);
        extensions(t);
        strings(t);
        VexRows.define(t);
        AvxRows.define(t);
    }

    private static void moves(Table t) {
        t.row("NP 0F 28", MOVAPS, "Vx Wx", ALIGNED);
        t.row("66 0F 28", MOVAPS, "Vx Wx", ALIGNED);
        t.row("66 0F 6F", MOVAPS, "Vx Wx", ALIGNED);
        t.row("66 0F 38 2A", MOVAPS, "Vx Mx", ALIGNED);
        t.row("NP 0F 29", MOVAPS_STORE, "Wx Vx", ALIGNED);
        t.row("66 0F 29", MOVAPS_STORE, "Wx Vx", ALIGNED);
        t.row("66 0F 7F", MOVAPS_STORE, "Wx Vx", ALIGNED);
        t.row("NP 0F 2B", MOVAPS_STORE, "Mx Vx", ALIGNED);
        t.row("66 0F 2B", MOVAPS_STORE, "Mx Vx", ALIGNED);
        t.row("66 0F E7", MOVAPS_STORE, "Mx Vx", ALIGNED);
        t.row("NP 0F 10", MOVUPS, "Vx Wx");
        t.row("66 0F 10", MOVUPS, "Vx Wx");
        t.row("F3 0F 6F", MOVUPS, "Vx Wx");
        t.row("F2 0F F0", MOVUPS, "Vx Mx");
        t.row("NP 0F 11", MOVUPS_STORE, "Wx Vx");
        t.row("66 0F 11", MOVUPS_STORE, "Wx Vx");
        t.row("F3 0F 7F", MOVUPS_STORE, "Wx Vx");
        t.row("NP W0 0F C3", MOVNTI_32, "Md Gd");
        t.row("NP REX.W 0F C3", MOVNTI_64, "Mq Gq");
        t.row("66 0F F7", MASKMOVDQU, "Vdq Udq");
    }

    private static void partialMoves(Table t) {
        t.row("F3 0F 10", MOVSS, "Vx Wss");
        t.row("F3 0F 11", MOVSS_STORE, "Wss Vss");
        t.row("F2 0F 10", MOVSD, "Vx Wsd");
        t.row("F2 0F 11", MOVSD_STORE, "Wsd Vsd");
        // With a register operand these are MOVHLPS and MOVLHPS.
        t.row("NP 0F 12", MOVLPS, "Vq Wq");
        t.row("66 0F 12", MOVLPS, "Vq Mq");
        t.row("NP 0F 13", MOVLPS_STORE, "Mq Vq");
        t.row("66 0F 13", MOVLPS_STORE, "Mq Vq");
        t.row("NP 0F 16", MOVHPS, "Vdq Wq");
        t.row("66 0F 16", MOVHPS, "Vdq Mq");
        t.row("NP 0F 17", MOVHPS_STORE, "Mq Vdq");
        t.row("66 0F 17", MOVHPS_STORE, "Mq Vdq");
        t.row("66 W0 0F 6E", MOVD_FROM, "Vdq Ed");
        t.row("66 REX.W 0F 6E", MOVQ_FROM, "Vdq Eq");
        t.row("66 W0 0F 7E", MOVD_TO, "Ed Vd");
        t.row("66 REX.W 0F 7E", MOVQ_TO, "Eq Vq");
        t.row("F3 0F 7E", MOVQ, "Vq Wq");
        t.row("66 0F D6", MOVQ_STORE, "Wq Vq");
    }

    private static void state(Table t) {
        t.row("NP 0F AE /2", LDMXCSR, "Md");
        t.row("NP 0F AE /3", STMXCSR, "Md");
        // The pointers that they hold are the machine's own.
        t.row("NP W0 0F AE /0", FXSAVE, "M", NOT_TESTABLE);
        t.row("NP W0 0F AE /1", FXRSTOR, "M", NOT_TESTABLE);
        t.row("NP REX.W 0F AE /0", FXSAVE64, "M", NOT_TESTABLE);
        t.row("NP REX.W 0F AE /1", FXRSTOR64, "M", NOT_TESTABLE);
    }

    private static void shuffles(Table t) {
        t.row("66 0F 73 /3", PSRLDQ_IB, "Ux Ib");
        t.row("66 0F 73 /7", PSLLDQ_IB, "Ux Ib");
        t.row("66 0F 70", PSHUFD, "Vx Wx Ib", ALIGNED);
        t.row("F2 0F 70", PSHUFLW, "Vx Wx Ib", ALIGNED);
        t.row("F3 0F 70", PSHUFHW, "Vx Wx Ib", ALIGNED);
        t.row("NP 0F C6", SHUFPS, "Vx Wx Ib", ALIGNED);
        t.row("66 0F C6", SHUFPD, "Vx Wx Ib", ALIGNED);
        t.row("F2 0F 12", MOVDDUP, "Vx Wq");
        t.row("F3 0F 12", MOVSLDUP, "Vx Wx", ALIGNED);
        t.row("F3 0F 16", MOVSHDUP, "Vx Wx", ALIGNED);
        // Interleaving packed floats is interleaving doublewords and quadwords.
        int low = S + PackedRows.PUNPCKLDQ;
        int high = S + PackedRows.PUNPCKHDQ;
        t.row("NP 0F 14", low, "Vx Wx", ALIGNED);
        t.row("66 0F 14", low + 1, "Vx Wx", ALIGNED);
        t.row("NP 0F 15", high, "Vx Wx", ALIGNED);
        t.row("66 0F 15", high + 1, "Vx Wx", ALIGNED);
    }

    private static void blends(Table t) {
        t.row("66 0F 3A 0C", BLENDPS, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 3A 0D", BLENDPD, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 3A 0E", PBLENDW, "Vx Wx Ib", ALIGNED);
        t.row("66 0F 38 10", PBLENDVB, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 14", BLENDVPS, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 15", BLENDVPD, "Vdq Wdq", ALIGNED);
        t.row("66 0F 3A 21", INSERTPS, "Vdq Wd Ib");
    }

    private static void extracts(Table t) {
        t.row("66 0F D7", PMOVMSKB, "Gd Ux");
        t.row("NP 0F 50", MOVMSKPS, "Gd Ux");
        t.row("66 0F 50", MOVMSKPD, "Gd Ux");
        t.row("66 0F C4", PINSRW, "Vdq Ew Ib");
        t.row("66 0F C5", PEXTRW_REG, "Gd Udq Ib");
        t.row("66 0F 3A 14", PEXTRB, "Eb Vdq Ib");
        t.row("66 0F 3A 15", PEXTRW, "Ew Vdq Ib");
        t.row("66 W0 0F 3A 16", PEXTRD, "Ed Vdq Ib");
        t.row("66 REX.W 0F 3A 16", PEXTRQ, "Eq Vdq Ib");
        t.row("66 0F 3A 17", PEXTRD, "Ed Vdq Ib");
        t.row("66 0F 3A 20", PINSRB, "Vdq Eb Ib");
        t.row("66 W0 0F 3A 22", PINSRD, "Vdq Ed Ib");
        t.row("66 REX.W 0F 3A 22", PINSRQ, "Vdq Eq Ib");
    }

    private static void extensions(Table t) {
        t.row("66 0F 38 20", PMOVSXBW, "Vx Wq");
        t.row("66 0F 38 21", PMOVSXBD, "Vx Wd");
        t.row("66 0F 38 22", PMOVSXBQ, "Vx Ww");
        t.row("66 0F 38 23", PMOVSXWD, "Vx Wq");
        t.row("66 0F 38 24", PMOVSXWQ, "Vx Wd");
        t.row("66 0F 38 25", PMOVSXDQ, "Vx Wq");
        t.row("66 0F 38 30", PMOVZXBW, "Vx Wq");
        t.row("66 0F 38 31", PMOVZXBD, "Vx Wd");
        t.row("66 0F 38 32", PMOVZXBQ, "Vx Ww");
        t.row("66 0F 38 33", PMOVZXWD, "Vx Wq");
        t.row("66 0F 38 34", PMOVZXWQ, "Vx Wd");
        t.row("66 0F 38 35", PMOVZXDQ, "Vx Wq");
    }

    private static void strings(Table t) {
        t.row("66 0F 38 17", PTEST, "Vx Wx", ALIGNED);
        t.row("66 0F 38 41", PHMINPOSUW, "Vdq Wdq", ALIGNED);
        t.row("66 0F 3A 42", MPSADBW, "Vx Wx Ib", ALIGNED);
        // W selects whether the lengths are in EAX and EDX or in RAX and RDX.
        t.row("66 W0 0F 3A 60", PCMPESTRM, "Vdq Wdq Ib");
        t.row("66 W0 0F 3A 61", PCMPESTRI, "Vdq Wdq Ib");
        t.row("66 REX.W 0F 3A 60", PCMPESTRM_64, "Vdq Wdq Ib");
        t.row("66 REX.W 0F 3A 61", PCMPESTRI_64, "Vdq Wdq Ib");
        t.row("66 0F 3A 62", PCMPISTRM, "Vdq Wdq Ib");
        t.row("66 0F 3A 63", PCMPISTRI, "Vdq Wdq Ib");
    }
}
