package vmm.cpu.fpu;

/** Bits of the x87 status word, SDM volume 1 section 8.1.3. */
public final class StatusWord {
    /** Exceptions; their masks in the control word are alike. */
    public static final int INVALID = 1,
            DENORMAL = 2,
            ZERO_DIVIDE = 4,
            OVERFLOW = 8,
            UNDERFLOW = 16,
            PRECISION = 32;

    public static final int STACK_FAULT = 1 << 6,
            ERROR_SUMMARY = 1 << 7,
            C0 = 1 << 8,
            C1 = 1 << 9,
            C2 = 1 << 10,
            C3 = 1 << 14,
            BUSY = 1 << 15;

    private StatusWord() {}
}
