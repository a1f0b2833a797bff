package vmm.dev.legacy;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import vmm.dev.Clock;
import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;
import vmm.dev.TickRate;

/**
 * The real-time clock and its memory: an MC146818 (Motorola data sheet ADI-856) with 128 bytes and
 * the contents that a PC/AT's firmware leaves there.
 *
 * <p>The time is the host's wall clock (UTC) plus an offset that changes when the guest sets the
 * time. Flags are computed from the clock when somebody looks; a timer runs only for an interrupt
 * that is enabled and not yet flagged, so a guest that does not answer costs nothing.
 */
public final class Mc146818 implements PortDevice {
    /** First port and number of ports. */
    public static final int PORT = 0x70;

    /** Number of ports. */
    public static final int PORTS = 2;

    /** Everything that the chip remembers. */
    public record State(
            byte[] cells,
            int index,
            long offsetSeconds,
            long phaseShiftNs,
            int weekdayShift,
            int flags,
            long lastSecond,
            long lastPeriod) {}

    /** What an index addresses. */
    enum Register {
        TIME,
        A,
        B,
        C,
        D,
        MEMORY
    }

    private static final int SECONDS = 0;
    private static final int SECONDS_ALARM = 1;
    private static final int MINUTES = 2;
    private static final int MINUTES_ALARM = 3;
    private static final int HOURS = 4;
    private static final int HOURS_ALARM = 5;
    private static final int WEEKDAY = 6;
    private static final int DAY = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int REG_A = 10;
    private static final int REG_B = 11;

    /** The index that FADT's CENTURY field names too. */
    public static final int CENTURY = 0x32;

    private static final int A_UIP = 0x80;
    private static final int DIVIDER_32768_HZ = 2;
    private static final int B_SET = 0x80;
    private static final int B_PIE = 0x40;
    private static final int B_AIE = 0x20;
    private static final int B_UIE = 0x10;
    private static final int B_SQWE = 0x08;
    private static final int B_BINARY = 0x04;
    private static final int B_24H = 0x02;
    private static final int C_IRQF = 0x80;
    private static final int PF = 0x40;
    private static final int AF = 0x20;
    private static final int UF = 0x10;
    private static final int D_VRT = 0x80;
    private static final int PM = 0x80;

    private static final long NS_PER_SECOND = 1_000_000_000L;
    private static final int DAY_SECONDS = 86_400;

    /** UIP rises 244 us before an update that lasts 1984 us (data sheet, "Update Cycle"). */
    private static final long UPDATE_NS = 2_228_000;

    /** The first update after the divider is released comes after half a second. */
    private static final long RELEASED_PHASE_NS = NS_PER_SECOND / 2;

    private final Clock clock;
    private final IrqLine line;
    private final Clock.Timer timer;
    private final byte[] cells = new byte[128];
    private int index;

    /** The wall clock, read once for each access so that the parts of an access agree. */
    private long wallNs;

    /**
     * The guest's time is the wall clock plus both. Seconds are apart because a guest may set years
     * that nanoseconds do not reach.
     */
    private long offsetSeconds;

    private long phaseShiftNs;

    /** Day of week as the guest set it, less the calendar's. */
    private int weekdayShift;

    private int flags;
    private long lastSecond;
    private long lastPeriod;

    /**
     * {@code line} is interrupt line 8. {@code lowBytes} is the RAM below 4 GiB including the first
     * MiB, {@code highBytes} the RAM above 4 GiB: the memory sizes that firmware would store.
     */
    public Mc146818(Clock clock, IrqLine line, long lowBytes, long highBytes) {
        this.clock = clock;
        this.line = line;
        this.timer = clock.timer(this::expire);
        cells[REG_A] = 0x26;
        cells[REG_B] = B_24H;
        storeSizes(lowBytes, highBytes);
        wallNs = clock.wallClockNs();
        lastSecond = second();
        lastPeriod = period();
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attachBytes(PORT, PORTS, this);
    }

