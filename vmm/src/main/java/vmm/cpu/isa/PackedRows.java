package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.ALIGNED;

/**
 * Packed integer operations that exist for MMX and for XMM registers alike (prefix NP and 66, SDM
 * volume 2 tables ), and under VEX for XMM and YMM registers. The number within the
 * family is the same for all.
 */
public final class PackedRows {
    // Families MMX and SSE_INTEGER: each 64 bits of the result depend on the same 64 bits of the
    // operands.
    public static final int PADDB = 0,
            PADDW = 1,
            PADDD = 2,
            PADDQ = 3,
            PSUBB = 4,
            PSUBW = 5,
            PSUBD = 6,
            PSUBQ = 7,
            PADDSB = 8,
            PADDSW = 9,
            PADDUSB = 10,
            PADDUSW = 11,
            PSUBSB = 12,
            PSUBSW = 13,
            PSUBUSB = 14,
            PSUBUSW = 15;
    public static final int PCMPEQB = 16,
            PCMPEQW = 17,
            PCMPEQD = 18,
            PCMPEQQ = 19,
            PCMPGTB = 20,
            PCMPGTW = 21,
            PCMPGTD = 22,
            PCMPGTQ = 23,
            PAND = 24,
            PANDN = 25,
            POR = 26,
            PXOR = 27,
            PMINUB = 28,
            PMINUW = 29,
            PMINUD = 30,
            PMINSB = 31;
    public static final int PMINSW = 32,
            PMINSD = 33,
            PMAXUB = 34,
            PMAXUW = 35,
            PMAXUD = 36,
            PMAXSB = 37,
            PMAXSW = 38,
            PMAXSD = 39,
            PMULLW = 40,
            PMULHW = 41,
            PMULHUW = 42,
            PMULLD = 43,
            PMULUDQ = 44,
            PMULDQ = 45,
            PMULHRSW = 46,
            PMADDWD = 47;
    public static final int PMADDUBSW = 48,
            PSADBW = 49,
            PAVGB = 50,
            PAVGW = 51,
            PABSB = 52,
            PABSW = 53,
            PABSD = 54,
            PSIGNB = 55,
            PSIGNW = 56,
            PSIGND = 57;

    // Families MMX_MORE and SSE_SHUFFLE: an operation on a pair of 64-bit values; the XMM form
    // applies it to the halves of the first and then of the second operand.
    public static final int PACKSSWB = 0,
            PACKUSWB = 1,
            PACKSSDW = 2,
            PACKUSDW = 3,
            PHADDW = 4,
            PHADDD = 5,
            PHADDSW = 6,
            PHSUBW = 7,
            PHSUBD = 8,
            PHSUBSW = 9;
    // The same two families.
    public static final int PUNPCKLBW = 10,
            PUNPCKLWD = 11,
            PUNPCKLDQ = 12,
            PUNPCKLQDQ = 13,
            PUNPCKHBW = 14,
            PUNPCKHWD = 15,
            PUNPCKHDQ = 16,
            PUNPCKHQDQ = 17,
            PSHUFB = 18,
            PALIGNR = 19;
    public static final int PSRLW = 20,
            PSRLD = 21,
            PSRLQ = 22,
            PSRAW = 23,
            PSRAD = 24,
            PSLLW = 25,
            PSLLD = 26,
            PSLLQ = 27;
    // The same shifts with an immediate count; the distance is fixed.
    public static final int IMMEDIATE = 8,
            PSRLW_IB = 28,
            PSRLD_IB = 29,
            PSRLQ_IB = 30,
            PSRAW_IB = 31,
            PSRAD_IB = 32,
            PSLLW_IB = 33,
            PSLLD_IB = 34,
            PSLLQ_IB = 35;

    private PackedRows() {}

    static void define(Table t) {
        addAndSubtract(t);
        compareAndLogic(t);
        multiply(t);
        ssse3(t);
        sse41(t);
        pairs(t);
        shifts(t);
    }

