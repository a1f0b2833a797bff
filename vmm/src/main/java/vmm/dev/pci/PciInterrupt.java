package vmm.dev.pci;

import vmm.dev.IrqLine;

/**
 * One wire of the board that several functions pull: asserted while at least one of them does (PCI
 * interrupts are wired-or).
 */
final class PciInterrupt {
    /** The wire itself. */
    static final class Wire {
        private final IrqLine line;
        private int pulling;

        Wire(IrqLine line) {
            this.line = line;
        }

        private void pull(int change) {
            pulling += change;
            line.level(pulling > 0);
        }
    }

    private final Wire wire;
    private boolean asserted;

    PciInterrupt(Wire wire) {
        this.wire = wire;
    }

    void level(boolean level) {
        if (level != asserted) {
            asserted = level;
            wire.pull(level ? 1 : -1);
        }
    }
}
