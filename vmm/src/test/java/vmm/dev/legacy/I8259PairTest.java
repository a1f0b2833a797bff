package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeLine;
import vmm.dev.IrqLine;
import vmm.dev.PortBus;

final class I8259PairTest {
    private static final int EOI = 0x20;
    private static final int POLL = 0x0c;
    private static final int READ_IRR = 0x0a;
    private static final int READ_ISR = 0x0b;

    private final FakeLine intr = new FakeLine();
    private final I8259Pair pics = new I8259Pair(intr);
    private final PortBus bus = new PortBus();
    private final IrqLine[] irq = new IrqLine[16];

    @BeforeEach
    void initialize() {
        pics.attach(bus);
        for (int k = 0; k < 16; k++) {
            if (k != 2) {
                irq[k] = pics.line(k);
            }
        }
        initialize(0x01);
    }

    private void initialize(int icw4) {
        write(0x20, 0x11, 0x21, 0x30, 0x21, 0x04, 0x21, icw4);
        write(0xa0, 0x11, 0xa1, 0x38, 0xa1, 0x02, 0xa1, icw4);
    }

    private void write(int... portsAndValues) {
        for (int k = 0; k < portsAndValues.length; k += 2) {
            bus.write(portsAndValues[k], 1, portsAndValues[k + 1]);
        }
    }

    private int register(int port, int ocw3) {
        write(port, ocw3);
        return bus.read(port, 1);
    }

    private void pulse(int line) {
        irq[line].level(false);
        irq[line].level(true);
    }

    @Test
    void edgeInterruptsOnceUntilTheLineRisesAgain() {
        irq[4].level(true);
        assertTrue(intr.high());
        assertEquals(0x34, pics.acknowledge());
        assertFalse(intr.high());

        write(0x20, EOI);
        assertFalse(intr.high());

        pulse(4);
        assertTrue(intr.high());
    }

    @Test
    void levelInterruptsAgainAfterEoiWhileTheLineIsHigh() {
        write(0x4d1, 0x02);
        irq[9].level(true);
        assertEquals(0x39, pics.acknowledge());
        write(0xa0, EOI, 0x20, EOI);
        assertTrue(intr.high());
        assertEquals(0x39, pics.acknowledge());

        irq[9].level(false);
        write(0xa0, EOI, 0x20, EOI);
        assertFalse(intr.high());
    }

    @Test
    void higherPriorityNestsAndLowerWaits() {
        irq[3].level(true);
        pics.acknowledge();

        irq[5].level(true);
        assertFalse(intr.high());
        irq[1].level(true);
        assertEquals(0x31, pics.acknowledge());
        assertEquals(0x0a, register(0x20, READ_ISR));
        assertEquals(0x20, register(0x20, READ_IRR));

        write(0x20, EOI);
        assertEquals(0x08, register(0x20, READ_ISR));
        write(0x20, EOI);
        assertEquals(0x35, pics.acknowledge());
    }

    @Test
    void slaveBeatsMasterLinesThreeToSeven() {
        irq[3].level(true);
        irq[12].level(true);

        assertEquals(0x3c, pics.acknowledge());
        assertEquals(0x04, register(0x20, READ_ISR));
        assertEquals(0x10, register(0xa0, READ_ISR));
    }

    @Test
    void secondSlaveRequestSurvivesTheFirst() {
        irq[8].level(true);
        irq[14].level(true);
        assertEquals(0x38, pics.acknowledge());
        write(0xa0, EOI, 0x20, EOI);

        assertTrue(intr.high());
        assertEquals(0x3e, pics.acknowledge());
    }

    @Test
    void slaveNestsOnlyInSpecialFullyNestedMode() {
        irq[14].level(true);
        pics.acknowledge();
        irq[8].level(true);
        assertFalse(intr.high());

        irq[8].level(false);
        irq[14].level(false);
        initialize(0x11);
        irq[14].level(true);
        pics.acknowledge();
        irq[8].level(true);
        assertEquals(0x38, pics.acknowledge());
    }

    @Test
    void requestThatGoesAwayIsSpurious() {
        irq[4].level(true);
        irq[4].level(false);
        assertFalse(intr.high());

        assertEquals(0x37, pics.acknowledge());
        assertEquals(0, register(0x20, READ_ISR));
    }

