package vmm.cpu.isa;

/**
 * Families of operations. An operation number is {@code family << 6 | n}: the run loop switches
 * over the family, the family's class in {@code vmm.cpu.exec} over {@code n} (0..63). Each family's
 * operation numbers are constants in the class of this package that defines its rows.
 */
public final class Family {
    public static final int ALU = 0,
            SHIFT = 1,
            MOVE = 2,
            BRANCH = 3,
            STACK = 4,
            STRING = 5,
            BIT = 6,
            MULTIPLY = 7,
            FLAG = 8,
            ATOMIC = 9;
    public static final int SYSTEM = 12, SEGMENT = 13, PORT = 14;
    public static final int SSE_MOVE = 16,
            SSE_INTEGER = 17,
            SSE_INTEGER_MORE = 18,
            SSE_SHUFFLE = 19,
            SSE_FLOAT = 20,
            SSE_CONVERT = 21,
            SSE_CRYPTO = 22;
    public static final int MMX = 23, MMX_MORE = 27;
    public static final int X87_ARITHMETIC = 24, X87_MOVE = 25, X87_CONTROL = 26;

    /** Added to a family of SSE: the same operations under VEX, with the same numbers. */
    static final int VEX = 32;

    /** What AVX, AVX2, F16C and FMA add. */
    public static final int AVX = 32, AVX_MASKED = 33, FMA = 34;

    public static final int VEX_MOVE = SSE_MOVE + VEX,
            VEX_INTEGER = SSE_INTEGER + VEX,
            VEX_INTEGER_MORE = SSE_INTEGER_MORE + VEX,
            VEX_SHUFFLE = SSE_SHUFFLE + VEX,
            VEX_FLOAT = SSE_FLOAT + VEX,
            VEX_CONVERT = SSE_CONVERT + VEX,
            VEX_CRYPTO = SSE_CRYPTO + VEX;

    /**
     * Frequent operand forms of other families, and pairs of them; in no table, see {@code
     * vmm.cpu.exec.Hot}.
     */
    public static final int HOT = 28, FUSED = 29, HOT_MORE = 30;

    /** Not an instruction: the run loop leaves the block. */
    public static final int LEAVE_BLOCK = 31;

    private Family() {}

    /** Operation {@code n} (0..63) of {@code family}. */
    static int op(int family, int n) {
        return family << 6 | n;
    }

    /** The operation under VEX that corresponds to {@code op} of SSE. */
    static int vex(int op) {
        return op + (VEX << 6);
    }

    /** The operation of SSE that corresponds to {@code op} under VEX. */
    public static int withoutVex(int op) {
        return op - (VEX << 6);
    }
}
