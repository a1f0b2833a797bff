package vmm.cpu.isa;

import java.util.Set;

/** With which {@link CpuLevel} a row came. */
final class Levels {
    /** Rows of the maps 0F 38 and 0F 3A, and of 0F, that are newer than SSE4.2. */
    private static final Set<String> NEWEST =
            Set.of(
                    "0F 38 F0",
                    "0F 38 F1",
                    "F3 0F 38 F0",
                    "F3 0F 38 F1", // MOVBE
                    "66 0F 38 F6",
                    "F3 0F 38 F6",
                    "66 0F 38 82", // ADX, INVPCID
                    "F3 0F BC",
                    "F3 0F BD",
                    "66 0F AE /6",
                    "66 0F AE /7");

    /** SSE3 and what else came between SSE2 and SSE4.2 outside these maps. */
    private static final Set<String> SECOND =
            Set.of(
                    "66 0F D0",
                    "F2 0F D0",
                    "66 0F 7C",
                    "F2 0F 7C",
                    "66 0F 7D",
                    "F2 0F 7D",
                    "F3 0F 12",
                    "F2 0F 12",
                    "F3 0F 16",
                    "F2 0F F0",
                    "DB /1",
                    "DD /1",
                    "DF /1",
                    "F3 0F B8",
                    "0F 01 F9");

    /** What SSE and SSE2 did for MMX registers, and the rest that a 686 does not have. */
    private static final Set<String> FIRST =
            Set.of(
                    "NP 0F 70",
                    "NP 0F C4",
                    "NP 0F C5",
                    "NP 0F D4",
                    "NP 0F D7",
                    "NP 0F DA",
                    "NP 0F DE",
                    "NP 0F E0",
                    "NP 0F E3",
                    "NP 0F E4",
                    "NP 0F E7",
                    "NP 0F EA",
                    "NP 0F EE",
                    "NP 0F F4",
                    "NP 0F F6",
                    "NP 0F F7",
                    "NP 0F FB",
                    "F2 0F D6",
                    "F3 0F D6",
                    "NP 0F AE E8+i",
                    "NP 0F AE F0+i",
                    "NP 0F AE F8+i",
                    "NP 0F AE /7",
                    "0F 05",
                    "0F 07");

    private Levels() {}

    static CpuLevel of(Row row) {
        String encoding = row.encoding();
        if (encoding.startsWith("VEX") || NEWEST.contains(encoding) || newer(row)) {
            return CpuLevel.V3;
        }
        boolean longMap = encoding.contains("0F 38 ") || encoding.contains("0F 3A ");
        if (longMap || SECOND.contains(encoding)) {
            return CpuLevel.V2;
        }
        int family = row.op() >> 6;
        boolean sse = family >= Family.SSE_MOVE && family <= Family.SSE_CRYPTO;
        boolean area = encoding.endsWith("0F AE /0") || encoding.endsWith("0F AE /1");
        return sse && !area || FIRST.contains(encoding) ? CpuLevel.V1 : CpuLevel.I686;
    }

    private static boolean newer(Row row) {
        int op = row.op();
        int family = op >> 6;
        return family == Family.SSE_CRYPTO
                || family == Family.SYSTEM
                        && (op >= SystemRows.XGETBV
                                || op >= SystemRows.CLAC && op <= SystemRows.RANDOM
                                || op == SystemRows.RDPID);
    }
}
