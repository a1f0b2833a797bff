package vmm.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One case in the memory that the host process shares with the test: registers before and after,
 * the code, and the memory that it works on. Every slot lies at the same linear address for the
 * host process and for the emulated processor.
 *
 * <pre>
 *   0x000  in:  R8..R15 RDI RSI RBP RBX RDX RAX RCX RSP RIP RFLAGS, CS/GS/FS/SS   (19 quadwords, the order of the kernel's
 *          signal frame)
 *   0x0c0  in:  FXSAVE image, 416 bytes used
 *   0x300  out: the same, error code, trap number, signal mask, CR2   (23 quadwords)
 *   0x3c0  out: FXSAVE image, 512 bytes; where the host has AVX, the XSAVE header and the upper
 *          halves of YMM0..15 behind it
 *   0x800  in:  upper halves of YMM0..15, 256 bytes
 *   0x1000 code: filled with INT3, the instruction in the middle
 *   0x1800 data: 2 KiB
 * </pre>
 *
 * Behind all slots is a page that they share, and behind that nothing: operands that reach over its
 * end fault there.
 */
final class Slot {
    /** Where slot 0 lies in both address spaces; the control page is in front of it. */
    static final long SHARED_LINEAR = 0x1000_0000L;

    static final int CONTROL_BYTES = 0x1000;
    static final int BYTES = 0x2000;
    static final int IN = 0, IN_FX = 0xc0, OUT = 0x300, OUT_FX = 0x3c0;
    static final int CODE = 0x1000, CODE_BYTES = 0x800, DATA = 0x1800, DATA_BYTES = 0x800;
    static final int START = CODE + CODE_BYTES / 2;
    static final int FX_IN_BYTES = 416;
    static final int FX_BYTES = 512, IN_YMM = 0x800, YMM_BYTES = 256;

    /** Offsets behind {@link #OUT_FX}, SDM volume 1 section 13.4. */
    static final int XSTATE_BV = 512, OUT_YMM = 576;

    static final int EDGE_BYTES = 0x1000;
    static final long EDGE_LINEAR =
            SHARED_LINEAR + CONTROL_BYTES + (long) HostProcess.SLOTS * BYTES;
    private static final int AVX_STATE = 4;

    /** Selectors of Linux, arch/x86/include/asm/segment.h. */
    static final int USER_CODE_32 = 0x23, USER_DATA = 0x2b, USER_CODE_64 = 0x33;

    /** Indices of the kernel's order (asm/sigcontext.h) by the architecture's register number. */
    private static final int[] FRAME_INDEX = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};

    static final int FRAME_RIP = 16,
            FRAME_FLAGS = 17,
            FRAME_SEGMENTS = 18,
            FRAME_ERROR = 19,
            FRAME_TRAP = 20,
            FRAME_CR2 = 22;

    private final MemorySegment memory;
    private final long linear;

    Slot(MemorySegment shared, int index) {
        long offset = CONTROL_BYTES + (long) index * BYTES;
        this.memory = shared.asSlice(offset, BYTES);
        this.linear = SHARED_LINEAR + offset;
    }

    /** Bytes of this slot. */
    MemorySegment memory() {
        return memory;
    }

    /** Linear address of the slot. */
    long linear() {
        return linear;
    }

    long dataLinear() {
        return linear + DATA;
    }

    long startLinear() {
        return linear + START;
    }

    void gpr(int register, long value) {
        memory.set(ValueLayout.JAVA_LONG, IN + 8L * FRAME_INDEX[register], value);
    }

    long gpr(int register) {
        return memory.get(ValueLayout.JAVA_LONG, IN + 8L * FRAME_INDEX[register]);
    }

    /** Whether the case runs in 64-bit code, else in 32-bit code (compatibility mode). */
    void longMode(boolean longMode) {
        long selectors = (long) USER_DATA << 48 | (longMode ? USER_CODE_64 : USER_CODE_32);
        memory.set(ValueLayout.JAVA_LONG, IN + 8L * FRAME_SEGMENTS, selectors);
    }

    boolean longMode() {
        return (memory.get(ValueLayout.JAVA_LONG, IN + 8L * FRAME_SEGMENTS) & 0xffff)
                != USER_CODE_32;
    }

    void rip(long value) {
        memory.set(ValueLayout.JAVA_LONG, IN + 8L * FRAME_RIP, value);
    }

    void flags(long value) {
        memory.set(ValueLayout.JAVA_LONG, IN + 8L * FRAME_FLAGS, value);
    }

    long flags() {
        return memory.get(ValueLayout.JAVA_LONG, IN + 8L * FRAME_FLAGS);
    }

    long gprAfter(int register) {
        return memory.get(ValueLayout.JAVA_LONG, OUT + 8L * FRAME_INDEX[register]);
    }

    /** Quadword {@code half} (0..3) of YMM register {@code r} before. */
    long vector(int r, int half) {
        return memory.get(ValueLayout.JAVA_LONG, vectorAt(r, half));
    }

    void vector(int r, int half, long value) {
        memory.set(ValueLayout.JAVA_LONG, vectorAt(r, half), value);
    }

    private static long vectorAt(int r, int half) {
        return half < 2 ? IN_FX + 160 + 16L * r + 8 * half : IN_YMM + 16L * r + 8 * (half - 2);
    }

    /** The same afterwards; the upper halves are there only if the host has AVX. */
    long vectorAfter(int r, int half) {
        if (half < 2) {
            return memory.get(ValueLayout.JAVA_LONG, OUT_FX + 160 + 16L * r + 8 * half);
        }
        boolean initial = (memory.get(ValueLayout.JAVA_LONG, OUT_FX + XSTATE_BV) & AVX_STATE) == 0;
        return initial
                ? 0
                : memory.get(ValueLayout.JAVA_LONG, OUT_FX + OUT_YMM + 16L * r + 8 * (half - 2));
    }

    /** Quadword {@code index} (a FRAME_ constant) of the state afterwards. */
    long after(int index) {
        return memory.get(ValueLayout.JAVA_LONG, OUT + 8L * index);
    }
}