    @Test
    void slaveRequestThatGoesAwayTakesTheMastersRequestAlong() {
        irq[9].level(true);
        assertTrue(intr.high());
        irq[9].level(false);

        assertFalse(intr.high());
        assertEquals(0x37, pics.acknowledge());
        assertEquals(0, register(0x20, READ_ISR));
        assertEquals(0, register(0xa0, READ_ISR));
    }

    @Test
    void maskHidesAndUnmaskDelivers() {
        write(0x21, 0x10);
        irq[4].level(true);
        assertFalse(intr.high());
        assertEquals(0x10, bus.read(0x21, 1));

        write(0x21, 0x00);
        assertTrue(intr.high());
    }

    @Test
    void initializationForgetsEdgesAndMask() {
        write(0x21, 0xff);
        irq[4].level(true);
        write(0x20, 0x11);
        assertFalse(intr.high());
        write(0x21, 0x30, 0x21, 0x04, 0x21, 0x01);

        assertFalse(intr.high());
        assertEquals(0, bus.read(0x21, 1));
        pulse(4);
        assertEquals(0x34, pics.acknowledge());
    }

    @Test
    void automaticEoiLeavesNothingInService() {
        initialize(0x03);
        irq[4].level(true);
        assertEquals(0x34, pics.acknowledge());
        assertEquals(0, register(0x20, READ_ISR));
    }

    @Test
    void rotationInAutomaticEoiMakesTheServedLineLowest() {
        initialize(0x03);
        write(0x20, 0x80);
        irq[0].level(true);
        irq[1].level(true);
        assertEquals(0x30, pics.acknowledge());
        pulse(0);

        assertEquals(0x31, pics.acknowledge());
        assertEquals(0x30, pics.acknowledge());
    }

    @Test
    void rotateOnEoiAndSetPriority() {
        irq[4].level(true);
        pics.acknowledge();
        write(0x20, 0xa0);
        irq[5].level(true);
        irq[3].level(true);
        assertEquals(0x35, pics.acknowledge());
        write(0x20, 0x65);

        write(0x20, 0xc2);
        pulse(4);
        assertEquals(0x33, pics.acknowledge());
        assertEquals(0x08, register(0x20, READ_ISR));
    }

    @Test
    void specificEoiEndsThatLineOnly() {
        irq[5].level(true);
        pics.acknowledge();
        irq[1].level(true);
        pics.acknowledge();

        write(0x20, 0x65);
        assertEquals(0x02, register(0x20, READ_ISR));
    }

    @Test
    void specialMaskModeLetsLowerLinesIn() {
        irq[3].level(true);
        pics.acknowledge();
        irq[6].level(true);
        write(0x21, 0x08);
        assertFalse(intr.high());

        write(0x20, 0x68);
        assertEquals(0x36, pics.acknowledge());
        // A non-specific EOI passes over the masked line 3.
        write(0x20, EOI);
        assertEquals(0x08, register(0x20, READ_ISR));
    }

    @Test
    void pollTakesTheRequestWithoutTheProcessor() {
        assertEquals(0x00, register(0x20, POLL) & 0x80);

        irq[6].level(true);
        assertEquals(0x86, register(0x20, POLL));
        assertFalse(intr.high());
        assertEquals(0x40, register(0x20, READ_ISR));
    }

    @Test
    void linesAreSharedByTheirDrivers() {
        pics.levelTriggered(1 << 11);
        IrqLine other = pics.line(11);
        irq[11].level(true);
        other.level(true);
        irq[11].level(false);
        assertTrue(intr.high());

        other.level(false);
        assertFalse(intr.high());
    }

    @Test
    void edgeLevelRegisterKeepsOnlyTheLinesThatMayBeLevel() {
        write(0x4d0, 0xff, 0x4d1, 0xff);
        assertEquals(0xdef8, bus.read(0x4d0, 2));
    }

    @Test
    void lineTwoIsNotForDevices() {
        assertThrows(IllegalArgumentException.class, () -> pics.line(2));
    }

    @Test
    void restoredPairContinues() {
        irq[3].level(true);
        pics.acknowledge();
        irq[1].level(true);
        I8259Pair.State saved = pics.state();

        FakeLine intr2 = new FakeLine();
        I8259Pair copy = new I8259Pair(intr2);
        copy.restore(saved);
        copy.line(1).level(true);

        assertTrue(intr2.high());
        assertEquals(0x31, copy.acknowledge());
        assertFalse(intr2.high());
    }
}
