package vmm.cpu.exec;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.Row;
import vmm.cpu.isa.SseFloatRows;
import vmm.cpu.isa.SseRows;
import vmm.cpu.isa.Table;

/**
 * Instructions with inputs for every row of the vector unit, the same ones on every run: made from
 * the row's text and {@link Random}, whose algorithm is specified.
 *
 * <p>A case is an array of longs: XMM0..2, MM1, MM2, RAX, RCX, RDX, flags, MXCSR, fault vector (0
 * before), 32 bytes of memory, then 16 bytes whose first ones are the instruction and whose last is
 * its length. The register operand is number 1, the other one number 2 or memory at RBX; RDI points
 * there too.
 */
final class VectorCases {
    static final int XMM = 0, MM = 6, RAX = 8, RCX = 9, RDX = 10, FLAGS = 11, MXCSR = 12;
    static final int FAULT = 13, MEMORY = 14, CODE = 18, LENGTH = 20;

    private static final int ARITHMETIC_FLAGS = 0x8d5;

    private static final long[] DOUBLES = {
        0,
        1L << 63,
        0x3ff0000000000000L,
        0xbff8000000000000L,
        0x7ff0000000000000L,
        0xfff0000000000000L,
        0x7ff8000000000001L,
        0xfff8000000001234L,
        0x7ff0000000000001L,
        0xfff4000000abcdefL,
        1,
        0x000fffffffffffffL,
        0x800000000badcafeL,
        0x0010000000000000L,
        0x8010000000000001L,
        0x7fefffffffffffffL,
        0xffe0000000000000L,
        0x43e0000000000000L,
        0xc3e0000000000000L,
        0x41dfffffffe00000L,
        0xc1e0000000000000L,
        0x4330000000000001L,
        0x3fe0000000000000L,
        0x4004000000000000L,
        0x3690000000000000L,
        0x380fffffe0000000L,
        0x47efffffefffffffL,
        0x4008000000000000L,
        0x3ca0000000000000L,
        0x1ff0000000000000L
    };

    private static final int[] SINGLES = {
        0,
        0x80000000,
        0x3f800000,
        0xbfc00000,
        0x7f800000,
        0xff800000,
        0x7fc00001,
        0xffc12345,
        0x7f800001,
        0xffa00abc,
        1,
        0x007fffff,
        0x80012345,
        0x00800000,
        0x80800001,
        0x7f7fffff,
        0xff000000,
        0x4f000000,
        0xcf000000,
        0x4effffff,
        0x5f000000,
        0xdf000000,
        0x4b000001,
        0x3f000000,
        0x40200000,
        0x40400000,
        0x33800000,
        0x1f800000
    };

    private VectorCases() {}

    /** Name of a form of a row: its encoding and what the second operand is. */
    static String name(Row row, boolean memory) {
        return row.encoding() + (memory ? " m" : " r");
    }

