package vmm.dev.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.dev.FakeClock;
import vmm.dev.FakeLine;
import vmm.dev.PortBus;

final class Ns16550Test {
    private static final int DATA = 0x3f8;
    private static final int IER = 0x3f9;
    private static final int IIR = 0x3fa;
    private static final int FCR = 0x3fa;
    private static final int LCR = 0x3fb;
    private static final int MCR = 0x3fc;
    private static final int LSR = 0x3fd;
    private static final int MSR = 0x3fe;
    private static final int SCR = 0x3ff;

    private static final class Host implements Ns16550.Wire {
        private final StringBuilder sent = new StringBuilder();
        private int emptied;
        private boolean room = true;

        @Override
        public boolean transmit(int value) {
            sent.append((char) value);
            return room;
        }

        @Override
        public void receiverEmpty() {
            emptied++;
        }
    }

    private final FakeClock clock = new FakeClock();
    private final FakeLine irq4 = new FakeLine();
    private final Host host = new Host();
    private final Ns16550 uart = new Ns16550(clock, irq4, host);
    private final PortBus bus = new PortBus();

    @BeforeEach
    void eightBitsAndOut2() {
        uart.attach(bus, DATA);
        write(LCR, 0x03);
        write(MCR, 0x0b);
    }

    private void write(int port, int value) {
        bus.write(port, 1, value);
    }

    private int read(int port) {
        return bus.read(port, 1);
    }

    private void receive(String text) {
        text.chars().forEach(uart::receive);
    }

    @Test
    void identifiesAsA16550A() {
        write(SCR, 0xa5);
        assertEquals(0xa5, read(SCR));
        assertEquals(0x01, read(IIR));
        write(FCR, 0x01);
        assertEquals(0xc1, read(IIR));
        // No 64-byte FIFO, no extended registers.
        write(LCR, 0x80);
        write(FCR, 0x21);
        assertEquals(0xc1, read(IIR));
        write(LCR, 0x03);
        write(IER, 0xff);
        assertEquals(0x0f, read(IER));
    }

    @Test
    void loopBackConnectsTheModemLines() {
        write(MCR, 0x1a);
        assertEquals(0x90, read(MSR) & 0xf0);
        write(MCR, 0x15);
        assertEquals(0x60, read(MSR) & 0xf0);
        write(MCR, 0x0b);
        assertEquals(0xb0, read(MSR) & 0xf0);
    }

    @Test
    void loopBackReturnsCharactersAndKeepsTheHostOut() {
        write(MCR, 0x1b);
        write(DATA, 'x');
        assertEquals(0, uart.room());
        uart.receive('y');
        assertEquals(0x61, read(LSR));
        assertEquals('x', read(DATA));
        assertEquals(0x60, read(LSR));
        assertEquals("", host.sent.toString());
        assertFalse(irq4.high());
    }

    @Test
    void divisorLatchIsSeparate() {
        write(LCR, 0x83);
        write(DATA, 0x01);
        write(IER, 0x02);
        assertEquals(0x01, read(DATA));
        assertEquals(0x02, read(IER));
        write(LCR, 0x03);
        assertEquals(0x00, read(IER));
        assertEquals("", host.sent.toString());
    }

    @Test
    void enablingThreInterruptRaisesItEachTime() {
        for (int k = 1; k <= 3; k++) {
            write(IER, 0x02);
            assertEquals(k, irq4.rises());
            assertEquals(0x02, read(IIR));
            assertEquals(0x01, read(IIR));
            assertFalse(irq4.high());
            write(IER, 0x00);
        }
    }

    @Test
    void eachTransmitMakesANewThreEdge() {
        write(IER, 0x02);
        for (int k = 0; k < 16; k++) {
            int before = irq4.rises();
            write(DATA, 'a' + k);
            assertEquals(before + 1, irq4.rises());
        }
        assertEquals("abcdefghijklmnop", host.sent.toString());
        assertEquals(0x02, read(IIR));
        assertFalse(irq4.high());
    }

    @Test
    void transmitterIsFullUntilTheOtherEndHasRoom() {
        write(IER, 0x02);
        read(IIR);
        host.room = false;
        write(DATA, 'a');
        assertEquals(0, read(LSR) & 0x60);
        assertFalse(irq4.high());
        write(IER, 0);
        write(IER, 0x02);
        assertEquals(0x01, read(IIR), "enabling says nothing of a full register");

        host.room = true;
        uart.transmitterEmpty();
        assertEquals(0x60, read(LSR) & 0x60);
        assertTrue(irq4.high());
        assertEquals(0x02, read(IIR));
        assertFalse(irq4.high());
        assertEquals("a", host.sent.toString());
    }

