package vmm.dev.legacy;

/**
 * One counter of the timer, as the 8254 data sheet (Intel order number 231164) defines its six
 * modes. It has no clock: each call says at which tick of the CLK input it happens, and everything
 * is computed from that tick and the tick at which the counter was loaded.
 */
public final class I8253Counter {
    static final long NEVER = Long.MAX_VALUE;
    private static final int NONE = -1;

    /** Everything that a counter remembers. */
    public record State(
            int mode,
            int access,
            boolean bcd,
            boolean gate,
            int lowByte,
            boolean writeHigh,
            boolean readHigh,
            int countLatch,
            int statusLatch,
            int programmed,
            int count,
            boolean counting,
            long start,
            long held,
            int lastValue,
            int nextCount,
            long nextStart,
            long adoptAt) {}

    private int mode;

    /** 1: low byte, 2: high byte, 3: low byte, then high byte. */
    private int access = 3;

    private boolean bcd;
    private boolean gate;

    /** First byte of a two-byte write, and which byte comes next in each direction. */
    private int lowByte;

    private boolean writeHigh;
    private boolean readHigh;
    private int countLatch = NONE;
    private int statusLatch = NONE;

    /** Modes 1 and 5: the count that the next trigger loads; 0 when there is none. */
    private int programmed;

    /** The count in use, 1 .. modulus; 0 when none was written since the control word. */
    private int count;

    /** Whether CLK pulses count; then {@code start} is the tick at which the counter held count. */
    private boolean counting;

    private long start;

    /** Ticks that had elapsed when the counting stopped. */
    private long held;

    /** What reads see until the counter is loaded. */
    private int lastValue;

    /** Modes 2 and 3: a count that takes over at {@code adoptAt}; 0 when there is none. */
    private int nextCount;

    private long nextStart;
    private long adoptAt;

    I8253Counter(boolean gate) {
        this.gate = gate;
    }

    int mode() {
        return mode;
    }

    /** Bits 5..0 of a control word: access, mode, BCD. */
    void control(int value, long tick) {
        lastValue = value(tick);
        access = value >> 4 & 3;
        mode = (value >> 1 & 7) > 5 ? value >> 1 & 3 : value >> 1 & 7;
        bcd = (value & 1) != 0;
        writeHigh = false;
        readHigh = false;
        countLatch = NONE;
        statusLatch = NONE;
        programmed = 0;
        count = 0;
        counting = false;
        nextCount = 0;
    }

    void write(int value, long tick) {
        advance(tick);
        if (access == 3 && !writeHigh) {
            lowByte = value;
            writeHigh = true;
            if (mode == 0) {
                // Writing the first byte disables counting and sets OUT low at once.
                lastValue = value(tick);
                counting = false;
                count = 0;
            }
            return;
        }
        int raw =
                switch (access) {
                    case 1 -> value;
                    case 2 -> value << 8;
                    default -> value << 8 | lowByte;
                };
        writeHigh = false;
        load(clocks(raw), tick);
    }

    /** Clocks that a count register stands for; 0 is the largest count. */
    private int clocks(int raw) {
        int n = raw;
        if (bcd) {
            n = (raw >> 12) * 1000 + (raw >> 8 & 15) * 100 + (raw >> 4 & 15) * 10 + (raw & 15);
        }
        return n == 0 ? modulus() : Math.min(n, modulus());
    }

    private int modulus() {
        return bcd ? 10000 : 0x10000;
    }

    private void load(int n, long tick) {
        boolean triggered = mode == 1 || mode == 5;
        boolean periodic = mode == 2 || mode == 3;
        if (triggered) {
            programmed = n;
        } else if (periodic && counting && tick >= start) {
            loadLater(n, tick);
        } else {
            begin(n, tick);
        }
    }

    /** The new count of a running counter takes over when the cycle (mode 3: half cycle) ends. */
    private void loadLater(int n, long tick) {
        long phase = (tick - start) % count;
        long cycleStart = tick - phase;
        int high = high(count);
        nextCount = n;
        if (mode == 3 && phase < high) {
            adoptAt = cycleStart + high;
            nextStart = adoptAt - high(n);
        } else {
            adoptAt = cycleStart + count;
            nextStart = adoptAt;
        }
    }

    /** Mode 3: clocks of a cycle during which OUT is high. */
    private static int high(int n) {
        return (n + 1) / 2;
    }

    /** Loads {@code n} with the CLK pulse after {@code tick}. */
    private void begin(int n, long tick) {
        lastValue = value(tick);
        count = n;
        nextCount = 0;
        counting = gate || mode == 1 || mode == 5;
        start = tick + 1;
        held = 0;
    }

    private void advance(long tick) {
        if (nextCount != 0 && tick >= adoptAt) {
            count = nextCount;
            start = nextStart;
            nextCount = 0;
        }
    }

