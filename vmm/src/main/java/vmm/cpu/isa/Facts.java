package vmm.cpu.isa;

/** What a row says about its instruction beside its meaning. */
public final class Facts {
    /** LOCK is allowed when the destination is in memory. */
    public static final int LOCKABLE = 1;

    /**
     * No instruction after it may be in the same block: it changes RIP, the mode, or what the
     * following bytes mean.
     */
    public static final int ENDS_BLOCK = 1 << 1;

    /** {@code #UD} in 64-bit mode. */
    public static final int NOT_64 = 1 << 2;

    /** {@code #UD} outside 64-bit mode. */
    public static final int ONLY_64 = 1 << 3;

    /** Operand size is 64 bits in 64-bit mode without REX.W. */
    public static final int DEFAULT_64 = 1 << 4;

    /** Operand size is 64 bits in 64-bit mode whatever the prefixes say. */
    public static final int FORCE_64 = 1 << 5;

    /**
     * A memory operand of 16 bytes must be aligned, else {@code #GP(0)}; checked by the semantic
     * method.
     */
    public static final int ALIGNED = 1 << 6;

    /**
     * Cannot be run on the host by the conformance test (privileged, or its result is the machine's
     * own).
     */
    public static final int NOT_TESTABLE = 1 << 7;

    /**
     * The x87 result may differ in the last place from that of other processors, and with it C1.
     */
    public static final int LAST_PLACE = 1 << 8;

    /** The index register of the memory operand is a vector register; a SIB byte is required. */
    public static final int VSIB = 1 << 9;

    // Flags that the manual leaves undefined after the instruction.
    public static final int UNDEFINED_CF = 1 << 16,
            UNDEFINED_PF = 1 << 17,
            UNDEFINED_AF = 1 << 18,
            UNDEFINED_ZF = 1 << 19;
    public static final int UNDEFINED_SF = 1 << 20, UNDEFINED_OF = 1 << 21;

    private Facts() {}
}
