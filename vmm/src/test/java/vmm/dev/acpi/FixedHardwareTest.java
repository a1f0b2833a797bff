package vmm.dev.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeClock;
import vmm.dev.FakeLine;
import vmm.dev.PortBus;

final class FixedHardwareTest {
    private static final int STATUS = 0x600;
    private static final int ENABLE = 0x602;
    private static final int CONTROL = 0x604;
    private static final int TIMER = 0x608;

    private final FakeClock clock = new FakeClock();
    private final FakeLine sci = new FakeLine();
    private final PortBus bus = new PortBus();
    private int powerOffs;
    private final FixedHardware acpi = new FixedHardware(clock, sci, () -> powerOffs++);

    @BeforeEach
    void attach() {
        acpi.attach(bus);
    }

    @Test
    void powerButtonInterruptsWhenEnabled() {
        acpi.powerButton();
        assertFalse(acpi.powerButtonEnabled());
        assertFalse(sci.high());

        bus.write(ENABLE, 2, 0x0100);
        assertTrue(acpi.powerButtonEnabled());
        assertTrue(sci.high());
        assertEquals(0x0100, bus.read(STATUS, 2));

        bus.write(STATUS, 2, 0x0100);
        assertFalse(sci.high());
        assertEquals(0, bus.read(STATUS, 2));
    }

    @Test
    void pressIsPendingUntilTheGuestClearsItsStatus() {
        bus.write(ENABLE, 2, 0x0100);
        assertFalse(acpi.powerButtonPending());
        acpi.powerButton();
        assertTrue(acpi.powerButtonPending());
        bus.read(STATUS, 2);
        bus.write(STATUS, 2, 0x0001);
        assertTrue(acpi.powerButtonPending());
        bus.write(STATUS + 1, 1, 0x01);
        assertFalse(acpi.powerButtonPending());
    }

    @Test
    void softOffPowersOffOnceSleepIsEnabled() {
        assertEquals(0x0001, bus.read(CONTROL, 2));
        bus.write(CONTROL, 2, 0);
        assertEquals(0, powerOffs);
        bus.write(CONTROL, 2, 0x2000);
        assertEquals(1, powerOffs);
        assertEquals(1, bus.read(CONTROL, 2));
    }

    @Test
    void otherSleepStatesDoNotPowerOff() {
        bus.write(CONTROL, 2, 3 << 10 | 0x2000);
        assertEquals(0, powerOffs);
    }

    @Test
    void timerCountsExactly() {
        clock.advance(3_600_000_000_000L);
        assertEquals((int) (3_579_545L * 3600), bus.read(TIMER, 4));
        assertEquals((int) (3_579_545L * 3600) >>> 8 & 0xffff, bus.read(TIMER + 1, 2));
    }

    @Test
    void timerStatusFollowsTheHighestBit() {
        bus.write(ENABLE, 2, 0x0001);
        clock.advance(599_000_000_000L);
        assertFalse(sci.high());
        clock.advance(1_000_000_000L);
        assertTrue(sci.high());
        assertEquals(0x0001, bus.read(STATUS, 2));
        bus.write(STATUS, 1, 0x01);
        assertFalse(sci.high());
        clock.advance(600_000_000_000L);
        assertEquals(2, sci.rises());
    }

    @Test
    void restoredDeviceContinues() {
        bus.write(ENABLE, 2, 0x0100);
        acpi.powerButton();
        FakeLine line = new FakeLine();
        FixedHardware copy = new FixedHardware(clock, line, () -> powerOffs++);
        copy.restore(acpi.state());
        assertTrue(line.high());
        acpi.reset();
        assertFalse(sci.high());
        assertFalse(acpi.powerButtonEnabled());
    }

    @Test
    void enableBitOfTheClockIsKept() {
        bus.write(ENABLE, 2, 0x0400);
        assertEquals(0x0400, bus.read(ENABLE, 2));
        bus.write(ENABLE, 2, 0);
        assertEquals(0, bus.read(ENABLE, 2));
    }
}
