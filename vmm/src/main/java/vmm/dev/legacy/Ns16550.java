package vmm.dev.legacy;

import vmm.dev.Clock;
import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * A serial port with FIFOs: PC16550D (National Semiconductor data sheet TL/C/8652).
 *
 * <p>A transmitted character is on the wire at once, so the transmitter is empty when the guest
 * looks, unless the other end takes no more for now. The interrupt that says so follows the data
 * sheet: it is raised each time the holding register becomes empty, and when it is enabled while
 * the register is empty; a read of IIR that reports it, or a write of a character, lowers it.
 * Characters from the host wait outside until there is {@link #room}.
 */
public final class Ns16550 implements PortDevice {
    /** First port of COM1. */
    public static final int COM1_PORT = 0x3f8;

    /** Interrupt line of COM1. */
    public static final int COM1_IRQ = 4;

    /** Number of ports. */
    public static final int PORTS = 8;

    /** The other end of the serial line. Called under the machine's device lock. */
    public interface Wire {
        /**
         * A character (0..255) leaves the port. False if there is no room for more, until {@link
         * Ns16550#transmitterEmpty} is called: a guest that looks waits then. What guests write in
         * one go without looking, a FIFO, still has room.
         */
        boolean transmit(int value);

        /** The receiver has become empty: {@link Ns16550#room} characters are welcome. */
        void receiverEmpty();
    }

    /** What an access addresses. */
    enum Register {
        RBR,
        THR,
        DLL,
        DLM,
        IER,
        IIR,
        FCR,
        LCR,
        MCR,
        LSR,
        MSR,
        SCR,
        READ_ONLY
    }

    /** Everything that the chip remembers. */
    public record State(
            int ier,
            int fcr,
            int lcr,
            int mcr,
            int scr,
            int divisor,
            int errors,
            int modem,
            int msr,
            boolean thrEmptied,
            boolean timedOut,
            int[] received) {}

    /** Characters that guests send, or take, in one go. */
    public static final int FIFO_SIZE = 16;

    private static final int IER_ERBFI = 0x01;
    private static final int IER_ETBEI = 0x02;
    private static final int IER_ELSI = 0x04;
    private static final int IER_EDSSI = 0x08;
    private static final int IIR_MODEM = 0x00;
    private static final int IIR_NONE = 0x01;
    private static final int IIR_THRE = 0x02;
    private static final int IIR_DATA = 0x04;
    private static final int IIR_LINE = 0x06;
    private static final int IIR_TIMEOUT = 0x0c;
    private static final int IIR_FIFOS = 0xc0;
    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_RESET_RX = 0x02;
    private static final int FCR_KEPT = 0xc9;
    private static final int LCR_STOP2 = 0x04;
    private static final int LCR_PARITY = 0x08;
    private static final int LCR_DLAB = 0x80;
    private static final int MCR_OUT2 = 0x08;
    private static final int MCR_LOOP = 0x10;
    private static final int LSR_DR = 0x01;
    private static final int LSR_OE = 0x02;
    private static final int LSR_BI = 0x10;
    private static final int LSR_THRE_TEMT = 0x60;
    private static final int LSR_FIFO_ERROR = 0x80;
    private static final int MSR_CTS = 0x10;
    private static final int MSR_DSR = 0x20;
    private static final int MSR_RI = 0x40;
    private static final int MSR_DCD = 0x80;
    private static final int[] TRIGGERS = {1, 4, 8, 14};
    private static final long CRYSTAL_HZ = 1_843_200;

    private final IrqLine line;
    private final Wire wire;
    private final Clock clock;
    private final Clock.Timer timeout;

    private int ier;
    private int fcr;
    private int lcr;
    private int mcr;
    private int scr;

    /** 9600 baud, as a PC's firmware leaves it. */
    private int divisor = 12;

    /** Error bits of LSR, until it is read. */
    private int errors;

    /** Inputs from the other end, in MSR's bits, and MSR itself with its delta bits. */
    private int modem = MSR_CTS | MSR_DSR | MSR_DCD;

    private int msr = modem;
    private boolean thrEmptied;
    private boolean thrFull;
    private boolean timedOut;

    /** Received characters, each with its LSR error bits above bit 8. */
    private final int[] fifo = new int[FIFO_SIZE];

    private int first;
    private int count;

    /** A port that interrupts on {@code line}. */
    public Ns16550(Clock clock, IrqLine line, Wire wire) {
        this.clock = clock;
        this.line = line;
        this.wire = wire;
        this.timeout = clock.timer(this::expire);
    }

    /** Registers the ports from {@code port} on. */
    public void attach(PortBus bus, int port) {
        bus.attachBytes(port, PORTS, this);
    }

    /** Which register an access goes to. */
    static Register decode(int offset, boolean dlab, boolean write) {
        return switch (offset) {
            case 0 -> dlab ? Register.DLL : write ? Register.THR : Register.RBR;
            case 1 -> dlab ? Register.DLM : Register.IER;
            case 2 -> write ? Register.FCR : Register.IIR;
            case 3 -> Register.LCR;
            case 4 -> Register.MCR;
            case 5 -> write ? Register.READ_ONLY : Register.LSR;
            case 6 -> write ? Register.READ_ONLY : Register.MSR;
            default -> Register.SCR;
        };
    }

    private boolean dlab() {
        return (lcr & LCR_DLAB) != 0;
    }

    @Override
    public int portRead(int offset, int size) {
        int value =
                switch (decode(offset, dlab(), false)) {
                    case RBR -> pop();
                    case DLL -> divisor & 0xff;
                    case DLM -> divisor >> 8;
                    case IER -> ier;
                    case IIR -> readIir();
                    case LCR -> lcr;
                    case MCR -> mcr;
                    case LSR -> readLsr();
                    case MSR -> readMsr();
                    case SCR -> scr;
                    case THR, FCR, READ_ONLY -> 0xff;
                };
        sync();
        return value;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        int v = value & 0xff;
        switch (decode(offset, dlab(), true)) {
            case THR -> transmit(v);
            case DLL -> divisor = (divisor & 0xff00) | v;
            case DLM -> divisor = (divisor & 0xff) | v << 8;
            case IER -> writeIer(v & 0x0f);
            case FCR -> writeFcr(v);
            case LCR -> lcr = v;
            case MCR -> writeMcr(v & 0x1f);
            case SCR -> scr = v;
            case RBR, IIR, LSR, MSR, READ_ONLY -> {
                // Read-only.
            }
        }
        sync();
    }

    private boolean loop() {
        return (mcr & MCR_LOOP) != 0;
    }

    private boolean fifos() {
        return (fcr & FCR_ENABLE) != 0;
    }

    private int wordMask() {
        return 0xff >> (3 - (lcr & 3));
    }

    private void transmit(int value) {
        // The register is full for a moment: the line must fall, so that an edge-triggered
        // controller sees the next interrupt.
        thrEmptied = false;
        sync();
        if (loop()) {
            push(value & wordMask());
        } else {
            thrFull = !wire.transmit(value & wordMask());
        }
        thrEmptied = !thrFull;
    }

    /** The other end takes characters again. */
    public void transmitterEmpty() {
        thrFull = false;
        thrEmptied = true;
        sync();
    }

    private void writeIer(int value) {
        if ((value & ~ier & IER_ETBEI) != 0 && !thrFull) {
            thrEmptied = true;
        }
        ier = value;
    }

    private void writeFcr(int value) {
        boolean toggles = ((value ^ fcr) & FCR_ENABLE) != 0;
        // The other bits are only programmed together with bit 0 (data sheet, 8.4).
        fcr = (value & FCR_ENABLE) != 0 ? value & FCR_KEPT : 0;
        if (toggles || (fifos() && (value & FCR_RESET_RX) != 0)) {
            clearReceiver();
        }
    }

    private void clearReceiver() {
        boolean hadData = count != 0;
        count = 0;
        timedOut = false;
        timeout.cancel();
        if (hadData && !loop()) {
            wire.receiverEmpty();
        }
    }

    private void writeMcr(int value) {
        boolean wasLoop = loop();
        mcr = value;
        modemChanged();
        if (wasLoop && !loop() && count == 0) {
            wire.receiverEmpty();
        }
    }

    /** Recomputes MSR's inputs and the bits that say which of them changed. */
    private void modemChanged() {
        int inputs = loop() ? looped() : modem;
        int changed = (inputs ^ msr) & 0xf0;
        int deltas = changed >> 4;
        if ((inputs & MSR_RI) != 0) {
            // TERI is the trailing edge of RI only.
            deltas &= ~(MSR_RI >> 4);
        }
        msr = inputs | (msr & 0x0f) | deltas;
    }

    /** In loop-back mode the outputs DTR, RTS, OUT1, OUT2 are the inputs DSR, CTS, RI, DCD. */
    private int looped() {
        return ((mcr & 1) != 0 ? MSR_DSR : 0)
                | ((mcr & 2) != 0 ? MSR_CTS : 0)
                | ((mcr & 4) != 0 ? MSR_RI : 0)
                | ((mcr & 8) != 0 ? MSR_DCD : 0);
    }

    private int readMsr() {
        int value = msr;
        msr &= 0xf0;
        return value;
    }

    private int readLsr() {
        int value = errors | (thrFull ? 0 : LSR_THRE_TEMT) | (count != 0 ? LSR_DR : 0);
        if (fifos() && anyError()) {
            value |= LSR_FIFO_ERROR;
        }
        errors = 0;
        if (count != 0) {
            fifo[first] &= 0xff;
        }
        return value;
    }

    private boolean anyError() {
        for (int k = 0; k < count; k++) {
            if (fifo[(first + k) % FIFO_SIZE] > 0xff) {
                return true;
            }
        }
        return false;
    }

    private int readIir() {
        int source = source();
        if (source == IIR_THRE) {
            thrEmptied = false;
        }
        return source | (fifos() ? IIR_FIFOS : 0);
    }

    /** The interrupt with the highest priority, in IIR's bits. */
    private int source() {
        if ((ier & IER_ELSI) != 0 && errors != 0) {
            return IIR_LINE;
        }
        if ((ier & IER_ERBFI) != 0 && count >= trigger()) {
            return IIR_DATA;
        }
        if ((ier & IER_ERBFI) != 0 && timedOut) {
            return IIR_TIMEOUT;
        }
        if ((ier & IER_ETBEI) != 0 && thrEmptied) {
            return IIR_THRE;
        }
        if ((ier & IER_EDSSI) != 0 && (msr & 0x0f) != 0) {
            return IIR_MODEM;
        }
        return IIR_NONE;
    }

    private int trigger() {
        return fifos() ? TRIGGERS[fcr >> 6] : 1;
    }

    /** A PC connects the interrupt output through OUT2, which loop-back mode makes inactive. */
    private void sync() {
        line.level(source() != IIR_NONE && (mcr & MCR_OUT2) != 0 && !loop());
    }

    /** How many characters {@link #receive} takes now without an overrun. */
    public int room() {
        return loop() ? 0 : capacity() - count;
    }

    private int capacity() {
        return fifos() ? FIFO_SIZE : 1;
    }

    /**
     * A character (0..255) arrives. The receiver is not connected in loop-back mode; a character
     * for which there is no {@link #room} is an overrun.
     */
    public void receive(int value) {
        if (!loop()) {
            push(value & wordMask());
            sync();
        }
    }

    /** A break arrives: a zero character with the break bit. */
    public void receiveBreak() {
        if (!loop()) {
            push(LSR_BI << 8);
            sync();
        }
    }

    /** The other end's carrier; cleared when nobody is there. It is on at first. */
    public void carrier(boolean present) {
        modem = present ? modem | MSR_DCD : modem & ~MSR_DCD;
        modemChanged();
        sync();
    }

    private void push(int character) {
        if (count == capacity()) {
            errors |= LSR_OE;
            if (!fifos()) {
                fifo[first] = character;
            }
            return;
        }
        fifo[(first + count) % FIFO_SIZE] = character;
        count++;
        if (count == 1) {
            errors |= character >> 8;
        }
        restartTimeout();
    }

    private int pop() {
        if (count == 0) {
            // An empty receiver shows the last character.
            return fifo[(first + FIFO_SIZE - 1) % FIFO_SIZE] & 0xff;
        }
        int value = fifo[first] & 0xff;
        first = (first + 1) % FIFO_SIZE;
        count--;
        timedOut = false;
        restartTimeout();
        if (count != 0) {
            errors |= fifo[first] >> 8;
        } else if (!loop()) {
            wire.receiverEmpty();
        }
        return value;
    }

    /** Four character times without a character or a read, with data waiting (data sheet, 8.6). */
    private void restartTimeout() {
        if (!fifos() || count == 0) {
            timeout.cancel();
            return;
        }
        int bits = 1 + 5 + (lcr & 3);
        bits += (lcr & LCR_STOP2) != 0 ? 2 : 1;
        bits += (lcr & LCR_PARITY) != 0 ? 1 : 0;
        long clocks = 4L * bits * Math.max(divisor, 1) * 16;
        timeout.arm(clock.nowNs() + clocks * 1_000_000_000L / CRYSTAL_HZ);
    }

    private void expire() {
        timedOut = count != 0;
        sync();
    }

    /** What the chip remembers. */
    public State state() {
        int[] received = new int[count];
        for (int k = 0; k < count; k++) {
            received[k] = fifo[(first + k) % FIFO_SIZE];
        }
        return new State(
                ier,
                fcr,
                lcr,
                mcr,
                scr,
                divisor,
                errors,
                modem,
                msr,
                thrEmptied || thrFull, // where it goes on the other end has room
                timedOut,
                received);
    }

    /** Continues from {@code state}. */
    public void restore(State s) {
        ier = s.ier & 0x0f;
        fcr = s.fcr & FCR_KEPT;
        lcr = s.lcr & 0xff;
        mcr = s.mcr & 0x1f;
        scr = s.scr & 0xff;
        divisor = s.divisor & 0xffff;
        errors = s.errors & 0x1e;
        modem = s.modem & 0xf0;
        msr = s.msr & 0xff;
        thrEmptied = s.thrEmptied;
        thrFull = false;
        timedOut = s.timedOut;
        first = 0;
        count = Math.min(s.received.length, capacity());
        System.arraycopy(s.received, 0, fifo, 0, count);
        restartTimeout();
        sync();
    }
}
