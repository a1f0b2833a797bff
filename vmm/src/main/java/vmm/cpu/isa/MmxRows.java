package vmm.cpu.isa;

/** Rows of the MMX instructions that have no twin on XMM registers; see {@link PackedRows}. */
public final class MmxRows {
    // Family MMX_MORE, after the numbers that PackedRows uses.
    private static final int M = Family.MMX_MORE << 6;
    public static final int PSHUFW = M + 36,
            MOVD_FROM = M + 37,
            MOVQ_FROM = M + 38,
            MOVD_TO = M + 39,
            MOVQ_TO = M + 40,
            MOVQ = M + 41,
            MOVQ_STORE = M + 42,
            PMOVMSKB = M + 43,
            PINSRW = M + 44,
            PEXTRW = M + 45,
            MASKMOVQ = M + 46,
            MOVDQ2Q = M + 47,
            MOVQ2DQ = M + 48,
            EMMS = M + 49;

    private MmxRows() {}

    static void define(Table t) {
        t.row("NP 0F 70", PSHUFW, "Pq Qq Ib");
        t.row("NP W0 0F 6E", MOVD_FROM, "Pd Ed");
        t.row("NP REX.W 0F 6E", MOVQ_FROM, "Pq Eq");
        t.row("NP W0 0F 7E", MOVD_TO, "Ed Pd");
        t.row("NP REX.W 0F 7E", MOVQ_TO, "Eq Pq");
        t.row("NP 0F 6F", MOVQ, "Pq Qq");
        t.row("NP 0F 7F", MOVQ_STORE, "Qq Pq");
        t.row("NP 0F E7", MOVQ_STORE, "Mq Pq");
        t.row("NP 0F D7", PMOVMSKB, "Gd Nq");
        t.row("NP 0F C4", PINSRW, "Pq Ew Ib");
        t.row("NP 0F C5", PEXTRW, "Gd Nq Ib");
        t.row("NP 0F F7", MASKMOVQ, "Pq Nq");
        t.row("F2 0F D6", MOVDQ2Q, "Pq Uq");
        t.row("F3 0F D6", MOVQ2DQ, "Vdq Nq");
        t.row("NP 0F 77", EMMS, "");
    }
}
