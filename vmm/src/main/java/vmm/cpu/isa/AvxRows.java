package vmm.cpu.isa;

/**
 * Rows of the instructions that AVX, AVX2, F16C and FMA add to those of SSE, SDM volume 2 appendix
 * A and chapters 3 to 5.
 */
public final class AvxRows {
    private static final int A = Family.AVX << 6;
    public static final int VBROADCASTSS = A,
            VBROADCASTSD = A + 1,
            VBROADCAST128 = A + 2,
            VPBROADCASTB = A + 3,
            VPBROADCASTW = A + 4,
            VPERMILPS = A + 5,
            VPERMILPD = A + 6,
            VPERMILPS_IB = A + 7,
            VPERMILPD_IB = A + 8,
            VPERM2F128 = A + 9,
            VPERMQ_IB = A + 10,
            VPERMD = A + 11;
    public static final int VINSERT128 = A + 12,
            VEXTRACT128 = A + 13,
            VPBLENDD = A + 14,
            VTESTPS = A + 15,
            VTESTPD = A + 16,
            VPSRLVD = A + 17,
            VPSRLVQ = A + 18,
            VPSRAVD = A + 19,
            VPSLLVD = A + 20,
            VPSLLVQ = A + 21,
            VZEROUPPER = A + 22,
            VZEROALL = A + 23,
            VCVTPH2PS = A + 24,
            VCVTPS2PH = A + 25;

    // Family AVX_MASKED: memory is touched only where a mask says so.
    private static final int M = Family.AVX_MASKED << 6;
    public static final int LOAD_32 = M, LOAD_64 = M + 1, STORE_32 = M + 2, STORE_64 = M + 3;

    /** Index size, then element size. */
    public static final int GATHER_32_32 = M + 4,
            GATHER_32_64 = M + 5,
            GATHER_64_32 = M + 6,
            GATHER_64_64 = M + 7;

    // Family FMA: number = order + kind + (W, which selects double precision).
    private static final int F = Family.FMA << 6;

    /** Which operands are multiplied. */
    public static final int FMA132 = F, FMA213 = F + 20, FMA231 = F + 40;

    public static final int MADDSUB = 0,
            MSUBADD = 2,
            MADD = 4,
            MADD_SCALAR = 6,
            MSUB = 8,
            MSUB_SCALAR = 10,
            NMADD = 12,
            NMADD_SCALAR = 14,
            NMSUB = 16,
            NMSUB_SCALAR = 18;

    private AvxRows() {}

    static void define(Table t) {
        broadcasts(t);
        permutations(t);
        halves(t);
        shifts(t);
        state(t);
        masked(t);
        gathers(t);
        fused(t, "9", FMA132);
        fused(t, "A", FMA213);
        fused(t, "B", FMA231);
    }

    private static void broadcasts(Table t) {
        t.row("VEX 66 W0 0F 38 18", VBROADCASTSS, "Vx Wss");
        t.row("VEX L1 66 W0 0F 38 19", VBROADCASTSD, "Vqq Wsd");
        t.row("VEX L1 66 W0 0F 38 1A", VBROADCAST128, "Vqq Mdq");
        t.row("VEX L1 66 W0 0F 38 5A", VBROADCAST128, "Vqq Mdq");
        t.row("VEX 66 W0 0F 38 78", VPBROADCASTB, "Vx Wb");
        t.row("VEX 66 W0 0F 38 79", VPBROADCASTW, "Vx Ww");
        t.row("VEX 66 W0 0F 38 58", VBROADCASTSS, "Vx Wd");
        t.row("VEX 66 W0 0F 38 59", VBROADCASTSD, "Vx Wq");
    }

    private static void permutations(Table t) {
        t.row("VEX 66 W0 0F 38 0C", VPERMILPS, "Vx Hx Wx");
        t.row("VEX 66 W0 0F 38 0D", VPERMILPD, "Vx Hx Wx");
        t.row("VEX 66 W0 0F 3A 04", VPERMILPS_IB, "Vx Wx Ib");
        t.row("VEX 66 W0 0F 3A 05", VPERMILPD_IB, "Vx Wx Ib");
        t.row("VEX L1 66 W0 0F 3A 06", VPERM2F128, "Vqq Hqq Wqq Ib");
        t.row("VEX L1 66 W0 0F 3A 46", VPERM2F128, "Vqq Hqq Wqq Ib");
        t.row("VEX L1 66 W1 0F 3A 00", VPERMQ_IB, "Vqq Wqq Ib");
        t.row("VEX L1 66 W1 0F 3A 01", VPERMQ_IB, "Vqq Wqq Ib");
        t.row("VEX L1 66 W0 0F 38 16", VPERMD, "Vqq Hqq Wqq");
        t.row("VEX L1 66 W0 0F 38 36", VPERMD, "Vqq Hqq Wqq");
        t.row("VEX 66 W0 0F 3A 02", VPBLENDD, "Vx Hx Wx Ib");
    }

