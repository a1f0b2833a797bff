package vmm.dev.legacy;

import vmm.dev.Clock;
import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;
import vmm.dev.TickRate;

/**
 * The timer of a PC: an 8253 with the 8254's read-back command, as every PC since the AT has it.
 * Counter 0 drives interrupt line 0, counter 2 is gated by {@link SystemControlPortB}.
 *
 * <p>Counts are exact: they are computed from the machine's clock. Edges of counter 0 come from a
 * timer. The short low phase of its periodic modes is not timed: the line falls and rises again as
 * a cycle ends, so that a tick costs one timer. When the host is late, ticks that are due are
 * delivered one by one, up to a second of them; older ones are lost, as they are on hardware whose
 * processor does not answer. Between two ticks of a periodic mode lie at least {@link
 * #MIN_PERIOD_NS}, so that a tiny count cannot keep the host busy.
 */
public final class I8253 implements PortDevice {
    /** First port and number of ports. */
    public static final int PORT = 0x40;

    /** Number of ports. */
    public static final int PORTS = 4;

    static final TickRate RATE = new TickRate(1_193_182);
    static final long MIN_PERIOD_NS = 100_000;
    private static final long MAX_BACKLOG_TICKS = RATE.hz();

    /** What an access addresses. */
    enum Register {
        COUNTER,
        LATCH,
        CONTROL,
        READ_BACK
    }

    /** Everything that the timer remembers. */
    public record State(
            I8253Counter.State counter0,
            I8253Counter.State counter1,
            I8253Counter.State counter2,
            long dueTick,
            long lastEdgeNs) {}

    private final Clock clock;
    private final IrqLine line;
    private final Clock.Timer timer;
    private final I8253Counter[] counters = {
        new I8253Counter(true), new I8253Counter(true), new I8253Counter(false)
    };

    /** The tick of the next edge that was not delivered yet. */
    private long dueTick = I8253Counter.NEVER;

    private long lastEdgeNs = -MIN_PERIOD_NS;

    /** {@code line} is interrupt line 0. */
    public I8253(Clock clock, IrqLine line) {
        this.clock = clock;
        this.line = line;
        this.timer = clock.timer(this::sync);
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, PORTS, this);
    }

    /** Which register a write of {@code value} at {@code offset} goes to. */
    static Register decode(int offset, int value) {
        if (offset < 3) {
            return Register.COUNTER;
        }
        if (value >> 6 == 3) {
            return Register.READ_BACK;
        }
        return (value & 0x30) == 0 ? Register.LATCH : Register.CONTROL;
    }

    @Override
    public int portRead(int offset, int size) {
        sync();
        // The control word register cannot be read (data sheet: three-state); the bus floats.
        return offset == 3 ? 0xff : counters[offset].read(now());
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        sync();
        long tick = now();
        int v = value & 0xff;
        switch (decode(offset, v)) {
            case COUNTER -> {
                counters[offset].write(v, tick);
                reprogrammed(offset, tick);
            }
            case CONTROL -> {
                counters[v >> 6].control(v & 0x3f, tick);
                reprogrammed(v >> 6, tick);
            }
            case LATCH -> counters[v >> 6].latchCount(tick);
            case READ_BACK -> readBack(v, tick);
        }
        sync();
    }

    private void readBack(int value, long tick) {
        for (int k = 0; k < counters.length; k++) {
            if ((value >> (k + 1) & 1) == 0) {
                continue;
            }
            if ((value & 0x20) == 0) {
                counters[k].latchCount(tick);
            }
            if ((value & 0x10) == 0) {
                counters[k].latchStatus(tick);
            }
        }
    }

    private long now() {
        return RATE.ticks(clock.nowNs());
    }

    private void reprogrammed(int index, long tick) {
        if (index == 0) {
            dueTick = counters[0].nextRise(tick);
        }
    }

    private boolean periodic() {
        return counters[0].mode() == 2 || counters[0].mode() == 3;
    }

    /** Delivers an edge that is due, drives the line and arms the timer for the next edge. */
    private void sync() {
        long nowNs = clock.nowNs();
        long tick = RATE.ticks(nowNs);
        if (nowNs >= dueNs()) {
            lastEdgeNs = nowNs;
            long from = Math.max(dueTick, tick - MAX_BACKLOG_TICKS);
            dueTick = counters[0].nextRise(from);
            line.level(false);
            line.level(true);
        }
        line.level(counters[0].mode() >= 2 || counters[0].out(tick));
        if (dueTick == I8253Counter.NEVER) {
            timer.cancel();
        } else {
            timer.arm(dueNs());
        }
    }

    private long dueNs() {
        if (dueTick == I8253Counter.NEVER) {
            return Long.MAX_VALUE;
        }
        long exactNs = RATE.firstNs(dueTick);
        return periodic() ? Math.max(exactNs, lastEdgeNs + MIN_PERIOD_NS) : exactNs;
    }

    /** The gate of counter 2. */
    void gate2(boolean level) {
        counters[2].gate(level, now());
    }

    boolean gate2() {
        return counters[2].gate();
    }

    /** OUT of counter 2. */
    boolean out2() {
        return counters[2].out(now());
    }

    /** The memory refresh request, which counter 1 makes on a PC/AT: it toggles each 15 us. */
    boolean refresh() {
        return (now() / 18 & 1) != 0;
    }

    /** What the timer remembers, in ticks of the machine's clock. */
    public State state() {
        return new State(
                counters[0].state(), counters[1].state(), counters[2].state(), dueTick, lastEdgeNs);
    }

    /** Continues from {@code state}; the clock must continue from where it was too. */
    public void restore(State state) {
        counters[0].restore(state.counter0);
        counters[1].restore(state.counter1);
        counters[2].restore(state.counter2);
        dueTick = state.dueTick;
        lastEdgeNs = state.lastEdgeNs;
        sync();
    }
}