    @Test
    void fullTransmitterIsEmptyWhereTheMachineGoesOn() {
        write(IER, 0x02);
        read(IIR);
        host.room = false;
        write(DATA, 'a');
        FakeLine line = new FakeLine();
        Ns16550 copy = new Ns16550(clock, line, host);
        copy.restore(uart.state());
        assertTrue(line.high());
        assertEquals(0x60, copy.portRead(5, 1) & 0x60);
    }

    @Test
    void transmitterIsReadyAtOnce() {
        write(DATA, 'a');
        assertEquals(0x60, read(LSR));
    }

    @Test
    void withoutFifoOneCharacterFits() {
        write(IER, 0x01);
        assertEquals(1, uart.room());
        uart.receive('a');
        assertEquals(0, uart.room());
        assertTrue(irq4.high());
        assertEquals(0x04, read(IIR));
        uart.receive('b');
        assertEquals(0x63, read(LSR));
        assertEquals('b', read(DATA));
        assertFalse(irq4.high());
        assertEquals(1, host.emptied);
    }

    @Test
    void fifoTakesSixteenAndReportsTheOverrun() {
        write(FCR, 0x01);
        write(IER, 0x04);
        receive("0123456789abcdef");
        assertEquals(0, uart.room());
        assertFalse(irq4.high());
        uart.receive('!');
        assertEquals(0x06, read(IIR) & 0x0f);
        assertEquals(0x63, read(LSR));
        assertFalse(irq4.high());
        for (char c : "0123456789abcdef".toCharArray()) {
            assertEquals(c, read(DATA));
        }
        assertEquals(0x60, read(LSR));
        assertEquals(1, host.emptied);
    }

    @Test
    void triggerLevelAndCharacterTimeout() {
        write(LCR, 0x83);
        write(DATA, 0x01);
        write(IER, 0x00);
        write(LCR, 0x03);
        write(FCR, 0x81);
        write(IER, 0x01);
        receive("1234567");
        assertFalse(irq4.high());
        // Four characters of ten bits at 115200 baud.
        clock.advance(347_221);
        assertFalse(irq4.high());
        clock.advance(2);
        assertEquals(0xcc, read(IIR));
        assertEquals('1', read(DATA));
        assertFalse(irq4.high());
        receive("89");
        assertEquals(0xc4, read(IIR));
    }

    @Test
    void receiverInterruptComesBeforeTransmitter() {
        write(IER, 0x0f);
        uart.receive('a');
        uart.receiveBreak();
        assertEquals(0x06, read(IIR));
        assertEquals(0x63, read(LSR) & 0x6f);
        assertEquals(0x04, read(IIR));
        read(DATA);
        assertEquals(0x02, read(IIR));
        uart.carrier(false);
        assertEquals(0x00, read(IIR));
        assertEquals(0x38, read(MSR));
        assertEquals(0x01, read(IIR));
    }

    @Test
    void breakIsReportedWhenItsCharacterIsNext() {
        write(FCR, 0x01);
        uart.receive('a');
        uart.receiveBreak();
        uart.receive('b');
        assertEquals(0xe1, read(LSR));
        assertEquals('a', read(DATA));
        assertEquals(0xf1, read(LSR));
        assertEquals(0x61, read(LSR));
        assertEquals(0, read(DATA));
        assertEquals('b', read(DATA));
    }

    @Test
    void fifoResetAndToggleDropReceivedCharacters() {
        write(FCR, 0x01);
        receive("abc");
        write(FCR, 0x03);
        assertEquals(0x60, read(LSR));
        assertEquals(16, uart.room());
        receive("abc");
        write(FCR, 0x00);
        assertEquals(1, uart.room());
        assertEquals(2, host.emptied);
    }

    @Test
    void out2GatesTheInterrupt() {
        write(MCR, 0x03);
        write(IER, 0x02);
        assertFalse(irq4.high());
        write(MCR, 0x0b);
        assertTrue(irq4.high());
    }

    @Test
    void shortWordsAreMasked() {
        write(LCR, 0x02);
        write(DATA, 0xc1);
        uart.receive(0xc2);
        assertEquals("A", host.sent.toString());
        assertEquals(0x42, read(DATA));
    }

    @Test
    void restoredPortContinues() {
        write(FCR, 0x81);
        write(IER, 0x01);
        receive("abc");
        FakeLine line = new FakeLine();
        Ns16550 copy = new Ns16550(clock, line, host);
        copy.restore(uart.state());
        bus.detach(DATA, 8);
        copy.attach(bus, DATA);

        clock.advance(1_000_000_000);
        assertTrue(line.high());
        assertEquals('a', read(DATA));
        assertEquals(14, copy.room());
    }
}
