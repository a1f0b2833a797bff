package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.ALIGNED;

/** Rows of AES-NI, PCLMULQDQ and the SHA extensions. */
public final class SseCryptoRows {
    private static final int C = Family.SSE_CRYPTO << 6;
    public static final int AESIMC = C,
            AESENC = C + 1,
            AESENCLAST = C + 2,
            AESDEC = C + 3,
            AESDECLAST = C + 4,
            AESKEYGENASSIST = C + 5,
            PCLMULQDQ = C + 6,
            SHA1RNDS4 = C + 7,
            SHA1NEXTE = C + 8,
            SHA1MSG1 = C + 9,
            SHA1MSG2 = C + 10,
            SHA256RNDS2 = C + 11,
            SHA256MSG1 = C + 12,
            SHA256MSG2 = C + 13;

    private SseCryptoRows() {}

    static void define(Table t) {
        t.row("66 0F 38 DB", AESIMC, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 DC", AESENC, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 DD", AESENCLAST, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 DE", AESDEC, "Vdq Wdq", ALIGNED);
        t.row("66 0F 38 DF", AESDECLAST, "Vdq Wdq", ALIGNED);
        t.row("66 0F 3A DF", AESKEYGENASSIST, "Vdq Wdq Ib", ALIGNED);
        t.row("66 0F 3A 44", PCLMULQDQ, "Vdq Wdq Ib", ALIGNED);
        t.row("NP 0F 3A CC", SHA1RNDS4, "Vdq Wdq Ib");
        t.row("NP 0F 38 C8", SHA1NEXTE, "Vdq Wdq");
        t.row("NP 0F 38 C9", SHA1MSG1, "Vdq Wdq");
        t.row("NP 0F 38 CA", SHA1MSG2, "Vdq Wdq");
        t.row("NP 0F 38 CB", SHA256RNDS2, "Vdq Wdq");
        t.row("NP 0F 38 CC", SHA256MSG1, "Vdq Wdq");
        t.row("NP 0F 38 CD", SHA256MSG2, "Vdq Wdq");
    }
}
