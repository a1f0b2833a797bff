package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeClock;
import vmm.dev.FakeLine;
import vmm.dev.PortBus;

final class I8253Test {
    private final FakeClock clock = new FakeClock();
    private final FakeLine irq0 = new FakeLine();
    private final I8253 pit = new I8253(clock, irq0);
    private final PortBus bus = new PortBus();

    @BeforeEach
    void attach() {
        pit.attach(bus);
        new SystemControlPortB(pit).attach(bus);
    }

    /** Moves to the first nanosecond of a tick counted from the start of the test. */
    private void at(long toTick) {
        clock.advance(I8253.RATE.firstNs(toTick) - clock.nowNs());
    }

    private void program(int counter, int control, int count) {
        bus.write(0x43, 1, counter << 6 | control);
        bus.write(0x40 + counter, 1, count & 0xff);
        bus.write(0x40 + counter, 1, count >> 8);
    }

    private int latched(int counter) {
        bus.write(0x43, 1, counter << 6);
        return bus.read(0x40 + counter, 1) | bus.read(0x40 + counter, 1) << 8;
    }

    private int status(int counter) {
        bus.write(0x43, 1, 0xe0 | 2 << counter);
        return bus.read(0x40 + counter, 1);
    }

    private boolean out2() {
        return (bus.read(0x61, 1) & 0x20) != 0;
    }

    @Test
    void modeZeroRisesOneClockAfterTheCount() {
        program(0, 0x30, 1000);
        assertFalse(irq0.high());

        at(1000);
        assertEquals(1, latched(0));
        assertFalse(irq0.high());
        at(1001);
        assertTrue(irq0.high());
        at(1002);
        assertEquals(0xffff, latched(0));
        at(200_000);
        assertEquals(1, irq0.rises());
    }

    @Test
    void modeZeroWaitsForTheSecondByte() {
        program(0, 0x30, 1000);
        at(500);
        bus.write(0x40, 1, 0x10);
        at(5_000);
        assertFalse(irq0.high());

        bus.write(0x40, 1, 0x00);
        at(5_017);
        assertTrue(irq0.high());
    }

    @Test
    void modeTwoTicksExactlyForAnHour() {
        program(0, 0x34, 11932);
        int before = irq0.rises();
        long ticks = 1_193_182L * 3600;
        at(ticks);

        assertEquals(ticks / 11932, irq0.rises() - before);
    }

    @Test
    void modeTwoCountsDownToOneAndReloads() {
        program(0, 0x34, 100);
        at(1);
        assertEquals(100, latched(0));
        at(100);
        assertEquals(1, latched(0));
        assertEquals(0, status(0) & 0x80);
        at(101);
        assertEquals(100, latched(0));
        assertEquals(0x80, status(0) & 0x80);
    }

    @Test
    void modeTwoTakesANewCountAtTheEndOfTheCycle() {
        program(0, 0x34, 1000);
        at(500);
        bus.write(0x40, 1, 2000 & 0xff);
        bus.write(0x40, 1, 2000 >> 8);
        assertEquals(501, latched(0));
        assertEquals(0x40, status(0) & 0x40);

        at(1001);
        assertEquals(2000, latched(0));
        assertEquals(0, status(0) & 0x40);
    }

    @Test
    void modeThreeIsASquareWaveForOddCountsToo() {
        program(2, 0x36, 5);
        bus.write(0x61, 1, 1);
        StringBuilder wave = new StringBuilder();
        for (int k = 1; k <= 10; k++) {
            at(k);
            wave.append(out2() ? '1' : '0');
        }
        assertEquals("1110011100", wave.toString());
    }

    @Test
    void modeThreeCountsByTwo() {
        program(0, 0x36, 100);
        at(11);
        assertEquals(80, latched(0));
        at(51);
        assertEquals(100, latched(0));
        at(61);
        assertEquals(80, latched(0));
    }

    @Test
    void modeThreeTakesANewCountAtTheEndOfTheHalfCycle() {
        program(0, 0x36, 100);
        int before = irq0.rises();
        at(11);
        bus.write(0x40, 1, 40);
        bus.write(0x40, 1, 0);

        // The first half ends at 51, then comes a low half of 20.
        at(70);
        assertEquals(0, status(0) & 0x80);
        at(71);
        assertEquals(0x80, status(0) & 0x80);
        assertEquals(40, latched(0));
        at(2000);
        assertTrue(irq0.rises() > before);
    }

    @Test
    void modeFourStrobesOnce() {
        program(0, 0x38, 1000);
        int before = irq0.rises();
        at(1001);
        assertEquals(0, status(0) & 0x80);
        at(1002);
        assertEquals(0x80, status(0) & 0x80);
        at(300_000);
        assertEquals(1, irq0.rises() - before);
    }

    @Test
    void modeOneIsTriggeredByTheGate() {
        program(2, 0x32, 100);
        at(1000);
        assertTrue(out2());
        bus.write(0x61, 1, 1);
        at(1001);
        assertFalse(out2());
        at(1100);
        assertFalse(out2());
        at(1101);
        assertTrue(out2());
    }

