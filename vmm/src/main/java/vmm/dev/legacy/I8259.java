package vmm.dev.legacy;

import vmm.dev.IrqLine;

/**
 * One 8259A interrupt controller (Intel 8259A data sheet, order number 231468), with the edge/level
 * register that PC chip sets put beside it. The INT output is an {@link IrqLine}; the
 * interrupt-acknowledge cycle is {@link #acknowledge}.
 *
 * <p>As in those chip sets ICW1's LTIM bit has no effect: the edge/level register replaces it
 * (82371 data sheet, ICW1).
 */
public final class I8259 {
    /** What a read or write addresses, besides the edge/level register. */
    public enum Register {
        ICW1,
        ICW2,
        ICW3,
        ICW4,
        OCW1,
        OCW2,
        OCW3
    }

    /** Everything that the chip remembers. */
    public record State(
            int lines,
            int edges,
            int imr,
            int isr,
            int elcr,
            int lowest,
            Register expected,
            int icw1,
            int icw2,
            int icw3,
            int icw4,
            boolean rotateOnAutoEoi,
            boolean specialMask,
            boolean poll,
            boolean readIsr) {}

    private static final int ICW1_IC4 = 0x01;
    private static final int ICW1_SNGL = 0x02;
    private static final int ICW1_SELECT = 0x10;
    private static final int ICW4_AEOI = 0x02;
    private static final int ICW4_SFNM = 0x10;
    private static final int OCW3_SELECT = 0x08;
    private static final int NONE = 8;

    private final IrqLine output;

    /** Line levels now, and the lines that rose since they were last acknowledged. */
    private int lines;

    private int edges;
    private int imr;
    private int isr;
    private int elcr;

    /** The line with the lowest priority; the next one, cyclically, has the highest. */
    private int lowest = 7;

    /** What a write to the odd port is; OCW1 when no initialization is under way. */
    private Register expected = Register.OCW1;

    private int icw1;
    private int icw2;
    private int icw3;
    private int icw4;
    private boolean rotateOnAutoEoi;
    private boolean specialMask;
    private boolean poll;
    private boolean readIsr;

    I8259(IrqLine output) {
        this.output = output;
    }

    /** Which register a write of {@code value} at {@code offset} (0 or 1) goes to. */
    static Register decode(int offset, int value, Register expected) {
        if (offset == 1) {
            return expected;
        }
        if ((value & ICW1_SELECT) != 0) {
            return Register.ICW1;
        }
        return (value & OCW3_SELECT) != 0 ? Register.OCW3 : Register.OCW2;
    }

    void write(int offset, int value) {
        switch (decode(offset, value, expected)) {
            case ICW1 -> initialize(value);
            case ICW2 -> {
                icw2 = value & 0xf8;
                expected = (icw1 & ICW1_SNGL) == 0 ? Register.ICW3 : afterIcw3();
            }
            case ICW3 -> {
                icw3 = value;
                expected = afterIcw3();
            }
            case ICW4 -> {
                icw4 = value;
                expected = Register.OCW1;
            }
            case OCW1 -> imr = value;
            case OCW2 -> ocw2(value);
            case OCW3 -> ocw3(value);
        }
        sync();
    }

    private Register afterIcw3() {
        return (icw1 & ICW1_IC4) != 0 ? Register.ICW4 : Register.OCW1;
    }

    private void initialize(int value) {
        icw1 = value;
        icw3 = 0;
        icw4 = 0;
        edges = 0;
        imr = 0;
        isr = 0;
        lowest = 7;
        rotateOnAutoEoi = false;
        specialMask = false;
        poll = false;
        readIsr = false;
        expected = Register.ICW2;
    }

    private void ocw2(int value) {
        int level = value & 7;
        switch (value >> 5) {
            case 0b000 -> rotateOnAutoEoi = false;
            case 0b100 -> rotateOnAutoEoi = true;
            case 0b001 -> endOfInterrupt(highest(endable()), false);
            case 0b101 -> endOfInterrupt(highest(endable()), true);
            case 0b011 -> endOfInterrupt(level, false);
            case 0b111 -> endOfInterrupt(level, true);
            case 0b110 -> lowest = level;
            default -> {
                // 0b010: no operation
            }
        }
    }

    /**
     * Lines that a non-specific EOI may end: not the masked ones in special mask mode (data sheet,
     * "Special Mask Mode").
     */
    private int endable() {
        return specialMask ? isr & ~imr : isr;
    }

