package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeClock;
import vmm.dev.FakeLine;
import vmm.dev.PortBus;

final class Mc146818Test {
    private static final long SECOND = 1_000_000_000L;
    private static final int A = 10;
    private static final int B = 11;
    private static final int C = 12;

    private final FakeClock clock = new FakeClock();
    private final FakeLine irq8 = new FakeLine();
    private final PortBus bus = new PortBus();
    private Mc146818 rtc = new Mc146818(clock, irq8, 0, 0);

    @BeforeEach
    void tenPastTenInTheEvening() {
        wall("2026-07-05T22:10:58");
        rtc = new Mc146818(clock, irq8, 0x20000000L, 0x180000000L);
        rtc.attach(bus);
    }

    private void wall(String time) {
        clock.wall(LocalDateTime.parse(time).toEpochSecond(ZoneOffset.UTC) * SECOND);
    }

    private int read(int index) {
        bus.write(0x70, 1, index);
        return bus.read(0x71, 1);
    }

    private void write(int index, int value) {
        bus.write(0x70, 1, index);
        bus.write(0x71, 1, value);
    }

    private String time() {
        return "%02x%02x-%02x-%02x %02x:%02x:%02x (%d)"
                .formatted(
                        read(0x32), read(9), read(8), read(7), read(4), read(2), read(0), read(6));
    }

    @Test
    void timeIsTheWallClockInBcd() {
        assertEquals("2026-07-05 22:10:58 (1)", time());
        clock.advance(90 * SECOND);
        assertEquals("2026-07-05 22:12:28 (1)", time());
    }

    @Test
    void binaryAndTwelveHourForms() {
        write(B, 0x06);
        assertEquals(58, read(0));
        assertEquals(22, read(4));
        write(B, 0x04);
        assertEquals(10 | 0x80, read(4));
        write(B, 0x00);
        assertEquals(0x10 | 0x80, read(4));
        wall("2026-07-05T00:10:58");
        assertEquals(0x12, read(4));
        wall("2026-07-05T12:10:58");
        assertEquals(0x92, read(4));
    }

    @Test
    void timeSetByTheGuestIsKept() {
        write(B, 0x82);
        write(0, 0x30);
        write(2, 0x59);
        write(4, 0x23);
        write(7, 0x31);
        write(8, 0x12);
        write(9, 0x99);
        write(0x32, 0x19);
        write(6, 0x06);
        clock.advance(5 * SECOND);
        assertEquals("1999-12-31 23:59:30 (6)", time());

        write(B, 0x02);
        clock.advance(31 * SECOND);
        assertEquals("2000-01-01 00:00:01 (7)", time());
    }

    @Test
    void setKeepsThePhaseAndDividerResetStartsHalfASecond() {
        clock.advance(900_000_000);
        write(B, 0x82);
        write(0, 0x00);
        write(B, 0x02);
        clock.advance(99_999_999);
        assertEquals(0x00, read(0));
        clock.advance(1);
        assertEquals(0x01, read(0));

        write(A, 0x76);
        write(0, 0x10);
        clock.advance(7 * SECOND + 123);
        write(A, 0x26);
        clock.advance(499_999_999);
        assertEquals(0x10, read(0));
        clock.advance(1);
        assertEquals(0x11, read(0));
    }

    @Test
    void singleFieldCanBeSetWhileRunning() {
        write(2, 0x45);
        assertEquals("2026-07-05 22:45:58 (1)", time());
    }

    @Test
    void nonsenseIsClamped() {
        write(B, 0x82);
        for (int k = 0; k < 10; k++) {
            write(k, 0xff);
        }
        write(0x32, 0xff);
        write(B, 0x02);
        assertEquals(0x59, read(0));
        assertEquals(0x31, read(7));
        assertEquals(0x12, read(8));
    }

    @Test
    void updateInProgressIsShownBeforeTheSecondEnds() {
        assertEquals(0, read(A) & 0x80);
        clock.advance(SECOND - 2_228_000);
        assertEquals(0x80, read(A) & 0x80);
        write(B, 0x82);
        assertEquals(0, read(A) & 0x80);
        write(B, 0x02);
        clock.advance(2_228_000);
        assertEquals(0, read(A) & 0x80);
    }

