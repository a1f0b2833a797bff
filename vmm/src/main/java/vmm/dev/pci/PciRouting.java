package vmm.dev.pci;

/**
 * How the four interrupt pins of the PCI slots reach the interrupt controller. The board has four
 * wires, shared by all slots; successive slots are rotated by one so that their first pins spread.
 * The ACPI tables describe the same to the guest.
 */
public final class PciRouting {
    /** Wires from the slots to the interrupt controller. */
    public static final int WIRES = 4;

    private static final int[] IRQ = {5, 10, 11, 6};

    private PciRouting() {}

    /** Wire (0..3) of interrupt pin {@code pin} (0 is INTA) in slot {@code slot}. */
    public static int wire(int slot, int pin) {
        return slot + pin & WIRES - 1;
    }

    /** Interrupt request number of wire {@code wire}; level triggered. */
    public static int irq(int wire) {
        return IRQ[wire];
    }
}