    private static void halves(Table t) {
        t.row("VEX L1 66 W0 0F 3A 18", VINSERT128, "Vqq Hqq Wdq Ib");
        t.row("VEX L1 66 W0 0F 3A 38", VINSERT128, "Vqq Hqq Wdq Ib");
        t.row("VEX L1 66 W0 0F 3A 19", VEXTRACT128, "Wdq Vqq Ib");
        t.row("VEX L1 66 W0 0F 3A 39", VEXTRACT128, "Wdq Vqq Ib");
        // The halves have half the size of the singles.
        t.row("VEX 66 W0 0F 38 13", VCVTPH2PS, "Vx Wq");
        t.row("VEX 66 W0 0F 3A 1D", VCVTPS2PH, "Wq Vx Ib");
    }

    private static void shifts(Table t) {
        t.row("VEX 66 W0 0F 38 45", VPSRLVD, "Vx Hx Wx");
        t.row("VEX 66 W1 0F 38 45", VPSRLVQ, "Vx Hx Wx");
        t.row("VEX 66 W0 0F 38 46", VPSRAVD, "Vx Hx Wx");
        t.row("VEX 66 W0 0F 38 47", VPSLLVD, "Vx Hx Wx");
        t.row("VEX 66 W1 0F 38 47", VPSLLVQ, "Vx Hx Wx");
    }

    private static void state(Table t) {
        t.row("VEX 66 W0 0F 38 0E", VTESTPS, "Vx Wx");
        t.row("VEX 66 W0 0F 38 0F", VTESTPD, "Vx Wx");
        t.row("VEX L0 NP 0F 77", VZEROUPPER, "");
        t.row("VEX L1 NP 0F 77", VZEROALL, "");
    }

    private static void masked(Table t) {
        t.row("VEX 66 W0 0F 38 2C", LOAD_32, "Vx Hx Mx");
        t.row("VEX 66 W0 0F 38 2D", LOAD_64, "Vx Hx Mx");
        t.row("VEX 66 W0 0F 38 2E", STORE_32, "Mx Hx Vx");
        t.row("VEX 66 W0 0F 38 2F", STORE_64, "Mx Hx Vx");
        t.row("VEX 66 W0 0F 38 8C", LOAD_32, "Vx Hx Mx");
        t.row("VEX 66 W1 0F 38 8C", LOAD_64, "Vx Hx Mx");
        t.row("VEX 66 W0 0F 38 8E", STORE_32, "Mx Hx Vx");
        t.row("VEX 66 W1 0F 38 8E", STORE_64, "Mx Hx Vx");
    }

    private static void gathers(Table t) {
        // Integers and floats: they differ in nothing that shows.
        for (int k = 0; k <= 2; k += 2) {
            t.row("VEX 66 W0 0F 38 9" + k, GATHER_32_32, "Vx Mx Hx", Facts.VSIB);
            t.row("VEX 66 W1 0F 38 9" + k, GATHER_32_64, "Vx Mx Hx", Facts.VSIB);
            t.row("VEX 66 W0 0F 38 9" + (k + 1), GATHER_64_32, "Vx Mx Hx", Facts.VSIB);
            t.row("VEX 66 W1 0F 38 9" + (k + 1), GATHER_64_64, "Vx Mx Hx", Facts.VSIB);
        }
    }

    private static void fused(Table t, String row, int order) {
        packed(t, row + "6", order + MADDSUB);
        packed(t, row + "7", order + MSUBADD);
        packed(t, row + "8", order + MADD);
        scalar(t, row + "9", order + MADD_SCALAR);
        packed(t, row + "A", order + MSUB);
        scalar(t, row + "B", order + MSUB_SCALAR);
        packed(t, row + "C", order + NMADD);
        scalar(t, row + "D", order + NMADD_SCALAR);
        packed(t, row + "E", order + NMSUB);
        scalar(t, row + "F", order + NMSUB_SCALAR);
    }

    private static void packed(Table t, String opcode, int op) {
        t.row("VEX 66 W0 0F 38 " + opcode, op, "Vx Hx Wx");
        t.row("VEX 66 W1 0F 38 " + opcode, op + 1, "Vx Hx Wx");
    }

    private static void scalar(Table t, String opcode, int op) {
        t.row("VEX 66 W0 0F 38 " + opcode, op, "Vss Hss Wss");
        t.row("VEX 66 W1 0F 38 " + opcode, op + 1, "Vsd Hsd Wsd");
    }
}
