package vmm.dev.pci;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmm.dev.IrqLine;
import vmm.dev.MmioBus;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * PCI bus 0 with its host bridge at slot 0, reached by configuration mechanism 1 (PCI Local Bus 3.0
 * section 3.2.2.3.2). It also does what firmware would: every function that is plugged in gets
 * addresses and an interrupt line.
 */
public final class PciBus {
    /** Where base address registers of I/O type are put; the devices of the board lie below. */
    public static final int PORT_BASE = 0x1000;

    /** Where base address registers of memory type are put. */
    public static final long MEMORY_BASE = 0xe000_0000L;

    private static final int ADDRESS_PORT = 0xcf8;
    private static final int DATA_PORT = 0xcfc;
    private static final int SLOTS = 32;

    /** As vmd's: there is no such chip, and nobody has a workaround for it. */
    private static final PciFunction.Identity HOST_BRIDGE =
            new PciFunction.Identity(0x0b5d, 0x0666, 0x060000, 0, 0, 0);

    /** With the subsystem of QEMU's boards, which SeaBIOS looks at before it asks for more. */
    private static final PciFunction.Identity HOST_BRIDGE_FOR_FIRMWARE =
            new PciFunction.Identity(0x0b5d, 0x0666, 0x060000, 0, 0x1af4, 0x1100);

    private final PortBus ports;
    private final MmioBus memory;
    private final PciInterrupt.Wire[] wires = new PciInterrupt.Wire[PciRouting.WIRES];
    private final List<PciFunction> slots = new ArrayList<>();
    private final @Nullable PortDevice resetControl;
    private int address;
    private int nextPort = PORT_BASE;
    private long nextMemory = MEMORY_BASE;

    /**
     * Attaches the bus.
     *
     * @param irqs the lines of the interrupt controller that {@link PciRouting#irq} names, one for
     *     each wire
     * @param resetControl what answers byte accesses at port 0xcf9, inside the address register's
     *     range, which itself takes 32-bit accesses only
     */
    public PciBus(
            PortBus ports, MmioBus memory, IrqLine[] irqs, @Nullable PortDevice resetControl) {
        this(ports, memory, irqs, resetControl, HOST_BRIDGE);
    }

    private PciBus(
            PortBus ports,
            MmioBus memory,
            IrqLine[] irqs,
            @Nullable PortDevice resetControl,
            PciFunction.Identity bridge) {
        this.ports = ports;
        this.memory = memory;
        this.resetControl = resetControl;
        for (int k = 0; k < wires.length; k++) {
            wires[k] = new PciInterrupt.Wire(irqs[k]);
        }
        plug(new PciFunction(bridge));
        ports.attach(ADDRESS_PORT, 4, new AddressRegister());
        ports.attach(DATA_PORT, 4, new DataWindow());
    }

    /**
     * As the constructor, with a host bridge by which firmware knows that it can ask {@code FwCfg}.
     */
    public static PciBus forFirmware(
            PortBus ports, MmioBus memory, IrqLine[] irqs, PortDevice resetControl) {
        return new PciBus(ports, memory, irqs, resetControl, HOST_BRIDGE_FOR_FIRMWARE);
    }

    /** Puts {@code function} into the next free slot and returns the slot's number. */
    public int plug(PciFunction function) {
        int slot = slots.size();
        if (slot == SLOTS) {
            throw new IllegalStateException("no free PCI slot");
        }
        slots.add(function);
        int wire = PciRouting.wire(slot, 0);
        function.plug(
                ports,
                memory,
                new PciInterrupt(wires[wire]),
                PciRouting.irq(wire),
                addresses(function));
        return slot;
    }

    private long[] addresses(PciFunction function) {
        long[] addresses = new long[6];
        for (int k = 0; k < addresses.length; k++) {
            int length = function.barLength(k);
            if (length == 0) {
                continue;
            }
            if (function.barIsPorts(k)) {
                int base = nextPort + length - 1 & -length;
                nextPort = base + length;
                addresses[k] = base;
            } else {
                int step = Math.max(length, 0x1000);
                long base = nextMemory + step - 1 & -step;
                nextMemory = base + step;
                addresses[k] = base;
            }
        }
        return addresses;
    }

    /** Resets the bus and the configuration of all functions, not the devices behind them. */
    public void reset() {
        address = 0;
        for (PciFunction function : slots) {
            function.reset();
        }
    }

    private @Nullable PciFunction selected() {
        boolean enabled = address < 0;
        int busAndFunction = address & 0x00ff0700;
        int slot = address >>> 11 & SLOTS - 1;
        return enabled && busAndFunction == 0 && slot < slots.size() ? slots.get(slot) : null;
    }

    private final class AddressRegister implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            if (offset == 0 && size == 4) {
                return address;
            }
            return offset == 1 && size == 1 && resetControl != null
                    ? resetControl.portRead(0, 1)
                    : -1 >>> 32 - 8 * size;
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            if (offset == 0 && size == 4) {
                address = value & 0x80fffffc;
            } else if (offset == 1 && size == 1 && resetControl != null) {
                resetControl.portWrite(0, 1, value);
            }
        }
    }

    private final class DataWindow implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            PciFunction function = selected();
            return function == null || offset + size > 4
                    ? -1 >>> 32 - 8 * size
                    : function.read((address & 0xfc) + offset, size);
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            PciFunction function = selected();
            if (function != null && offset + size <= 4) {
                function.write((address & 0xfc) + offset, size, value);
            }
        }
    }
}
