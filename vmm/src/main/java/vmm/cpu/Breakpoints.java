package vmm.cpu;

/**
 * What DR0..DR3 and DR7 say, SDM volume 3 section 17.2. While any breakpoint is enabled the run
 * loop executes instruction by instruction; otherwise nothing here costs anything.
 */
public final class Breakpoints {
    private static final int COUNT = 4;

    /** R/W fields of DR7. */
    private static final int EXECUTE = 0, WRITE = 1, PORT = 2, ACCESS = 3;

    /** Bytes by LEN field of DR7. */
    private static final int[] LENGTHS = {1, 2, 8, 4};

    private static final long LOCAL_ENABLES = 0x155;

    private final Cpu cpu;

    /** Whether any breakpoint is enabled. */
    public boolean armed;

    /** Whether any of them is on data. */
    public boolean data;

    /** Breakpoints on data or ports that the current instruction met, as bits of DR6. */
    public int pending;

    Breakpoints(Cpu cpu) {
        this.cpu = cpu;
    }

    /** To be called after a change of DR0..DR3 or DR7. */
    public void changed() {
        boolean before = data;
        armed = (cpu.dr[7] & 0xff) != 0;
        data = false;
        for (int n = 0; n < COUNT; n++) {
            data |= enabled(n) && (kind(n) == WRITE || kind(n) == ACCESS);
        }
        if (before || data) {
            cpu.mmu.flush();
        }
    }

    /** A task switch turns off those that are for the old task, SDM volume 3 section 7.3. */
    public void taskSwitched() {
        if ((cpu.dr[7] & LOCAL_ENABLES) != 0) {
            cpu.dr[7] &= ~LOCAL_ENABLES;
            changed();
        }
    }

    private boolean enabled(int n) {
        return (cpu.dr[7] >>> 2 * n & 3) != 0;
    }

    private int kind(int n) {
        return (int) (cpu.dr[7] >>> 16 + 4 * n) & 3;
    }

    private int length(int n) {
        return LENGTHS[(int) (cpu.dr[7] >>> 18 + 4 * n) & 3];
    }

    /** Breakpoints on the instruction at {@code linear}, as bits of DR6. */
    int instruction(long linear) {
        int met = 0;
        for (int n = 0; n < COUNT; n++) {
            if (enabled(n) && kind(n) == EXECUTE && cpu.dr[n] == linear) {
                met |= 1 << n;
            }
        }
        return met;
    }

    /** Whether a breakpoint on data is in the page at {@code linear}. */
    public boolean inPage(long linear) {
        boolean any = false;
        for (int n = 0; n < COUNT; n++) {
            any |= enabled(n) && (kind(n) & 1) != 0 && (cpu.dr[n] ^ linear) >>> 12 == 0;
        }
        return any;
    }

    /** Notes an access to data. */
    public void accessed(long linear, int size, boolean write) {
        for (int n = 0; n < COUNT; n++) {
            boolean kindMet = kind(n) == ACCESS || write && kind(n) == WRITE;
            if (enabled(n) && kindMet && overlaps(n, linear, size)) {
                pending |= 1 << n;
            }
        }
    }

    /** Notes an access to a port; CR4.DE turns these breakpoints on. */
    public void port(int port, int size) {
        if ((cpu.cr4 & Cpu.CR4_DE) == 0) {
            return;
        }
        for (int n = 0; n < COUNT; n++) {
            if (enabled(n) && kind(n) == PORT && overlaps(n, port, size)) {
                pending |= 1 << n;
            }
        }
    }

    private boolean overlaps(int n, long at, int size) {
        int length = length(n);
        long first = cpu.dr[n] & -length;
        return at - first < length && first - at < size;
    }
}