    private static void addAndSubtract(Table t) {
        lane(t, "0F D4", PADDQ);
        lane(t, "0F D8", PSUBUSB);
        lane(t, "0F D9", PSUBUSW);
        lane(t, "0F DC", PADDUSB);
        lane(t, "0F DD", PADDUSW);
        lane(t, "0F E8", PSUBSB);
        lane(t, "0F E9", PSUBSW);
        lane(t, "0F EC", PADDSB);
        lane(t, "0F ED", PADDSW);
        lane(t, "0F F8", PSUBB);
        lane(t, "0F F9", PSUBW);
        lane(t, "0F FA", PSUBD);
        lane(t, "0F FB", PSUBQ);
        lane(t, "0F FC", PADDB);
        lane(t, "0F FD", PADDW);
        lane(t, "0F FE", PADDD);
        lane(t, "0F E0", PAVGB);
        lane(t, "0F E3", PAVGW);
    }

    private static void compareAndLogic(Table t) {
        lane(t, "0F 64", PCMPGTB);
        lane(t, "0F 65", PCMPGTW);
        lane(t, "0F 66", PCMPGTD);
        lane(t, "0F 74", PCMPEQB);
        lane(t, "0F 75", PCMPEQW);
        lane(t, "0F 76", PCMPEQD);
        lane(t, "0F DA", PMINUB);
        lane(t, "0F DE", PMAXUB);
        lane(t, "0F EA", PMINSW);
        lane(t, "0F EE", PMAXSW);
        lane(t, "0F DB", PAND);
        lane(t, "0F DF", PANDN);
        lane(t, "0F EB", POR);
        lane(t, "0F EF", PXOR);
        // The logic of packed floats is the logic of their bits.
        for (String prefix : new String[] {"NP ", "66 "}) {
            vector(t, prefix + "0F 54", PAND);
            vector(t, prefix + "0F 55", PANDN);
            vector(t, prefix + "0F 56", POR);
            vector(t, prefix + "0F 57", PXOR);
        }
    }

    private static void multiply(Table t) {
        lane(t, "0F D5", PMULLW);
        lane(t, "0F E4", PMULHUW);
        lane(t, "0F E5", PMULHW);
        lane(t, "0F F4", PMULUDQ);
        lane(t, "0F F5", PMADDWD);
        lane(t, "0F F6", PSADBW);
    }

    private static void ssse3(Table t) {
        lane(t, "0F 38 04", PMADDUBSW);
        lane(t, "0F 38 08", PSIGNB);
        lane(t, "0F 38 09", PSIGNW);
        lane(t, "0F 38 0A", PSIGND);
        lane(t, "0F 38 0B", PMULHRSW);
        absolute(t, "0F 38 1C", PABSB);
        absolute(t, "0F 38 1D", PABSW);
        absolute(t, "0F 38 1E", PABSD);
    }

    private static void sse41(Table t) {
        wide(t, "0F 38 28", PMULDQ);
        wide(t, "0F 38 29", PCMPEQQ);
        wide(t, "0F 38 37", PCMPGTQ);
        wide(t, "0F 38 38", PMINSB);
        wide(t, "0F 38 39", PMINSD);
        wide(t, "0F 38 3A", PMINUW);
        wide(t, "0F 38 3B", PMINUD);
        wide(t, "0F 38 3C", PMAXSB);
        wide(t, "0F 38 3D", PMAXSD);
        wide(t, "0F 38 3E", PMAXUW);
        wide(t, "0F 38 3F", PMAXUD);
        wide(t, "0F 38 40", PMULLD);
    }

    private static void pairs(Table t) {
        pair(t, "0F 63", PACKSSWB);
        pair(t, "0F 67", PACKUSWB);
        pair(t, "0F 6B", PACKSSDW);
        widePair(t, "0F 38 2B", PACKUSDW);
        // The MMX forms of the low interleaves read only 32 bits of memory.
        pair(t, "0F 60", PUNPCKLBW, "Pq Qd");
        pair(t, "0F 61", PUNPCKLWD, "Pq Qd");
        pair(t, "0F 62", PUNPCKLDQ, "Pq Qd");
        pair(t, "0F 68", PUNPCKHBW);
        pair(t, "0F 69", PUNPCKHWD);
        pair(t, "0F 6A", PUNPCKHDQ);
        widePair(t, "0F 6C", PUNPCKLQDQ);
        widePair(t, "0F 6D", PUNPCKHQDQ);
        pair(t, "0F 38 00", PSHUFB);
        pair(t, "0F 38 01", PHADDW);
        pair(t, "0F 38 02", PHADDD);
        pair(t, "0F 38 03", PHADDSW);
        pair(t, "0F 38 05", PHSUBW);
        pair(t, "0F 38 06", PHSUBD);
        pair(t, "0F 38 07", PHSUBSW);
        t.row("NP 0F 3A 0F", Family.op(Family.MMX_MORE, PALIGNR), "Pq Qq Ib");
        int align = Family.op(Family.SSE_SHUFFLE, PALIGNR);
        t.row("66 0F 3A 0F", align, "Vx Wx Ib", ALIGNED);
        t.row("VEX 66 0F 3A 0F", Family.vex(align), "Vx Hx Wx Ib");
    }