    /** The cells that firmware fills; the diagnostic byte 0x0e stays 0: all tests passed. */
    private void storeSizes(long lowBytes, long highBytes) {
        // Equipment: a coprocessor, no display, no diskette.
        cells[0x14] = 0x02;
        store(0x15, 2, 640);
        long aboveMib = Math.max(lowBytes - (1 << 20), 0);
        long extendedKib = Math.min(aboveMib >> 10, 0xffff);
        store(0x17, 2, extendedKib);
        store(0x30, 2, extendedKib);
        store(0x34, 2, Math.min(Math.max(lowBytes - (16 << 20), 0) >> 16, 0xffff));
        store(0x5b, 3, Math.min(highBytes >> 16, 0xffffff));
        int sum = 0;
        for (int k = 0x10; k <= 0x2d; k++) {
            sum += cell(k);
        }
        cells[0x2e] = (byte) (sum >> 8);
        cells[0x2f] = (byte) sum;
    }

    private void store(int at, int bytes, long value) {
        for (int k = 0; k < bytes; k++) {
            cells[at + k] = (byte) (value >> (8 * k));
        }
    }

    private int cell(int at) {
        return cells[at] & 0xff;
    }

    /** What {@code index} addresses. The alarm registers are plain memory. */
    static Register decode(int index) {
        return switch (index) {
            case SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY -> Register.TIME;
            case REG_A -> Register.A;
            case REG_B -> Register.B;
            case 12 -> Register.C;
            case 13 -> Register.D;
            default -> Register.MEMORY;
        };
    }

    @Override
    public int portRead(int offset, int size) {
        if (offset == 0) {
            // The index register is write-only; the bus floats.
            return 0xff;
        }
        wallNs = clock.wallClockNs();
        return switch (decode(index)) {
            case TIME -> {
                if (updating()) {
                    storeTime();
                }
                yield cell(index);
            }
            case A -> cell(REG_A) | (inUpdate() ? A_UIP : 0);
            case C -> takeFlags();
            case D -> D_VRT;
            case B, MEMORY -> cell(index);
        };
    }

    private int takeFlags() {
        advance();
        int value = flags | ((flags & cell(REG_B)) != 0 ? C_IRQF : 0);
        flags = 0;
        sync();
        return value;
    }

    @Override
    public void portWrite(int offset, int size, int value) {
        if (offset == 0) {
            // Bit 7 masks NMI, which nothing here raises.
            index = value & 0x7f;
            return;
        }
        wallNs = clock.wallClockNs();
        advance();
        switch (decode(index)) {
            case TIME -> writeTime((byte) value);
            case A -> writeA(value & 0x7f);
            case B -> writeB(value & 0xff);
            case MEMORY -> cells[index] = (byte) value;
            case C, D -> {
                // Read-only.
            }
        }
        sync();
    }

    private void writeTime(byte value) {
        boolean running = updating();
        if (running) {
            storeTime();
        }
        cells[index] = value;
        if (running) {
            loadTime(phaseNs());
        }
    }

    private void writeA(int value) {
        boolean wasRunning = dividerRuns();
        boolean wasUpdating = updating();
        if (wasUpdating) {
            storeTime();
        }
        cells[REG_A] = (byte) value;
        if (!wasRunning && dividerRuns()) {
            if (updating()) {
                loadTime(RELEASED_PHASE_NS);
            } else {
                // SET still holds the registers, but the phase starts now.
                phaseShiftNs = Math.floorMod(RELEASED_PHASE_NS - wallNs, NS_PER_SECOND);
            }
        }
        lastPeriod = period();
    }

    private void writeB(int value) {
        boolean wasUpdating = updating();
        if (wasUpdating) {
            storeTime();
        }
        // UIE is cleared by SET going high (data sheet, "Register B").
        boolean setRises = (value & ~cell(REG_B) & B_SET) != 0;
        cells[REG_B] = (byte) (setRises ? value & ~B_UIE : value);
        if (!wasUpdating && updating()) {
            loadTime(phaseNs());
        }
    }

