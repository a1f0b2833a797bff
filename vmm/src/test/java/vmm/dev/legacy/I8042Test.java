package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeLine;
import vmm.dev.PortBus;

final class I8042Test {
    private final FakeLine irq1 = new FakeLine();
    private final FakeLine a20 = new FakeLine();
    private final PortBus bus = new PortBus();
    private int resets;
    private final I8042 controller = new I8042(irq1, a20, () -> resets++);

    @BeforeEach
    void attach() {
        controller.attach(bus);
        new SystemControlPortA(new FakeLine(), () -> resets++).attach(bus);
        new ResetControl(() -> resets++).attach(bus);
    }

    private int command(int value) {
        bus.write(0x64, 1, value);
        return bus.read(0x64, 1);
    }

    private int answer() {
        assertEquals(1, bus.read(0x64, 1) & 1);
        int value = bus.read(0x60, 1);
        assertEquals(0, bus.read(0x64, 1) & 1);
        return value;
    }

    @Test
    void nothingWaitsAtFirstAndTheKeyLockIsOpen() {
        assertEquals(0x14, bus.read(0x64, 1));
    }

    @Test
    void selfTestsPass() {
        command(0xaa);
        assertEquals(0x55, answer());
        command(0xab);
        assertEquals(0x00, answer());
    }

    @Test
    void commandByteIsReadBackAndEnablesTheInterrupt() {
        command(0x60);
        bus.write(0x60, 1, 0x45);
        command(0x20);
        assertTrue(irq1.high());
        assertEquals(0x45, answer());
        assertFalse(irq1.high());
    }

    @Test
    void keyboardAnswersWithTimeOutAtOnce() {
        bus.write(0x60, 1, 0xf2);
        assertEquals(0x41, bus.read(0x64, 1) & 0x41);
        assertEquals(0xfe, answer());
        assertEquals(0, bus.read(0x64, 1) & 0x40);
    }

    @Test
    void auxiliaryPortIsAbsent() {
        command(0xd3);
        bus.write(0x60, 1, 0x5a);
        // Linux's test: the answer does not come from the auxiliary port.
        assertEquals(0x01, bus.read(0x64, 1) & 0x21);
        assertEquals(0x5a, answer());
        command(0xa9);
        assertEquals(0x01, answer());
    }

    @Test
    void outputPortHoldsTheGate() {
        command(0xd0);
        assertEquals(0x03, answer() & 0x03);
        command(0xd1);
        bus.write(0x60, 1, 0x01);
        assertFalse(a20.high());
        command(0xd1);
        bus.write(0x60, 1, 0x03);
        assertTrue(a20.high());
        assertEquals(0, resets);
    }

    @Test
    void resetsInAllFourWays() {
        command(0xfe);
        assertEquals(1, resets);
        command(0xd1);
        bus.write(0x60, 1, 0x02);
        assertEquals(2, resets);
        bus.write(0x92, 1, 0x03);
        bus.write(0x92, 1, 0x03);
        assertEquals(3, resets);
        bus.write(0xcf9, 1, 0x02);
        bus.write(0xcf9, 1, 0x06);
        assertEquals(4, resets);
    }

    @Test
    void pulseOfOtherOutputsDoesNotReset() {
        command(0xff);
        assertEquals(0, resets);
    }

    @Test
    void restoredControllerContinues() {
        command(0x60);
        bus.write(0x60, 1, 0x45);
        command(0xaa);
        FakeLine line = new FakeLine();
        I8042 copy = new I8042(line, a20, () -> resets++);
        copy.restore(controller.state());
        assertTrue(line.high());
        assertEquals(controller.state().output(), copy.state().output());
    }
}