    @Test
    void updateEndedInterruptsOnceASecondUntilAcknowledged() {
        write(B, 0x12);
        clock.advance(SECOND - 1);
        assertFalse(irq8.high());
        clock.advance(1);
        assertTrue(irq8.high());
        assertEquals(0x90, read(C) & 0xb0);
        assertFalse(irq8.high());
        assertEquals(0, read(C) & 0x90);

        clock.advance(10 * SECOND);
        assertEquals(2, irq8.rises());
    }

    @Test
    void flagsAreSetWithoutEnables() {
        clock.advance(SECOND);
        assertEquals(0x50, read(C) & 0xd0);
        assertEquals(0, irq8.rises());
    }

    @Test
    void periodicInterruptHasTheExactRate() {
        write(A, 0x26);
        write(B, 0x42);
        int interrupts = 0;
        while (clock.nowNs() < 10 * SECOND) {
            clock.advance(clock.nextDeadlineNs() - clock.nowNs());
            assertEquals(0xc0, read(C) & 0xc0);
            interrupts++;
        }
        assertEquals(10 * 1024, interrupts);
    }

    @Test
    void unansweredPeriodicInterruptCostsNothing() {
        write(A, 0x23);
        write(B, 0x42);
        clock.advance(SECOND);
        assertEquals(1, irq8.rises());
        assertEquals(Long.MAX_VALUE, clock.nextDeadlineNs());
    }

    @Test
    void alarmMatchesTheTime() {
        write(1, 0x05);
        write(3, 0x00);
        write(5, 0x06);
        write(B, 0x22);
        clock.advance((7 * 3600 + 49 * 60 + 6) * SECOND);
        assertFalse(irq8.high());
        clock.advance(SECOND);
        assertTrue(irq8.high());
        assertEquals("2026-07-06 06:00:05 (2)", time());
        assertEquals(0xa0, read(C) & 0xa0);
    }

    @Test
    void alarmWildcardsMatchEachMinute() {
        write(1, 0x00);
        write(3, 0xc0);
        write(5, 0xff);
        write(B, 0x22);
        for (int k = 1; k <= 3; k++) {
            clock.advance(60 * SECOND);
            assertEquals(k, irq8.rises());
            read(C);
        }
    }

    @Test
    void alarmThatNeverMatchesArmsNothing() {
        write(1, 0x77);
        write(3, 0xc0);
        write(5, 0xc0);
        write(B, 0x22);
        assertEquals(Long.MAX_VALUE, clock.nextDeadlineNs());
    }

    @Test
    void settingClearsTheUpdateEndedEnable() {
        write(B, 0x12);
        write(B, 0x92);
        assertEquals(0x82, read(B));
    }

    @Test
    void cmosHoldsWhatFirmwareLeaves() {
        assertEquals(0x00, read(0x0e));
        assertEquals(0x80, read(0x0d));
        assertEquals(640, read(0x15) | read(0x16) << 8);
        assertEquals(0xffff, read(0x17) | read(0x18) << 8);
        assertEquals(0xffff, read(0x30) | read(0x31) << 8);
        assertEquals((0x20000000 - (16 << 20)) >> 16, read(0x34) | read(0x35) << 8);
        assertEquals(0x18000, read(0x5b) | read(0x5c) << 8 | read(0x5d) << 16);
        int sum = 0;
        for (int k = 0x10; k <= 0x2d; k++) {
            sum += read(k);
        }
        assertEquals(sum & 0xffff, read(0x2e) << 8 | read(0x2f));
    }

    @Test
    void memoryKeepsWhatIsWrittenAndTheNmiBitIsNoAddress() {
        write(0x80 | 0x7f, 0x5a);
        assertEquals(0x5a, read(0x7f));
    }

    @Test
    void restoredClockContinues() {
        write(4, 0x03);
        write(0x40, 0x77);
        Mc146818.State saved = rtc.state();
        clock.advance(60 * SECOND);
        Mc146818 copy = new Mc146818(clock, irq8, 0, 0);
        copy.restore(saved);
        bus.detach(0x70, 2);
        copy.attach(bus);

        assertEquals("2026-07-05 03:11:58 (1)", time());
        assertEquals(0x77, read(0x40));
    }
}