    /** The rows that the host's processor can check. */
    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Row row : Table.standard().rows()) {
            int family = row.op() >> 6;
            boolean vector =
                    family >= Family.SSE_MOVE && family <= Family.MMX || family == Family.MMX_MORE;
            if (vector
                    && !row.encoding().startsWith("VEX")
                    && (row.facts() & Facts.NOT_TESTABLE) == 0) {
                rows.add(row);
            }
        }
        return rows;
    }

    static boolean has(Row row, boolean memory) {
        for (String operand : row.operands().split(" ")) {
            char kind = operand.isEmpty() ? ' ' : operand.charAt(0);
            if (memory ? "UN".indexOf(kind) >= 0 : kind == 'M') {
                return false;
            }
        }
        return !memory || !row.operands().isEmpty();
    }

    static List<long[]> cases(Row row, boolean memory, int count) {
        Random random = new Random(name(row, memory).hashCode());
        List<long[]> cases = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            cases.add(one(row, memory, random));
        }
        return cases;
    }

    private static long[] one(Row row, boolean memory, Random random) {
        long[] state = new long[LENGTH];
        int kind = random.nextInt(4);
        for (int k = 0; k < RAX; k++) {
            state[k] = value(random, kind);
        }
        for (int k = RAX; k <= RDX; k++) {
            state[k] = random.nextInt(3) == 0 ? random.nextLong() : random.nextInt(40) - 20;
        }
        for (int k = MEMORY; k < CODE; k++) {
            state[k] = value(random, kind);
        }
        state[FLAGS] = random.nextInt() & ARITHMETIC_FLAGS;
        state[MXCSR] = mxcsr(random);
        if (row.op() == SseRows.LDMXCSR) {
            state[MEMORY] &= 0xffff;
        }
        boolean shift = kind == 0 && random.nextBoolean();
        if (shift) {
            // Counts that are in range.
            state[XMM + 4] = random.nextInt(70);
            state[MM + 1] = random.nextInt(70);
            state[MEMORY] = random.nextInt(70);
        }
        byte[] code = code(row, memory, random);
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(code).put(15, (byte) code.length);
        state[CODE] = bytes.getLong(0);
        state[CODE + 1] = bytes.getLong(8);
        return state;
    }

    private static long value(Random random, int kind) {
        return switch (kind) {
            case 0 -> random.nextLong();
            case 1 -> single(random) & 0xffff_ffffL | (long) single(random) << 32;
            case 2 -> doubleBits(random);
            default ->
                    // Text: few different bytes, with zeros.
                    random.nextLong() & 0x0301030103010301L;
        };
    }

    private static int single(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> SINGLES[random.nextInt(SINGLES.length)];
            case 1 -> Float.floatToRawIntBits(random.nextInt(64) - 32) ^ random.nextInt(2) << 22;
            default -> random.nextInt();
        };
    }

    private static long doubleBits(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> DOUBLES[random.nextInt(DOUBLES.length)];
            case 1 ->
                    Double.doubleToRawLongBits(random.nextInt(64) - 32)
                            ^ (long) random.nextInt(2) << 51;
            default -> random.nextLong();
        };
    }

    private static long mxcsr(Random random) {
        int value = 0x1f80;
        value |= random.nextInt(3) == 0 ? random.nextInt(64) : 0;
        value |= random.nextInt(2) == 0 ? random.nextInt(4) << 13 : 0;
        value |= random.nextInt(4) == 0 ? 1 << 15 : 0;
        value |= random.nextInt(4) == 0 ? 1 << 6 : 0;
        value &= random.nextInt(4) == 0 ? ~(random.nextInt(64) << 7) : ~0;
        return value;
    }

    private static byte[] code(Row row, boolean memory, Random random) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        String[] parts = row.encoding().split(" ");
        int modRm = memory ? 0x0b : 0xca;
        for (String part : parts) {
            switch (part) {
                case "NP", "W0" -> {}
                case "REX.W" -> code.write(0x48);
                default -> {
                    if (part.startsWith("/")) {
                        modRm = modRm & ~0x38 | Integer.parseInt(part.substring(1)) << 3;
                    } else {
                        code.write(HexFormat.fromHexDigits(part));
                    }
                }
            }
        }
        if (!row.operands().isEmpty()) {
            code.write(modRm);
        }
        if (row.operands().endsWith("Ib")) {
            boolean predicate = (row.op() & ~3) == SseFloatRows.CMP;
            code.write(random.nextInt(predicate ? 8 : random.nextBoolean() ? 256 : 32));
        }
        return code.toByteArray();
    }

    /** Folds the state after an instruction into a digest. */
    static long digest(long before, long[] state) {
        long digest = before;
        for (int k = 0; k < CODE; k++) {
            digest = Long.rotateLeft((digest ^ state[k]) * 0x9e3779b97f4a7c15L, 29);
        }
        return digest;
    }
}
