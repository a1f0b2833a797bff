package vmm.cpu;

import static vmm.cpu.fpu.StatusWord.BUSY;
import static vmm.cpu.fpu.StatusWord.ERROR_SUMMARY;

import vmm.cpu.fpu.Float80;
import vmm.cpu.fpu.Logarithmic80;
import vmm.cpu.fpu.Trigonometric80;

/**
 * State of the x87 unit, SDM volume 1 section 8.1. Register numbers are physical: ST(i) is register
 * {@code (top + i) & 7}, MMi is register i, whose significand it shares.
 */
public final class X87 {
    private static final int TOP_SHIFT = 11;

    /** Significands, integer bit included. */
    public final long[] significand = new long[8];

    /** Sign (bit 15) and biased exponent (bits 0..14). */
    public final int[] signExponent = new int[8];

    /** Control word; after reset (not FNINIT) it is 0x40. */
    public int control = 0x40;

    /** Status word without its TOP field. */
    public int status;

    /** Register that is ST(0). */
    public int top;

    /** Bit r is set when register r is not empty: the abridged tag word of FXSAVE. */
    public int occupied = 0xff;

    /** Low 11 bits of the last non-control opcode. */
    public int opcode;

    public long instructionPointer;
    public int instructionSelector;
    public long dataPointer;
    public int dataSelector;

    /** Where the numbers are worked on; holds nothing from one instruction to the next. */
    public final Float80 unit = new Float80();

    public final Trigonometric80 trigonometric = new Trigonometric80(unit);
    public final Logarithmic80 logarithmic = new Logarithmic80(unit);

    /** The state after power-up. */
    public void reset() {
        initialise();
        control = 0x40;
        occupied = 0xff;
        java.util.Arrays.fill(significand, 0);
        java.util.Arrays.fill(signExponent, 0);
    }

    /** Whether all of it is as {@link #initialise} leaves it, with empty registers of zero. */
    public boolean initial() {
        long any = 0;
        for (int r = 0; r < 8; r++) {
            any |= significand[r] | signExponent[r];
        }
        return any == 0
                && control == 0x37f
                && (status | top | occupied | opcode) == 0
                && (instructionPointer | dataPointer) == 0
                && (instructionSelector | dataSelector) == 0;
    }

    /** FNINIT. */
    public void initialise() {
        control = 0x37f;
        status = 0;
        top = 0;
        occupied = 0;
        opcode = 0;
        instructionPointer = 0;
        instructionSelector = 0;
        dataPointer = 0;
        dataSelector = 0;
    }

    /** Loads the control word; bit 6 always reads as one, the undefined bits as zero. */
    public void control(int value) {
        control = value & 0x1f3f | 0x40;
        summarise();
    }

    /** The status word with TOP. */
    public int statusWord() {
        return status | top << TOP_SHIFT;
    }

    /** Replaces status and TOP; the summary bits follow from the exceptions and their masks. */
    public void statusWord(int value) {
        status = value & ~(7 << TOP_SHIFT) & 0xffff;
        top = value >> TOP_SHIFT & 7;
        summarise();
    }

    /** Recomputes ES and B from the exceptions and their masks, as loading a state does. */
    public void summarise() {
        boolean pending = (status & ~control & 0x3f) != 0;
        status = status & ~(ERROR_SUMMARY | BUSY) | (pending ? ERROR_SUMMARY | BUSY : 0);
    }

    /** Notes {@code exceptions} (bits of the status word) and what follows from them. */
    public void raise(int exceptions) {
        status |= exceptions;
        summarise();
    }

    /** Sets the condition codes in {@code mask} to those in {@code codes}. */
    public void conditions(int mask, int codes) {
        status = status & ~mask | codes;
    }

    /** Whether an unmasked exception waits for the next waiting instruction. */
    public boolean pending() {
        return (status & ERROR_SUMMARY) != 0;
    }

    // The stack

    /** Number of the register that is ST(i). */
    public int register(int i) {
        return top + i & 7;
    }

    /** Whether ST(i) is empty. */
    public boolean empty(int i) {
        return (occupied >> register(i) & 1) == 0;
    }

    /** Writes ST(i), which then is not empty. */
    public void set(int i, int signExponent, long significand) {
        int r = register(i);
        this.signExponent[r] = signExponent;
        this.significand[r] = significand;
        occupied |= 1 << r;
    }

    /** Pushes a number onto the stack. */
    public void push(int signExponent, long significand) {
        top = top - 1 & 7;
        set(0, signExponent, significand);
    }

    /** Pops the stack. */
    public void pop() {
        occupied &= ~(1 << top);
        top = top + 1 & 7;
    }

    /** What every MMX instruction but EMMS does, SDM volume 1 section 9.5.1. */
    public void enterMmx() {
        top = 0;
        occupied = 0xff;
    }

    /** Writes an MMX register: exponent and sign become all ones. */
    public void mmx(int register, long value) {
        significand[register] = value;
        signExponent[register] = 0xffff;
    }

    /** The full tag word: 0 valid, 1 zero, 2 special, 3 empty; two bits for each register. */
    public int tagWord() {
        int word = 0;
        for (int r = 0; r < 8; r++) {
            word |= tag(r) << 2 * r;
        }
        return word;
    }

    /** Takes over which registers are empty; the other values of a tag follow from the contents. */
    public void tagWord(int word) {
        occupied = 0;
        for (int r = 0; r < 8; r++) {
            if ((word >> 2 * r & 3) != 3) {
                occupied |= 1 << r;
            }
        }
    }

    private int tag(int r) {
        if ((occupied >> r & 1) == 0) {
            return 3;
        }
        int exponent = signExponent[r] & 0x7fff;
        if (exponent == 0 && significand[r] == 0) {
            return 1;
        }
        return exponent == 0 || exponent == 0x7fff || significand[r] >= 0 ? 2 : 0;
    }
}
