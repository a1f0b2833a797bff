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

    /**
     * Frequent operand forms of other families, and pairs of them; in no table, see {@code
     * vmm.cpu.exec.Hot}.
     */
    public static final int HOT = 10, FUSED = 11;

    /** Not an instruction: the run loop leaves the block. */
    public static final int LEAVE_BLOCK = 31;

    private Family() {}

    /** Operation {@code n} (0..63) of {@code family}. */
    static int op(int family, int n) {
        return family << 6 | n;
    }
}
