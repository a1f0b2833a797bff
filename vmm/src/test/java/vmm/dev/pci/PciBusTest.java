package vmm.dev.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vmm.dev.IrqLine;
import vmm.dev.MmioBus;
import vmm.dev.MmioDevice;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

final class PciBusTest {
    private static final int ADDRESS = 0xcf8;
    private static final int DATA = 0xcfc;

    private final PortBus ports = new PortBus();
    private final MmioBus memory = new MmioBus();
    private final boolean[] levels = new boolean[PciRouting.WIRES];
    private final PciBus bus = new PciBus(ports, memory, lines(), null);

    private IrqLine[] lines() {
        IrqLine[] lines = new IrqLine[levels.length];
        for (int k = 0; k < lines.length; k++) {
            int wire = k;
            lines[k] = asserted -> levels[wire] = asserted;
        }
        return lines;
    }

    private static final class Registers implements PortDevice, MmioDevice {
        @Override
        public int portRead(int offset, int size) {
            return 0x40 + offset;
        }

        @Override
        public void portWrite(int offset, int size, int value) {}

        @Override
        public long mmioRead(long offset, int size) {
            return 0x80 + offset;
        }

        @Override
        public void mmioWrite(long offset, int size, long value) {}
    }

    private PciFunction device() {
        PciFunction function =
                new PciFunction(new PciFunction.Identity(0x1af4, 0x1001, 0x010000, 0, 7, 2));
        function.portBar(0, 64, new Registers());
        function.memoryBar(1, 4096, new Registers());
        function.usesInterrupt();
        return function;
    }

    private int read(int slot, int offset) {
        ports.write(ADDRESS, 4, 0x80000000 | slot << 11 | offset & 0xfc);
        return ports.read(DATA, 4);
    }

    private void write(int slot, int offset, int value) {
        ports.write(ADDRESS, 4, 0x80000000 | slot << 11 | offset & 0xfc);
        ports.write(DATA, 4, value);
    }

    @Test
    void hostBridgeIsAtSlotZeroAndTheRestIsEmpty() {
        assertEquals(0x06660b5d, read(0, 0));
        assertEquals(0x06000000, read(0, 8));
        assertEquals(-1, read(1, 0));
        ports.write(ADDRESS, 4, 0x80000100); // function 1
        assertEquals(-1, ports.read(DATA, 4));
        ports.write(ADDRESS, 4, 0x80010000); // bus 1
        assertEquals(-1, ports.read(DATA, 4));
        ports.write(ADDRESS, 4, 0); // disabled
        assertEquals(-1, ports.read(DATA, 4));
    }

    @Test
    void addressRegisterTakesOnlyWholeAccesses() {
        ports.write(ADDRESS, 4, 0x80000007);
        ports.write(ADDRESS, 1, 0x55);
        assertEquals(0x80000004, ports.read(ADDRESS, 4));
        assertEquals(0xff, ports.read(ADDRESS + 1, 1));
    }

    @Test
    void bytesAndWordsOfARegisterAreReadWhereTheyLie() {
        ports.write(ADDRESS, 4, 0x80000000);
        assertEquals(0x5d, ports.read(DATA, 1));
        assertEquals(0x0666, ports.read(DATA + 2, 2));
        assertEquals(-1, ports.read(DATA + 2, 4));
    }

    @Test
    void barsAnswerTheSizeProbeAndKeepTheirType() {
        int slot = bus.plug(device());
        assertEquals(PciBus.PORT_BASE | 1, read(slot, 0x10));
        write(slot, 0x04, 0);
        write(slot, 0x10, -1);
        assertEquals(0xffffffc1, read(slot, 0x10));
        write(slot, 0x14, -1);
        assertEquals(0xfffff000, read(slot, 0x14));
        write(slot, 0x18, -1);
        assertEquals(0, read(slot, 0x18));
    }

    @Test
    void decodingFollowsCommandAndAddress() {
        int slot = bus.plug(device());
        assertEquals(0x42, ports.read(PciBus.PORT_BASE + 2, 1));
        assertEquals(0x83, memory.read(PciBus.MEMORY_BASE + 3, 1));
        write(slot, 0x10, 0x4000);
        write(slot, 0x14, 0xe1230000);
        assertEquals(0xff, ports.read(PciBus.PORT_BASE + 2, 1));
        assertEquals(0x42, ports.read(0x4002, 1));
        assertEquals(0x83, memory.read(0xe1230003L, 1));
        write(slot, 0x04, 0);
        assertEquals(0xff, ports.read(0x4002, 1));
        assertEquals(0xff, memory.read(0xe1230003L, 1));
    }

    @Test
    void barOverAnotherDeviceIsNotDecoded() {
        int slot = bus.plug(device());
        write(slot, 0x10, ADDRESS & ~63);
        assertEquals(0x06660b5d, read(0, 0));
        write(slot, 0x10, 0xfffffff0);
        write(slot, 0x10, 0x5000);
        assertEquals(0x42, ports.read(0x5002, 1));
    }

    @Test
    void wireIsSharedAndTheGuestCanDisableItsFunction() {
        PciFunction first = device();
        int slot = bus.plug(first);
        PciFunction last = first;
        for (int k = 0; k < PciRouting.WIRES; k++) {
            last = device();
            bus.plug(last);
        }
        int wire = PciRouting.wire(slot, 0);
        first.interrupt(true);
        last.interrupt(true);
        first.interrupt(false);
        assertTrue(levels[wire]);
        write(slot + PciRouting.WIRES, 0x04, PciFunction.COMMAND_INTX_DISABLE);
        assertFalse(levels[wire]);
        assertEquals(8, read(slot + PciRouting.WIRES, 0x04) >>> 16 & 8);
        assertEquals(PciRouting.irq(wire) | 0x100, read(slot, 0x3c) & 0xffff);
    }

    @Test
    void readOnlyRegistersStayAndResetBringsBackTheAddresses() {
        int slot = bus.plug(device());
        write(slot, 0, 0);
        write(slot, 0x2c, 0);
        assertEquals(0x10011af4, read(slot, 0));
        assertEquals(0x00020007, read(slot, 0x2c));
        write(slot, 0x10, 0x4000);
        bus.reset();
        assertEquals(PciBus.PORT_BASE | 1, read(slot, 0x10));
        assertEquals(0x42, ports.read(PciBus.PORT_BASE + 2, 1));
    }
}