    private void endOfInterrupt(int line, boolean rotate) {
        if (line == NONE) {
            return;
        }
        isr &= ~(1 << line);
        if (rotate) {
            lowest = line;
        }
    }

    private void ocw3(int value) {
        if ((value & 0x40) != 0) {
            specialMask = (value & 0x20) != 0;
        }
        poll = (value & 0x04) != 0;
        if ((value & 0x02) != 0) {
            readIsr = (value & 0x01) != 0;
        }
    }

    int read(int offset) {
        if (poll) {
            poll = false;
            int line = pending();
            if (line == NONE) {
                return 0;
            }
            serve(line);
            return 0x80 | line;
        }
        if (offset == 1) {
            return imr;
        }
        return readIsr ? isr : requests();
    }

    int elcr() {
        return elcr;
    }

    void elcr(int value) {
        elcr = value;
        sync();
    }

    void level(int line, boolean asserted) {
        int bit = 1 << line;
        if (asserted) {
            edges |= bit & ~lines;
            lines |= bit;
        } else {
            lines &= ~bit;
        }
        sync();
    }

    /**
     * The interrupt request register. A request lasts only while its line is high, also in edge
     * mode: a line that falls before the acknowledge makes a spurious interrupt (data sheet, "Edge
     * and Level Triggered Modes").
     */
    private int requests() {
        return lines & (edges | elcr);
    }

    /**
     * The acknowledge cycle: puts the highest request in service and returns its line; 7 without
     * any effect when the request has gone (a spurious interrupt).
     */
    int acknowledge() {
        int line = pending();
        if (line == NONE) {
            return 7;
        }
        serve(line);
        return line;
    }

    private void serve(int line) {
        edges &= ~(1 << line);
        isr |= 1 << line;
        if ((icw4 & ICW4_AEOI) != 0) {
            endOfInterrupt(line, rotateOnAutoEoi);
        }
        // INT falls with the acknowledge; a master in edge mode must see that edge.
        output.level(false);
        sync();
    }

    /** The vector for a line. */
    int vector(int line) {
        return icw2 | line;
    }

    /** True if this is a master with a slave on {@code line}. */
    boolean cascaded(int line) {
        return (icw1 & ICW1_SNGL) == 0 && (icw3 >> line & 1) != 0;
    }

    /** True if this is a slave that answers to the cascade address {@code address}. */
    boolean answers(int address) {
        return (icw1 & ICW1_SNGL) == 0 && (icw3 & 7) == address;
    }

    /** The line that asks for service with a priority above all that are in service, or NONE. */
    private int pending() {
        if (expected != Register.OCW1) {
            return NONE;
        }
        int request = highest(requests() & ~imr);
        if (request == NONE) {
            return NONE;
        }
        int serving = specialMask ? isr & ~imr : isr;
        if ((icw4 & ICW4_SFNM) != 0) {
            // Special fully nested mode: a slave in service may interrupt again.
            serving &= ~icw3;
        }
        int served = highest(serving);
        return served == NONE || rank(request) < rank(served) ? request : NONE;
    }

    /** 0 for the line with the highest priority. */
    private int rank(int line) {
        return (line - lowest - 1) & 7;
    }

    private int highest(int set) {
        for (int k = 1; k <= 8; k++) {
            int line = (lowest + k) & 7;
            if ((set >> line & 1) != 0) {
                return line;
            }
        }
        return NONE;
    }

    private void sync() {
        output.level(pending() != NONE);
    }

    State state() {
        return new State(
                lines,
                edges,
                imr,
                isr,
                elcr,
                lowest,
                expected,
                icw1,
                icw2,
                icw3,
                icw4,
                rotateOnAutoEoi,
                specialMask,
                poll,
                readIsr);
    }

    void restore(State s) {
        lines = s.lines;
        edges = s.edges;
        imr = s.imr;
        isr = s.isr;
        elcr = s.elcr;
        lowest = s.lowest;
        expected = s.expected;
        icw1 = s.icw1;
        icw2 = s.icw2;
        icw3 = s.icw3;
        icw4 = s.icw4;
        rotateOnAutoEoi = s.rotateOnAutoEoi;
        specialMask = s.specialMask;
        poll = s.poll;
        readIsr = s.readIsr;
        sync();
    }
}