    @Test
    void modeFiveStrobesAfterTheTrigger() {
        program(2, 0x3a, 100);
        bus.write(0x61, 1, 1);
        at(100);
        assertTrue(out2());
        at(101);
        assertFalse(out2());
        at(102);
        assertTrue(out2());
    }

    @Test
    void gateStopsAndContinuesModeZero() {
        bus.write(0x61, 1, 1);
        program(2, 0x30, 1000);
        at(401);
        bus.write(0x61, 1, 0);
        assertEquals(600, latched(2));
        at(5000);
        assertEquals(600, latched(2));
        bus.write(0x61, 1, 1);
        at(5599);
        assertFalse(out2());
        at(5600);
        assertTrue(out2());
    }

    @Test
    void gateReloadsModeTwo() {
        bus.write(0x61, 1, 1);
        program(2, 0x34, 1000);
        at(400);
        bus.write(0x61, 1, 0);
        assertTrue(out2());
        at(500);
        bus.write(0x61, 1, 1);
        at(501);
        assertEquals(1000, latched(2));
    }

    @Test
    void bcdCountsInDecimal() {
        program(0, 0x31, 0x1000);
        at(2);
        assertEquals(0x0999, latched(0));
        program(0, 0x31, 0);
        at(3);
        assertEquals(0x0000, latched(0));
        at(4);
        assertEquals(0x9999, latched(0));
    }

    @Test
    void latchHoldsUntilRead() {
        program(0, 0x34, 1000);
        at(101);
        bus.write(0x43, 1, 0x00);
        at(301);
        bus.write(0x43, 1, 0x00);
        assertEquals(900 & 0xff, bus.read(0x40, 1));
        assertEquals(900 >> 8, bus.read(0x40, 1));
        assertEquals(700, latched(0));
    }

    @Test
    void readBackGivesStatusThenCount() {
        program(0, 0x34, 1000);
        at(101);
        bus.write(0x43, 1, 0xc2);
        at(301);
        assertEquals(0x80 | 0x34, bus.read(0x40, 1));
        assertEquals(900, bus.read(0x40, 1) | bus.read(0x40, 1) << 8);
    }

    @Test
    void singleByteAccessModes() {
        bus.write(0x43, 1, 0x14);
        bus.write(0x40, 1, 200);
        at(11);
        assertEquals(190, bus.read(0x40, 1));
        assertEquals(190, bus.read(0x40, 1));

        bus.write(0x43, 1, 0x24);
        bus.write(0x40, 1, 2);
        at(12 + 256);
        assertEquals(1, bus.read(0x40, 1));
    }

    @Test
    void countOneOfPeriodicModesMakesNoEdges() {
        program(0, 0x34, 1);
        int before = irq0.rises();
        at(1_000_000);
        assertEquals(before, irq0.rises());
        assertEquals(Long.MAX_VALUE, clock.nextDeadlineNs());
    }

    @Test
    void tinyPeriodIsBounded() {
        program(0, 0x34, 2);
        int before = irq0.rises();
        clock.advance(10_000_000);
        assertTrue(irq0.rises() - before <= 10_000_000 / I8253.MIN_PERIOD_NS + 1);
        assertTrue(clock.nextDeadlineNs() >= clock.nowNs());
    }

    @Test
    void lateHostDeliversTheTicksThatWereDue() {
        program(0, 0x34, 11932);
        int before = irq0.rises();
        clock.oversleep(55_000_000);
        assertEquals(1, irq0.rises() - before);
        clock.advance(1_000_000);
        assertEquals(5, irq0.rises() - before);
    }

    @Test
    void lateHostForgetsTicksOlderThanASecond() {
        program(0, 0x34, 11932);
        int before = irq0.rises();
        clock.oversleep(100_000_000_000L);
        clock.advance(100_000_000);
        int delivered = irq0.rises() - before;
        assertTrue(delivered >= 100 && delivered <= 112, "delivered " + delivered);
    }

    @Test
    void portBShowsGateRefreshAndSpeakerBits() {
        bus.write(0x61, 1, 0xff);
        assertEquals(0x0f, bus.read(0x61, 1) & 0x0f);
        int first = bus.read(0x61, 1) & 0x10;
        at(18);
        assertEquals(first ^ 0x10, bus.read(0x61, 1) & 0x10);
        assertEquals(0, bus.read(0x61, 1) & 0xc0);
    }

    @Test
    void restoredTimerContinues() {
        program(0, 0x34, 11932);
        at(5000);
        I8253.State saved = pit.state();
        FakeLine line = new FakeLine();
        I8253 copy = new I8253(clock, line);
        copy.restore(saved);
        int before = line.rises();
        at(11933);

        assertEquals(1, line.rises() - before);
        assertEquals(saved.counter0().start(), copy.state().counter0().start());
    }
}
