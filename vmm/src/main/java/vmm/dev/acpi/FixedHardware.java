package vmm.dev.acpi;

import vmm.dev.Clock;
import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;
import vmm.dev.TickRate;

/**
 * The fixed hardware that the FADT describes (ACPI 6.5, section 4.8): the PM1a event and control
 * blocks, the power management timer, and the power button. There is no SMI command port: the
 * machine is always in ACPI mode.
 *
 * <p>The ports, and what means soft-off, are where a PIIX4 (82371AB) has them in the machines that
 * small kernels are written for: those that read no tables write 0x2000 to port 0x604.
 */
public final class FixedHardware {
    /** PM1a event block: status, then enable, two bytes each. */
    public static final int PM1A_EVENT_PORT = 0x600;

    /** Length of the PM1a event block. */
    public static final int PM1A_EVENT_PORTS = 4;

    /** PM1a control block. */
    public static final int PM1A_CONTROL_PORT = 0x604;

    /** Length of the PM1a control block. */
    public static final int PM1A_CONTROL_PORTS = 2;

    /** PM timer. */
    public static final int TIMER_PORT = 0x608;

    /** Length of the PM timer. */
    public static final int TIMER_PORTS = 4;

    /** The ports that belong to this device and must not be given to another: 0x600 .. 0x60f. */
    public static final int PORTS = 16;

    /** Interrupt line of the system control interrupt; level triggered. */
    public static final int SCI_IRQ = 9;

    /** SLP_TYP of the soft-off state, as the DSDT's {@code \_S5} says. */
    static final int SOFT_OFF = 0;

    /** Everything that the device remembers. */
    public record State(int status, int enable, int control, long lastHalf) {}

    /** What a byte of the PM1 blocks belongs to. */
    enum Register {
        STATUS,
        ENABLE,
        CONTROL
    }

    private static final int TMR = 0x0001;
    private static final int GBL = 0x0020;
    private static final int PWRBTN = 0x0100;
    private static final int STATUS_BITS = 0x8731;

    /**
     * The clock never sets its status here (the FADT says so), but Linux complains if the enable
     * bit does not keep what it writes.
     */
    private static final int RTC = 0x0400;

    private static final int ENABLE_BITS = TMR | GBL | PWRBTN | RTC;
    private static final int SCI_EN = 0x0001;
    private static final int BM_RLD = 0x0002;
    private static final int SLP_TYP_SHIFT = 10;
    private static final int SLP_EN = 0x2000;
    private static final TickRate RATE = new TickRate(3_579_545);

    private final Clock clock;
    private final IrqLine sci;
    private final Runnable powerOff;
    private final Clock.Timer timer;
    private int status;
    private int enable;
    private int control;

    /** Half periods of the timer's highest bit that were seen. */
    private long lastHalf;

    /** {@code powerOff} is what the soft-off state does. */
    public FixedHardware(Clock clock, IrqLine sci, Runnable powerOff) {
        this.clock = clock;
        this.sci = sci;
        this.powerOff = powerOff;
        this.timer = clock.timer(this::sync);
        this.lastHalf = half();
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attachBytes(PM1A_EVENT_PORT, PM1A_EVENT_PORTS, new Pm1(0));
        bus.attachBytes(PM1A_CONTROL_PORT, PM1A_CONTROL_PORTS, new Pm1(4));
        bus.attach(TIMER_PORT, TIMER_PORTS, new TimerPort());
    }

    /** Presses the power button. */
    public void powerButton() {
        status |= PWRBTN;
        sync();
    }

    /** True if the guest listens to the power button. */
    public boolean powerButtonEnabled() {
        return (enable & PWRBTN) != 0;
    }

    /**
     * True if the button was pressed and the guest has not cleared its status yet, which is the
     * first thing that a driver does (4.8.2.2.1.1).
     */
    public boolean powerButtonPending() {
        return (status & PWRBTN) != 0;
    }

    /** Register of a byte, counted from the event block with the control block behind it. */
    static Register decode(int at) {
        return at < 2 ? Register.STATUS : at < 4 ? Register.ENABLE : Register.CONTROL;
    }

    private int read(int at) {
        sync();
        int value =
                switch (decode(at)) {
                    case STATUS -> status;
                    case ENABLE -> enable;
                    case CONTROL -> control | SCI_EN;
                };
        return value >> (8 * (at & 1)) & 0xff;
    }

    private void write(int at, int value) {
        sync();
        int shift = 8 * (at & 1);
        int bits = value << shift;
        int others = ~(0xff << shift);
        switch (decode(at)) {
            case STATUS -> status &= ~bits;
            case ENABLE -> enable = (enable & others | bits) & ENABLE_BITS;
            case CONTROL -> {
                // SLP_EN and GBL_RLS are write-only and read as zero.
                control = (control & others | bits) & (BM_RLD | 7 << SLP_TYP_SHIFT);
                if ((bits & SLP_EN) != 0 && control >> SLP_TYP_SHIFT == SOFT_OFF) {
                    powerOff.run();
                }
            }
        }
        sync();
    }

    /** The timer's value: 32 bits. */
    private long ticks() {
        return RATE.ticks(clock.nowNs());
    }

    private long half() {
        return ticks() >> 31;
    }

    /** TMR_STS follows the highest bit of the timer; drives SCI (4.8.1, 4.8.3.1). */
    private void sync() {
        long half = half();
        if (half != lastHalf) {
            lastHalf = half;
            status |= TMR;
        }
        sci.level((status & enable & STATUS_BITS) != 0);
        if ((enable & ~status & TMR) != 0) {
            timer.arm(RATE.firstNs((half + 1) << 31));
        } else {
            timer.cancel();
        }
    }

    /** Back to the state after power-on. */
    public void reset() {
        status = 0;
        enable = 0;
        control = 0;
        sync();
    }

    /** What the device remembers. */
    public State state() {
        return new State(status, enable, control, lastHalf);
    }

    /** Continues from {@code state}. */
    public void restore(State state) {
        status = state.status & STATUS_BITS;
        enable = state.enable & ENABLE_BITS;
        control = state.control & (BM_RLD | 7 << SLP_TYP_SHIFT);
        lastHalf = state.lastHalf;
        sync();
    }

    private final class Pm1 implements PortDevice {
        private final int base;

        Pm1(int base) {
            this.base = base;
        }

        @Override
        public int portRead(int offset, int size) {
            return read(base + offset);
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            write(base + offset, value & 0xff);
        }
    }

    private final class TimerPort implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            int value = (int) ticks() >>> (8 * offset);
            return size == 4 ? value : value & ((1 << (8 * size)) - 1);
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            // Read-only.
        }
    }
}
