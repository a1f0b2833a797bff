package vmm.cpu.isa;

/**
 * What a processor knows: the levels of the x86-64 psABI, and before them the last 32-bit ones.
 * Each has all of those before it. What system software may use beside the psABI's lists (XSAVE,
 * SMEP, protection keys ...) comes with {@link #V3}.
 */
public enum CpuLevel {
    /** 32 bits, up to MMX and FXSAVE: no SSE, no SYSCALL, no long mode. */
    I686("i686"),
    /** The first 64-bit processors: SSE2. */
    V1("v1"),
    /** SSE4.2, POPCNT, CMPXCHG16B. */
    V2("v2"),
    /** AVX2, BMI, FMA, and everything else that there is here. */
    V3("v3");

    private final String word;

    CpuLevel(String word) {
        this.word = word;
    }

    /** The level as configuration files name it. */
    public String word() {
        return word;
    }

    /** The level called {@code word}. */
    public static CpuLevel of(String word) {
        for (CpuLevel level : values()) {
            if (level.word.equals(word)) {
                return level;
            }
        }
        throw new IllegalArgumentException("no processor level " + word);
    }

    /** Whether this processor has what came with {@code other}. */
    public boolean has(CpuLevel other) {
        return compareTo(other) >= 0;
    }
}
