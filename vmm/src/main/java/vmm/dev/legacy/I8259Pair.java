package vmm.dev.legacy;

import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The two 8259A of a PC: the slave's INT is line 2 of the master, the master's INT is the
 * processor's INTR. Edge/level registers at 0x4d0 and 0x4d1 as in the 82371.
 */
public final class I8259Pair {
    private static final int MASTER_PORT = 0x20;
    private static final int SLAVE_PORT = 0xa0;
    private static final int ELCR_PORT = 0x4d0;
    private static final int CASCADE = 2;

    /** Lines 0, 1, 2, 8 and 13 are edge triggered by construction. */
    private static final int ELCR_WRITABLE = 0xdef8;

    /** A byte on the bus when nobody drives it. */
    private static final int FLOATING = 0xff;

    /** Everything that the pair remembers. */
    public record State(I8259.State master, I8259.State slave) {}

    private final I8259 master;
    private final I8259 slave;

    /** Drivers that hold each line high; several devices may share one. */
    private final int[] asserted = new int[16];

    /** {@code intr} is the processor's INTR pin. */
    public I8259Pair(IrqLine intr) {
        master = new I8259(intr);
        slave = new I8259(level -> master.level(CASCADE, level));
    }

    /** Registers the ports of both chips and of the edge/level registers. */
    public void attach(PortBus bus) {
        bus.attachBytes(MASTER_PORT, 2, new ChipPorts(master));
        bus.attachBytes(SLAVE_PORT, 2, new ChipPorts(slave));
        bus.attachBytes(ELCR_PORT, 2, new ElcrPorts());
    }

    /**
     * A new driver of interrupt line {@code irq} (0..15, not 2). The line is high while at least
     * one of its drivers asserts it.
     */
    public IrqLine line(int irq) {
        if (irq < 0 || irq > 15 || irq == CASCADE) {
            throw new IllegalArgumentException("no interrupt line " + irq);
        }
        return new Driver(irq);
    }

    /**
     * Makes the lines in {@code mask} (bit per line) level triggered and all others edge triggered,
     * as firmware does before it starts a system.
     */
    public void levelTriggered(int mask) {
        master.elcr(mask & ELCR_WRITABLE & 0xff);
        slave.elcr((mask & ELCR_WRITABLE) >> 8);
    }

    /** The interrupt-acknowledge cycle of the processor: the vector. */
    public int acknowledge() {
        int line = master.acknowledge();
        if (!master.cascaded(line)) {
            return master.vector(line);
        }
        if (line != CASCADE || !slave.answers(CASCADE)) {
            return FLOATING;
        }
        return slave.vector(slave.acknowledge());
    }

    /** What the pair remembers; lines are driven anew by their devices after a restore. */
    public State state() {
        return new State(master.state(), slave.state());
    }

    /** Continues from {@code state}. */
    public void restore(State state) {
        master.restore(state.master);
        slave.restore(state.slave);
    }

    private void level(int irq, boolean level) {
        if (irq < 8) {
            master.level(irq, level);
        } else {
            slave.level(irq - 8, level);
        }
    }

    private final class Driver implements IrqLine {
        private final int irq;
        private boolean high;

        Driver(int irq) {
            this.irq = irq;
        }

        @Override
        public void level(boolean assertIt) {
            if (high == assertIt) {
                return;
            }
            high = assertIt;
            asserted[irq] += assertIt ? 1 : -1;
            I8259Pair.this.level(irq, asserted[irq] > 0);
        }
    }

    private record ChipPorts(I8259 chip) implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            return chip.read(offset);
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            chip.write(offset, value & 0xff);
        }
    }

    private final class ElcrPorts implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            return offset == 0 ? master.elcr() : slave.elcr();
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            I8259 chip = offset == 0 ? master : slave;
            chip.elcr(value & (ELCR_WRITABLE >> (8 * offset)) & 0xff);
        }
    }
}