    private boolean dividerRuns() {
        return (cell(REG_A) >> 4 & 7) == DIVIDER_32768_HZ;
    }

    /** True while the time goes on by itself. */
    private boolean updating() {
        return dividerRuns() && (cell(REG_B) & B_SET) == 0;
    }

    private boolean inUpdate() {
        return updating() && phaseNs() >= NS_PER_SECOND - UPDATE_NS;
    }

    private long second() {
        return Math.floorDiv(wallNs + phaseShiftNs, NS_PER_SECOND) + offsetSeconds;
    }

    private long phaseNs() {
        return Math.floorMod(wallNs + phaseShiftNs, NS_PER_SECOND);
    }

    /** Puts the time of now into the registers. */
    private void storeTime() {
        LocalDateTime t = LocalDateTime.ofEpochSecond(second(), 0, ZoneOffset.UTC);
        cells[SECONDS] = (byte) encoded(t.getSecond());
        cells[MINUTES] = (byte) encoded(t.getMinute());
        cells[HOURS] = (byte) encodedHour(t.getHour());
        cells[WEEKDAY] = (byte) encoded((weekday(t.toLocalDate()) + weekdayShift) % 7 + 1);
        cells[DAY] = (byte) encoded(t.getDayOfMonth());
        cells[MONTH] = (byte) encoded(t.getMonthValue());
        cells[YEAR] = (byte) encoded(Math.floorMod(t.getYear(), 100));
        cells[CENTURY] = (byte) encoded(Math.floorMod(t.getYear() / 100, 100));
    }

    /** 0 for Sunday. */
    private static int weekday(LocalDate date) {
        return date.getDayOfWeek().getValue() % 7;
    }

    /** Makes the registers the time of now, {@code phaseNs} into the second. */
    private void loadTime(long phaseNs) {
        int century = decoded(cell(CENTURY)) % 100;
        int year = (century == 0 ? 20 : century) * 100 + decoded(cell(YEAR)) % 100;
        int month = Math.clamp(decoded(cell(MONTH)), 1, 12);
        LocalDate first = LocalDate.of(year, month, 1);
        LocalDate date =
                first.withDayOfMonth(Math.clamp(decoded(cell(DAY)), 1, first.lengthOfMonth()));
        int hour = Math.min(decodedHour(cell(HOURS)), 23);
        int minute = Math.min(decoded(cell(MINUTES)), 59);
        int second = Math.min(decoded(cell(SECONDS)), 59);
        long epochSecond = date.atTime(hour, minute, second).toEpochSecond(ZoneOffset.UTC);
        weekdayShift = Math.floorMod(decoded(cell(WEEKDAY)) - 1 - weekday(date), 7);
        phaseShiftNs = Math.floorMod(phaseNs - wallNs, NS_PER_SECOND);
        offsetSeconds = 0;
        offsetSeconds = epochSecond - second();
        lastSecond = second();
    }

    private int encoded(int v) {
        return (cell(REG_B) & B_BINARY) != 0 ? v : v / 10 << 4 | v % 10;
    }

    private int decoded(int v) {
        return (cell(REG_B) & B_BINARY) != 0 ? v : (v >> 4) * 10 + (v & 15);
    }

    private int encodedHour(int hour) {
        if ((cell(REG_B) & B_24H) != 0) {
            return encoded(hour);
        }
        int twelve = hour % 12 == 0 ? 12 : hour % 12;
        return encoded(twelve) | (hour >= 12 ? PM : 0);
    }

    private int decodedHour(int v) {
        if ((cell(REG_B) & B_24H) != 0) {
            return decoded(v);
        }
        return decoded(v & ~PM) % 12 + ((v & PM) != 0 ? 12 : 0);
    }