    void gate(boolean level, long tick) {
        if (level == gate) {
            return;
        }
        advance(tick);
        gate = level;
        switch (mode) {
            case 0, 4 -> {
                if (level && count != 0) {
                    start = tick - held;
                    counting = true;
                } else if (counting) {
                    held = Math.max(tick - start, 0);
                    counting = false;
                }
            }
            case 2, 3 -> {
                if (level && count != 0) {
                    begin(count, tick);
                } else if (counting) {
                    if (nextCount != 0) {
                        count = nextCount;
                        nextCount = 0;
                    }
                    held = 0;
                    counting = false;
                }
            }
            default -> {
                if (level && programmed != 0) {
                    begin(programmed, tick);
                }
            }
        }
    }

    boolean gate() {
        return gate;
    }

    /** Level of OUT. */
    boolean out(long tick) {
        advance(tick);
        long elapsed = elapsed(tick);
        if (count == 0) {
            return mode != 0;
        }
        return switch (mode) {
            case 0 -> elapsed >= count;
            case 1 -> elapsed < 0 || elapsed >= count;
            case 2 -> !counting || elapsed < 0 || elapsed % count != count - 1;
            case 3 -> !counting || elapsed < 0 || elapsed % count < high(count);
            default -> elapsed != count;
        };
    }

    private long elapsed(long tick) {
        return counting ? tick - start : held;
    }

    /** The first tick after {@code tick} at which OUT rises, or {@link #NEVER}. */
    long nextRise(long tick) {
        advance(tick);
        if (count == 0 || !counting) {
            return NEVER;
        }
        if (mode != 2 && mode != 3) {
            long rise = start + count + (mode >= 4 ? 1 : 0);
            return rise > tick ? rise : NEVER;
        }
        long rise = nextCycle(start, count, tick);
        return nextCount != 0 && rise > adoptAt ? nextCycle(nextStart, nextCount, adoptAt) : rise;
    }

    /** OUT of a periodic counter rises as a cycle begins; with a count of 1 it never falls. */
    private static long nextCycle(long start, int count, long tick) {
        if (count == 1) {
            return NEVER;
        }
        return start + (Math.max(tick - start, 0) / count + 1) * count;
    }

    /** The counting element, as a binary number. */
    private int value(long tick) {
        advance(tick);
        long elapsed = elapsed(tick);
        if (count == 0 || elapsed < 0) {
            return lastValue;
        }
        if (mode == 2) {
            return count - (int) (elapsed % count);
        }
        if (mode == 3) {
            int phase = (int) (elapsed % count);
            return (count & ~1) - 2 * (phase < high(count) ? phase : phase - high(count));
        }
        return (int) Math.floorMod(count - elapsed, (long) modulus());
    }

    private int encoded(long tick) {
        int v = value(tick) % modulus();
        return bcd ? v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10 : v;
    }

    void latchCount(long tick) {
        if (countLatch == NONE) {
            countLatch = encoded(tick);
        }
    }

    void latchStatus(long tick) {
        if (statusLatch == NONE) {
            statusLatch =
                    (out(tick) ? 0x80 : 0)
                            | (nullCount(tick) ? 0x40 : 0)
                            | access << 4
                            | mode << 1
                            | (bcd ? 1 : 0);
        }
    }

    /** True while a written count has not reached the counting element. */
    private boolean nullCount(long tick) {
        return count == 0
                || nextCount != 0
                || (counting && tick < start)
                || (programmed != 0 && programmed != count);
    }

    int read(long tick) {
        if (statusLatch != NONE) {
            int status = statusLatch;
            statusLatch = NONE;
            return status;
        }
        int v = countLatch != NONE ? countLatch : encoded(tick);
        boolean highByte = access == 2 || (access == 3 && readHigh);
        readHigh = access == 3 && !readHigh;
        if (!readHigh) {
            countLatch = NONE;
        }
        return highByte ? v >> 8 : v & 0xff;
    }

    State state() {
        return new State(
                mode,
                access,
                bcd,
                gate,
                lowByte,
                writeHigh,
                readHigh,
                countLatch,
                statusLatch,
                programmed,
                count,
                counting,
                start,
                held,
                lastValue,
                nextCount,
                nextStart,
                adoptAt);
    }

    void restore(State s) {
        mode = s.mode;
        access = s.access;
        bcd = s.bcd;
        gate = s.gate;
        lowByte = s.lowByte;
        writeHigh = s.writeHigh;
        readHigh = s.readHigh;
        countLatch = s.countLatch;
        statusLatch = s.statusLatch;
        programmed = s.programmed;
        count = s.count;
        counting = s.counting;
        start = s.start;
        held = s.held;
        lastValue = s.lastValue;
        nextCount = s.nextCount;
        nextStart = s.nextStart;
        adoptAt = s.adoptAt;
    }
}