    private static void shifts(Table t) {
        shift(t, "0F D1", PSRLW);
        shift(t, "0F D2", PSRLD);
        shift(t, "0F D3", PSRLQ);
        shift(t, "0F E1", PSRAW);
        shift(t, "0F E2", PSRAD);
        shift(t, "0F F1", PSLLW);
        shift(t, "0F F2", PSLLD);
        shift(t, "0F F3", PSLLQ);
        immediateShift(t, "0F 71 /2", PSRLW_IB);
        immediateShift(t, "0F 71 /4", PSRAW_IB);
        immediateShift(t, "0F 71 /6", PSLLW_IB);
        immediateShift(t, "0F 72 /2", PSRLD_IB);
        immediateShift(t, "0F 72 /4", PSRAD_IB);
        immediateShift(t, "0F 72 /6", PSLLD_IB);
        immediateShift(t, "0F 73 /2", PSRLQ_IB);
        immediateShift(t, "0F 73 /6", PSLLQ_IB);
    }

    private static void lane(Table t, String opcode, int n) {
        t.row("NP " + opcode, Family.op(Family.MMX, n), "Pq Qq");
        wide(t, opcode, n);
    }

    private static void wide(Table t, String opcode, int n) {
        vector(t, "66 " + opcode, n);
    }

    private static void vector(Table t, String encoding, int n) {
        t.row(encoding, Family.op(Family.SSE_INTEGER, n), "Vx Wx", ALIGNED);
        t.row("VEX " + encoding, Family.op(Family.VEX_INTEGER, n), "Vx Hx Wx");
    }

    private static void absolute(Table t, String opcode, int n) {
        t.row("NP " + opcode, Family.op(Family.MMX, n), "Pq Qq");
        t.row("66 " + opcode, Family.op(Family.SSE_INTEGER, n), "Vx Wx", ALIGNED);
        t.row("VEX 66 " + opcode, Family.op(Family.VEX_INTEGER, n), "Vx Wx");
    }

    private static void pair(Table t, String opcode, int n) {
        pair(t, opcode, n, "Pq Qq");
    }

    private static void pair(Table t, String opcode, int n, String operands) {
        t.row("NP " + opcode, Family.op(Family.MMX_MORE, n), operands);
        widePair(t, opcode, n);
    }

    private static void widePair(Table t, String opcode, int n) {
        t.row("66 " + opcode, Family.op(Family.SSE_SHUFFLE, n), "Vx Wx", ALIGNED);
        t.row("VEX 66 " + opcode, Family.op(Family.VEX_SHUFFLE, n), "Vx Hx Wx");
    }

    /** The count is in the low half of 128 bits, also under VEX.256. */
    private static void shift(Table t, String opcode, int n) {
        t.row("NP " + opcode, Family.op(Family.MMX_MORE, n), "Pq Qq");
        t.row("66 " + opcode, Family.op(Family.SSE_SHUFFLE, n), "Vx Wx", ALIGNED);
        t.row("VEX 66 " + opcode, Family.op(Family.VEX_SHUFFLE, n), "Vx Hx Wdq");
    }

    private static void immediateShift(Table t, String opcode, int n) {
        t.row("NP " + opcode, Family.op(Family.MMX_MORE, n), "Nq Ib");
        t.row("66 " + opcode, Family.op(Family.SSE_SHUFFLE, n), "Ux Ib");
        t.row("VEX 66 " + opcode, Family.op(Family.VEX_SHUFFLE, n), "Hx Ux Ib");
    }
}