    /** Sets the flags of what happened since the last call. */
    private void advance() {
        if (updating()) {
            long second = second();
            if (second != lastSecond) {
                flags |= UF;
                if (second > lastSecond && nextAlarm(lastSecond + 1) <= second) {
                    flags |= AF;
                }
                lastSecond = second;
            }
        }
        long period = period();
        if (period != lastPeriod) {
            flags |= PF;
            lastPeriod = period;
        }
    }

    /** Periodic interrupts since time 0 at the selected rate; 0 when none is selected. */
    private long period() {
        int rate = cell(REG_A) & 15;
        return rate == 0 || !dividerRuns() ? 0 : rate(rate).ticks(clock.nowNs());
    }

    private static TickRate rate(int rate) {
        // Data sheet, table 5: rates 1 and 2 repeat those of 8 and 9 with a 32 kHz base.
        return new TickRate(32_768 >> ((rate <= 2 ? rate + 7 : rate) - 1));
    }

    /** The first second, not before {@code from}, at which the alarm matches. */
    private long nextAlarm(long from) {
        int today = (int) Math.floorMod(from, (long) DAY_SECONDS);
        int t = today;
        // At most one step per hour, minute and second: each step skips what cannot match.
        while (t < today + 2 * DAY_SECONDS) {
            if (!matches(HOURS_ALARM, encodedHour(t / 3600 % 24))) {
                t += 3600 - t % 3600;
            } else if (!matches(MINUTES_ALARM, encoded(t / 60 % 60))) {
                t += 60 - t % 60;
            } else if (!matches(SECONDS_ALARM, encoded(t % 60))) {
                t++;
            } else {
                return from + (t - today);
            }
        }
        return Long.MAX_VALUE;
    }

    /** Alarm bytes from 0xc0 up match always. */
    private boolean matches(int register, int value) {
        return cell(register) >= 0xc0 || cell(register) == value;
    }

    private void expire() {
        wallNs = clock.wallClockNs();
        sync();
    }

    /** Updates the flags, drives the line, and arms the timer for the next enabled interrupt. */
    private void sync() {
        advance();
        line.level((flags & cell(REG_B)) != 0);
        int wanted = cell(REG_B) & ~flags;
        long deadlineNs = Long.MAX_VALUE;
        if (updating() && (wanted & (B_UIE | B_AIE)) != 0) {
            long second = lastSecond + 1;
            long at = (wanted & B_UIE) != 0 ? second : nextAlarm(second);
            if (at != Long.MAX_VALUE) {
                deadlineNs = clock.nowNs() + (at - second()) * NS_PER_SECOND - phaseNs();
            }
        }
        if ((wanted & B_PIE) != 0 && (cell(REG_A) & 15) != 0 && dividerRuns()) {
            deadlineNs = Math.min(deadlineNs, rate(cell(REG_A) & 15).firstNs(lastPeriod + 1));
        }
        if (deadlineNs == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.arm(deadlineNs);
        }
    }

    /** The RESET pin: clears the interrupt enables and flags, keeps time and memory. */
    public void reset() {
        cells[REG_B] = (byte) (cell(REG_B) & ~(B_PIE | B_AIE | B_UIE | B_SQWE));
        flags = 0;
        index = 0;
        expire();
    }

    /** What the chip remembers. */
    public State state() {
        return new State(
                cells.clone(),
                index,
                offsetSeconds,
                phaseShiftNs,
                weekdayShift,
                flags,
                lastSecond,
                lastPeriod);
    }

    /** Continues from {@code state}: the guest's time is again the wall clock plus its offset. */
    public void restore(State state) {
        System.arraycopy(state.cells, 0, cells, 0, cells.length);
        index = state.index & 0x7f;
        offsetSeconds = state.offsetSeconds;
        phaseShiftNs = state.phaseShiftNs;
        weekdayShift = Math.floorMod(state.weekdayShift, 7);
        flags = state.flags & (PF | AF | UF);
        lastSecond = state.lastSecond;
        lastPeriod = state.lastPeriod;
        expire();
    }
}
